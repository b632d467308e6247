"""Errors of OpenSearch and Elasticsearch, mapped to `verdigris.errors` by type and status, never by text."""

from __future__ import annotations

import re

import msgspec

from verdigris.errors import (
    AccessRefused,
    AlreadyThere,
    Conflict,
    Invalid,
    NotFound,
    StoreError,
    Throttled,
    Unreachable,
)

REASON_CHARACTERS = 200
#: From here on a reason quotes what stood in the document, which is nobody's to know: "Preview of field's value: '…'",
#: "The prefix of the first immense term is: '…'".
_QUOTED = re.compile(r"[.\s]*(?:Preview of field's value|The prefix of the first immense term)\b.*", re.DOTALL)

_BY_TYPE: dict[str, type[StoreError]] = {
    "index_not_found_exception": NotFound,
    "aliases_not_found_exception": NotFound,
    "resource_already_exists_exception": AlreadyThere,
    # An index behind a disk that is full, or blocked by hand: not a matter of permissions, though it answers 403.
    "cluster_block_exception": StoreError,
    "es_rejected_execution_exception": Throttled,
    "rejected_execution_exception": Throttled,
    "circuit_breaking_exception": Throttled,
    "unavailable_shards_exception": Unreachable,
    "cluster_manager_not_discovered_exception": Unreachable,
    "master_not_discovered_exception": Unreachable,
    "process_cluster_event_timeout_exception": Unreachable,
    "version_conflict_engine_exception": Conflict,
    # Answers 500, but is no failure of the server: an alias with two write indexes, say.
    "illegal_state_exception": StoreError,
    # A point in time or scroll that lapsed answers 404, though the index is there.
    "search_context_missing_exception": StoreError,
}
_BY_STATUS: dict[int, type[StoreError]] = {
    400: Invalid,
    401: AccessRefused,
    403: AccessRefused,
    404: NotFound,
    405: Invalid,
    409: Conflict,
    413: Invalid,
    429: Throttled,
}


class Cause(msgspec.Struct, frozen=True):
    """The `error` of an answer or of one of its parts."""

    type: str = ""
    reason: str | None = None
    root_cause: list[Cause] = []

    @property
    def text(self) -> str:
        reason = _QUOTED.sub("", self.reason or "")[:REASON_CHARACTERS]
        return f"{self.type}: {reason}" if reason else self.type


class _Answer(msgspec.Struct):
    error: Cause = Cause()
    #: Amazon's service, where it refuses before the cluster has seen the request.
    message: str = ""
    Message: str = ""

    @property
    def text(self) -> str:
        # Further lines quote the headers that were to be signed, the session's token among them.
        first, _, _ = (self.message or self.Message).partition("\n")
        return self.error.text or first[:REASON_CHARACTERS]


def kind_of(cause: Cause, status: int) -> type[StoreError]:
    """The class for an error's type or its root's or, if they are not in the table, for its HTTP status."""
    known = (_BY_TYPE.get(each.type) for each in (cause, *cause.root_cause))
    return next(filter(None, known), None) or _BY_STATUS.get(status) or (Unreachable if status >= 500 else StoreError)


def from_answer(status: int, body: bytes, where: str) -> StoreError:
    """The error for a whole answer."""
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except msgspec.DecodeError:  # a proxy's page, a HEAD, or an old-style text
        answer = _Answer()
    kind = kind_of(answer.error, status)
    hint = "check VERDIGRIS_SEARCH_USER and VERDIGRIS_SEARCH_PASSWORD, or the AWS credentials"
    return kind(answer.text or f"HTTP {status}", where=where, next_command=hint if kind is AccessRefused else "")
