"""Where the contract suites find a search cluster, and what they asked of AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set

import pytest
from tests.contract.recorded import recorded
from tests.contract.search import CLUSTERS

from verdigris.stores.search_http import SearchHttp


@pytest.fixture(params=CLUSTERS)
def http(request: pytest.FixtureRequest, search_cluster: Callable[[str], str]) -> SearchHttp:
    return SearchHttp(search_cluster(request.param))


@pytest.fixture(scope="session", autouse=True)
def actions() -> Iterator[Set[str]]:
    """The actions, as IAM calls them, that adapters asked for so far."""
    with recorded() as found:
        yield found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name == "test_permissions.py")
