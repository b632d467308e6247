"""The port `SearchIndex` over OpenSearch and Elasticsearch (7.10 and later): what both understand, and no more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from verdigris.core.batching import Limit, batches
from verdigris.core.braking import Throttling
from verdigris.core.documents import decode
from verdigris.errors import AccessRefused, Conflict, Invalid, NotFound, StoreError, Throttled, Unreachable
from verdigris.stores.backoff import Backoff
from verdigris.stores.search_auth import Auth, anonymous
from verdigris.stores.search_bulk import BULK, Bulk, write_alias
from verdigris.stores.search_errors import Cause, kind_of
from verdigris.stores.search_http import SearchHttp, Send, decoded, path_of
from verdigris.stores.search_pages import pages
from verdigris.stores.searching import BulkResult, Document

#: Documents a page of `documents`, ids a request of `read`: some MB at the size that documents have.
PAGE = 500
#: How long a delete's version is remembered, so that an older write that comes late cannot bring the document back.
#: The services' default is 60 s; a request that was signed may be carried out for 5 minutes.
GC_DELETES = "15m"
#: While an index is filled ("Tune for indexing speed" in both products' manuals).
_LOADING = {"refresh_interval": "-1", "number_of_replicas": 0}
#: One index or alias, never a pattern, a list or `_all`: `DELETE /*` is one typo away.
_NAME = re.compile(r"[^_\-+.*?,\s\"<>|\\/#:][^*?,\s\"<>|\\/#:]*")
#: A cluster has one name space for both, and what is searched is never deleted by Verdigris.
_NOT_AN_ALIAS = "give [[index]] another name in verdigris.toml, or delete that index if nothing searches it"


class _Counted(msgspec.Struct):
    count: int


class _Shards(msgspec.Struct):
    failed: int = 0


class _Refreshed(msgspec.Struct, rename={"shards": "_shards"}):
    shards: _Shards


class _Got(msgspec.Struct, rename={"id": "_id", "source": "_source"}):
    id: str
    found: bool = False
    source: msgspec.Raw = msgspec.Raw(b"")
    error: Cause | None = None


class _GotMany(msgspec.Struct):
    docs: list[_Got]


class OpenSearchIndex:
    """The indexes of the cluster at `url`. `limit` bounds one bulk request. Safe to share between threads."""

    def __init__(
        self,
        url: str,
        *,
        auth: Auth = anonymous,
        send: Send | None = None,
        backoff: Backoff | None = None,
        limit: Limit = BULK,
        throttled: Callable[[Throttling], None] = lambda told: None,
        may_go: Callable[[], None] = lambda: None,
    ) -> None:
        self._http = SearchHttp(url, auth=auth, send=send, backoff=backoff, throttled=throttled, may_go=may_go)
        self._limit = limit
        self._open: set[str] = set()

    def create(self, index: str, mappings: Mapping[str, Any]) -> None:
        if wrong := set(mappings) - {"mappings", "settings"}:
            raise Invalid(f"an index is created from mappings and settings only, not {sorted(wrong)}", where=index)
        body = {**mappings, "settings": _with_memory_of_deletes(mappings.get("settings", {}))}
        # Not repeated when unanswered: the second attempt would find what the first one made.
        self._http.call("PUT", _path(index), body, where=index, repeat=False)

    def exists(self, index: str) -> bool:
        # Settings, since a HEAD says yes to an alias too.
        query = {"filter_path": "*.settings.index.uuid"}
        try:
            answer = self._http.call("GET", _path(index, "_settings"), where=index, query=query)
        except NotFound:
            return False
        return index in decoded(answer, dict[str, Any], index)

    def named(self, prefix: str) -> Sequence[str]:
        # A pattern that nothing fits is answered with an empty object, and an alias that it fits with its index.
        path, query = f"{_path(prefix)}%2A/_settings", {"filter_path": "*.settings.index.uuid"}
        answer = self._http.call("GET", path, where=prefix, query=query)
        found = decoded(answer, dict[str, Any], prefix)
        return sorted(name for name in found if name == prefix or name.startswith(f"{prefix}-"))

    def begin_load(self, index: str) -> None:
        self._set(index, _LOADING)

    def end_load(self, index: str, mappings: Mapping[str, Any]) -> None:
        # null gives a setting back to the cluster
        self._set(index, {name: setting(mappings.get("settings", {}), name) for name in _LOADING})

    def _set(self, index: str, settings: Mapping[str, Any]) -> None:
        self._http.call("PUT", _path(index, "_settings"), {"index": settings}, where=index)

    def delete(self, index: str) -> None:
        try:
            self._http.call("DELETE", _path(index), where=index)
        except NotFound:
            return
        finally:
            self._open.discard(index)

    def bulk(self, index: str, documents: Iterable[Document]) -> BulkResult:
        self._open_for_writing(index)
        try:
            return Bulk(self._http, index, self._limit).run(documents)
        except NotFound:
            self._open.discard(index)
            raise

    def refresh(self, index: str) -> None:
        answer = self._http.call("POST", _path(index, "_refresh"), where=index)
        _all_shards(decoded(answer, _Refreshed, index).shards, index)

    def count(self, index: str) -> int:
        answer = self._http.call("GET", _path(index, "_count"), where=index)
        _all_shards(decoded(answer, _Refreshed, index).shards, index)
        return decoded(answer, _Counted, index).count

    def documents(self, index: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        _path(index)
        for page in pages(self._http, index, PAGE):
            for hit in page:
                yield hit.id, _body(hit.source, index)

    def read(self, index: str, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        for batch in batches(dict.fromkeys(ids), Limit(PAGE, 1024 * 1024, ""), size=len):
            answer = self._http.call("POST", _path(index, "_mget"), {"ids": batch}, where=index)
            for got in decoded(answer, _GotMany, index).docs:
                if got.error is not None:
                    raise kind_of(got.error, 500)(got.error.text, where=index)
                if got.found:
                    found[got.id] = _body(got.source, index)
        return found

    def alias(self, name: str) -> str | None:
        try:
            answer = self._http.call("GET", "/_alias" + _path(name), where=name)
        except NotFound:
            if self.exists(name):
                raise Invalid(
                    "this is an index, and must be an alias", where=name, next_command=_NOT_AN_ALIAS
                ) from None
            return None
        indexes = sorted(decoded(answer, dict[str, Any], name))
        if len(indexes) > 1:
            raise Invalid(
                f"the alias points to several indexes: {', '.join(indexes)}",
                where=name,
                next_command="leave it the one that is searched (POST /_aliases), then run the command again",
            )
        return indexes[0]

    def point_alias(self, name: str, expected: str | None, index: str) -> None:
        if self._points(name, expected, index):
            return
        try:
            self._move(name, expected, index, must_exist=True)
        except Invalid:
            if expected is None:
                raise
            # Elasticsearch 7.10 does not know must_exist: there the one write index alone keeps others out.
            self._move(name, expected, index, must_exist=False)

    def _move(self, name: str, expected: str | None, index: str, *, must_exist: bool) -> None:
        # A cluster takes one write index an alias: so two that add at once, where there is nothing to remove, cannot
        # both succeed.
        actions: list[dict[str, Any]] = [{"add": {"index": index, "alias": name, "is_write_index": True}}]
        if expected is not None:
            remove: dict[str, Any] = {"index": expected, "alias": name}
            actions.insert(0, {"remove": remove | ({"must_exist": True} if must_exist else {})})
        try:
            self._http.call("POST", "/_aliases", {"actions": actions}, where=name)
        except (AccessRefused, Throttled, Unreachable):
            raise
        except StoreError:
            # What the cluster calls it differs; where the alias points now does not.
            if not self._points(name, expected, index):
                raise

    def _points(self, name: str, expected: str | None, index: str) -> bool:
        """Whether the alias is where it is to go. Raises Conflict if it is neither there nor at `expected`."""
        now = self.alias(name)
        if now not in (index, expected):
            raise Conflict(f"the alias points to {now or 'nothing'}, not to {expected or 'nothing'}", where=name)
        return now == index

    def _open_for_writing(self, index: str) -> None:
        """Gives the index its alias for writing (see `search_bulk`). Raises NotFound: this never creates an index."""
        if index not in self._open:
            action = {"add": {"index": index, "alias": write_alias(_path(index)[1:])}}
            self._http.call("POST", "/_aliases", {"actions": [action]}, where=index)
            self._open.add(index)


def _path(name: str, *more: str) -> str:
    if not _NAME.fullmatch(name) or name != name.lower():
        raise Invalid("this is no name of an index or alias", where=name)
    return path_of(name, *more)


def setting(settings: Mapping[str, Any], name: str) -> Any:
    """A setting of an index, in any of the ways to write it; None if it is not there."""
    nested = settings.get("index", {})
    flat = {**settings, **(nested if isinstance(nested, Mapping) else {})}
    return next((flat[key] for key in (name, f"index.{name}") if key in flat), None)


def _with_memory_of_deletes(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    if "gc_deletes" in msgspec.json.encode(settings).decode():
        return settings
    return {**settings, "index.gc_deletes": GC_DELETES}


def _body(source: msgspec.Raw, index: str) -> dict[str, Any]:
    if not bytes(source):
        raise Invalid("the index keeps no _source, so its documents cannot be compared", where=index)
    return decode(bytes(source))


def _all_shards(shards: _Shards, index: str) -> None:
    if shards.failed:
        raise Unreachable(f"{shards.failed} shards did not answer", where=index)
