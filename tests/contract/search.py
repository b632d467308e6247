"""Indexes and documents for the suites of search indexes."""

from __future__ import annotations

import os
from typing import Any

from verdigris.stores.searching import Document, SearchIndex

#: The products that the suites run against (see the fixture `search_cluster`); or addresses of clusters, which are left
#: as they were.
CLUSTERS = os.environ.get("VERDIGRIS_TEST_SEARCH", "opensearch elasticsearch-7.10").split()
#: Nothing is visible before it is asked for, and one shard is enough.
SETTINGS = {"refresh_interval": "-1", "number_of_shards": 1, "number_of_replicas": 0}
BODY = {"settings": SETTINGS, "mappings": {"dynamic": False, "properties": {"n": {"type": "long"}}}}


def put(id: str, version: int = 1, **body: Any) -> Document:  # noqa: A002
    return Document(id, body, version)


def gone(id: str, version: int = 1) -> Document:  # noqa: A002
    return Document(id, None, version)


def all_of(indexes: SearchIndex, index: str) -> dict[str, Any]:
    indexes.refresh(index)
    found = list(indexes.documents(index))
    assert len(found) == len({key for key, _ in found}) == indexes.count(index)
    return dict(found)
