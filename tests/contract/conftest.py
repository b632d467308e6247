"""Where the contract suites find the search cluster.

VERDIGRIS_TEST_SEARCH_URL names another cluster to run them against, Elasticsearch 7.10 say; it is left as it was.
"""

from __future__ import annotations

import os

import pytest

from verdigris.stores.search_http import SearchHttp


@pytest.fixture
def http(request: pytest.FixtureRequest) -> SearchHttp:
    return SearchHttp(os.environ.get("VERDIGRIS_TEST_SEARCH_URL") or request.getfixturevalue("stack").search_url)
