"""Fixtures for tests that need real engines. They start only when asked for, and never outlive the session."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from tests.contract.control_plane import control_plane
from tests.engines.search_clusters import PRODUCTS, cluster
from tests.moto import Moto
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from verdigris.local import dynamodb, opensearch
from verdigris.local.stack import LocalStack, StackInfo

# The same examples on every run, and no time limits: other work shares the machine.
settings.register_profile("verdigris", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("verdigris")


class Scopes(LoadScopeScheduling):  # type: ignore[misc]
    """Where tests run in two processes, the contract suites are in one of them: their last test asks what the others
    called. (`--dist loadgroup` would say it with a mark, but pytest 9.2 no longer lets it change a test's id.)
    """

    def _split_scope(self, nodeid: str) -> str:
        folder = "tests/contract/"
        return folder if nodeid.startswith(folder) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scopes:
    return Scopes(config, log)


class SessionStack:
    """The embedded stack of a test session: an engine starts when its address is first asked for."""

    def __init__(self, stack: LocalStack) -> None:
        self.local = stack

    @property
    def dynamodb_url(self) -> str:
        return self._up(dynamodb.NAME).dynamodb_url

    @property
    def search_url(self) -> str:
        return self._up(opensearch.NAME).search_url

    def _up(self, engine: str) -> StackInfo:
        return self.local.up(engines=[engine])


@pytest.fixture(scope="session")
def stack() -> Iterator[SessionStack]:
    """One DynamoDB Local and one OpenSearch for all tests of the session: use names of your own in them."""
    with tempfile.TemporaryDirectory(prefix="verdigris-tests-") as folder:
        local = LocalStack(Path(folder))
        try:
            yield SessionStack(local)
        finally:
            local.down()


@pytest.fixture(scope="session")
def search_cluster(stack: SessionStack) -> Iterator[Callable[[str], str]]:
    """The address of a search cluster by product: the embedded "opensearch", or one of `tests.engines`, of each one
    for all tests of the session. An address stands for itself.
    """
    with ExitStack() as running:
        started = cache(lambda product: running.enter_context(cluster(PRODUCTS[product])))

        def address(product: str) -> str:
            if "://" in product:
                return product
            return stack.search_url if product == opensearch.NAME else started(product)

        yield address


@pytest.fixture
def fresh_dynamodb() -> Iterator[Callable[[], str]]:
    """Starts a DynamoDB Local of its own at each call and returns its URL: old stream records slow a shared one."""
    started: list[LocalStack] = []
    with tempfile.TemporaryDirectory(prefix="verdigris-tests-") as folder:

        def start() -> str:
            local = LocalStack(Path(folder) / str(len(started)))
            started.append(local)
            return local.up(engines=[dynamodb.NAME]).dynamodb_url

        try:
            yield start
        finally:
            for local in started:
                local.down()


@pytest.fixture(scope="session")
def moto() -> Iterator[Moto]:
    """AWS control planes that have no engine for this machine."""
    with control_plane() as url:
        yield Moto(url)
