"""The row of the deploy table by which people steer a deployment under way. It needs no lease: a runner reads it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from verdigris.core.control import Control
from verdigris.core.damage import decoded, understood
from verdigris.errors import Conflict, NotFound
from verdigris.journal.base import ABSENT, Put, Row, Rows
from verdigris.journal.journal import Journal

_KEY = "verdigris|budget"
#: Two people who type at the same time.
_ATTEMPTS = 5
#: The checkpoint that holds the reason for which the runner waits.
_REASON = "pace"


def read_control(rows: Rows) -> Control | None:
    """What was last said; None if nothing ever was. Raises StoreError for a row that makes no sense."""
    return _read(rows)[0]


def write_control(rows: Rows, change: Callable[[Control | None], Control]) -> Control:
    """Replaces what was last said by `change` of it; returns that. Raises Conflict if others keep being faster."""
    for attempt in range(_ATTEMPTS):
        before, revision = _read(rows)
        after = change(before)
        text = msgspec.json.encode(after).decode()
        row: Row = {"pk": _KEY, "sk": _KEY, "revision": revision + 1, "control": text}
        try:
            rows.write(Put(row, {"revision": revision} if revision else ABSENT))
        except Conflict:
            if attempt + 1 == _ATTEMPTS:
                raise
        else:
            break
    return after


def control_of(journal: Journal, deployment: int) -> Control | None:
    """What was last said of this deployment."""
    control = read_control(journal.rows)
    return control if control and control.deployment == deployment else None


def save_reason(journal: Journal, deployment: int, reason: str) -> None:
    """Why this runner's bulk work waits, for `status` elsewhere; "" if it does not. Raises LeaseLost."""
    journal.save(deployment, _REASON, reason.encode())


def read_reason(journal: Journal, deployment: int) -> str:
    """Why the runner's bulk work waited when it last said so."""
    saved = journal.checkpoint(deployment, _REASON) or b""
    return decoded(journal.rows.name, _REASON, saved, bytes.decode)


def _read(rows: Rows) -> tuple[Control | None, int]:
    try:
        row = rows.get(_KEY, _KEY)
    except NotFound:
        return None, 0
    if row is None:
        return None, 0
    with understood(rows.name, _KEY, "remove that row, then run the command again"):
        return msgspec.json.decode(str(row["control"]), type=Control), int(row["revision"])
