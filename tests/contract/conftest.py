"""Where the contract suites find the search cluster.

VERDIGRIS_TEST_SEARCH_URL names another cluster to run them against, Elasticsearch 7.10 say; it is left as it was.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Set

import pytest
from tests.contract.recorded import recorded

from verdigris.stores.search_http import SearchHttp


@pytest.fixture
def http(request: pytest.FixtureRequest) -> SearchHttp:
    return SearchHttp(os.environ.get("VERDIGRIS_TEST_SEARCH_URL") or request.getfixturevalue("stack").search_url)


@pytest.fixture(scope="session", autouse=True)
def actions() -> Iterator[Set[str]]:
    """The actions, as IAM calls them, that adapters asked for so far."""
    with recorded() as found:
        yield found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name == "test_permissions.py")
