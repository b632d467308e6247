"""The rows of acts: one a row, in order of time, never rewritten."""

from __future__ import annotations

import msgspec

from verdigris.core.acts import Act
from verdigris.errors import NotFound
from verdigris.journal.base import ABSENT, Put, Rows
from verdigris.journal.leases import Holder

_ACTS = "verdigris|acts"


def act(holder: Holder, at: str, verb: str, what: str) -> Put:
    """The row that says what this holder (or somebody who needs no lease) did. Written with what it did."""
    text = msgspec.json.encode(Act(at, holder.who, verb, what)).decode()
    return Put({"pk": _ACTS, "sk": f"{at}|{holder.id}", "act": text}, ABSENT)


def acts(rows: Rows) -> list[Act]:
    """Every act, the oldest first; none where there is no deploy table."""
    try:
        return [msgspec.json.decode(str(row["act"]), type=Act) for row in rows.query(_ACTS)]
    except NotFound:
        return []
