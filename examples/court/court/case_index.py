"""The search index of cases, kept in step by the application that writes them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any, TypeAlias
from zlib import crc32

import urllib3

from court.entities import Ref
from court.errors import Busy
from court.layout import Item
from court.settings import Settings

#: item → (id, body), or None if there is no document for it
DocumentOf: TypeAlias = Callable[[Item], tuple[str, dict[str, Any]] | None]

_STRIPES = 256


class CaseIndex:
    """One index. Safe to share between threads; raises Busy when the index cannot be asked or refuses.

    A case's document is written under a lock of the case, from what the table holds *then*: whatever order the
    writes of a case had, the last one here has seen the last one there. One process a color makes this enough.
    """

    def __init__(self, settings: Settings, document: DocumentOf) -> None:
        self._url = f"{settings.search_url.rstrip('/')}/{settings.index}"
        self._document = document
        self._http = urllib3.PoolManager(maxsize=50, timeout=urllib3.Timeout(connect=2, read=5), retries=False)
        self._locks = [threading.Lock() for _ in range(_STRIPES)]

    def keep_in_step(self, case: Ref, read: Callable[[Ref], list[Item]]) -> None:
        """Makes the document of `case` what `read` (strongly consistent) says that the case is."""
        with self._locks[crc32(case.id.encode()) % _STRIPES]:
            items = read(case)
            found = self._document(items[0]) if items else None
            if found is None:
                self._ask("DELETE", f"/_doc/{case.id}", None, allowed=(200, 404))
            else:
                self._ask("PUT", f"/_doc/{found[0]}", found[1], allowed=(200, 201))

    def search(self, text: str, limit: int = 20) -> list[dict[str, Any]]:
        """The bodies of the documents that match all words of `text`, best first."""
        fields = ["caption", "petitioners", "docketNumber", "caseType"]
        query = {"multi_match": {"query": text, "fields": fields, "type": "cross_fields", "operator": "and"}}
        answer = self._ask("POST", "/_search", {"size": limit, "query": query if text else {"match_all": {}}}, (200,))
        return [hit["_source"] for hit in answer["hits"]["hits"]]

    def _ask(self, method: str, path: str, body: Any, allowed: tuple[int, ...]) -> Any:
        payload = None if body is None else json.dumps(body).encode()
        try:
            answer = self._http.request(
                method, self._url + path, body=payload, headers={"Content-Type": "application/json"}
            )
        except urllib3.exceptions.HTTPError as error:
            raise Busy(f"the index does not answer: {type(error).__name__}") from error
        if answer.status not in allowed:
            raise Busy(f"the index answers {answer.status}")
        return json.loads(answer.data)
