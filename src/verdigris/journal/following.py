"""Keeps the flags of scripts and applications true while a deployment goes on."""

from __future__ import annotations

from verdigris.core.flags import PENDING_SWITCH, QUEUE_EMPTY
from verdigris.core.following import followed
from verdigris.core.snapshot import Snapshot
from verdigris.journal.base import Value
from verdigris.journal.journal import Journal


class Follower:
    """Only what is in the deploy table is kept: a flag that nobody ever wrote is read by nobody."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._written: dict[str, Value | None] = {}
        for name in (PENDING_SWITCH, QUEUE_EMPTY):
            row = journal.rows.get(name, name)
            if row is not None:
                self._written[name] = row.get("current")

    def follow(self, now: Snapshot) -> None:
        """Writes what has changed. Raises LeaseLost, StoreError: the next run follows again."""
        said = followed(now)
        changed = {name: said[name] for name in self._written if name in said and self._written[name] is not said[name]}
        if changed:
            self._journal.set_flags(changed)
            self._written |= changed
