"""Rules of the switch, of verify, of leases and late writes: each function gives the patches that take one away."""

from __future__ import annotations

from collections.abc import Container, Sequence, Set
from typing import Any
from unittest.mock import patch

import orjson
from tests.simulation.rules_of_settling import Patch

from verdigris.core.beacons import unproven
from verdigris.core.fingerprint import Sums
from verdigris.core.lineage import Positions
from verdigris.core.model import Key, RawItem, Shard
from verdigris.journal.base import Put, Row, flag_row
from verdigris.journal.journal import Journal
from verdigris.phases import beacons, provision, switch, tail
from verdigris.phases.late import LateWrites
from verdigris.phases.quarantine import Quarantine
from verdigris.phases.tail import Tail
from verdigris.stores.gate import Gate
from verdigris.testing.simulation.ports import SimPointer, SimTable
from verdigris.testing.simulation.process import Process
from verdigris.testing.simulation.world import SOURCE

# ── the switch ───────────────────────────────────────────────────────────────────────────────────────────────────────


def drain_without_beacon() -> Sequence[Patch]:
    def look_once(bench: Any, following: Tail, until_s: float) -> None:
        following.step()

    return [(switch, "_drain", look_once)]


def one_beacon_for_all_shards() -> Sequence[Patch]:
    """Whichever shard it comes through, one beacon proves them all."""

    def first(shards: Sequence[Shard], positions: Positions, reached: Set[str]) -> list[str]:
        return [] if reached else [shard.id for shard in shards]

    return [(beacons, "unproven", first)]


def later_shards_not_asked() -> Sequence[Patch]:
    """The drain asks for a beacon of the shards that were open before the fence, not of those that came later."""
    catch_up = Tail.catch_up
    before: list[str] = []

    def known(shards: Sequence[Shard], positions: Positions, reached: Set[str]) -> list[str]:
        return [shard for shard in unproven(shards, positions, reached) if not before or shard in before]

    def caught_up(self: Tail, *arguments: Any, **named: Any) -> None:
        if named:  # the drain's
            before.extend(shard.id for shard in self._shards)
        try:
            catch_up(self, *arguments, **named)
        finally:
            before.clear()

    return [(beacons, "unproven", known), (Tail, "catch_up", caught_up)]


def closed_shards_passed_over() -> Sequence[Patch]:
    """A shard that is closed counts as read."""

    def open_only(shards: Sequence[Shard], positions: Positions) -> list[str]:
        return [shard.id for shard in shards if not shard.closed]

    def without_closed(shards: Sequence[Shard], positions: Positions, reached: Set[str]) -> list[str]:
        return unproven([shard for shard in shards if not shard.closed], positions, reached)

    return [(tail, "readable", open_only), (beacons, "unproven", without_closed)]


def fence_not_awaited() -> Sequence[Patch]:
    return [(Gate, "quiet", lambda self, token, now: True)]


def seal_skipped() -> Sequence[Patch]:
    return [(SimPointer, "seal", lambda self, token: None)]


def fence_of_the_deployment() -> Sequence[Patch]:
    """The fence's token names the deployment, not the runner."""
    return [(switch, "_token", lambda bench: "deployment-1 run-0")]


def flip_without_compare() -> Sequence[Patch]:
    def flip(self: Journal, deployment: int, seq: int, body: Any) -> Any:
        from verdigris.core.records import Record, to_json

        record = Record(deployment, seq, self._now(), self.token, body)
        row: Row = {"pk": "verdigris|journal", "sk": f"{deployment:06d}|{seq:06d}", "record": to_json(record)}
        self.rows.write(Put({"pk": "-", "sk": "-"}), Put(flag_row("current-color", body.after.value)), Put(row))
        return record

    return [(Journal, "flip", flip)]


# ── verify ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def planted() -> Sequence[Patch]:
    """No rule is removed: the backfill loses every second value, and verify has to find it."""
    plain = SimTable._put

    def stale(self: SimTable, item: RawItem, signed_s: float) -> None:
        fields = orjson.loads(item)
        if self._process.phase == "backfill" and self.name != SOURCE and int(fields["v"]["N"]) % 2:
            item = orjson.dumps({**fields, "v": {"N": "0"}})
        plain(self, item, signed_s)

    return [(SimTable, "_put", stale)]


def counts_trusted() -> Sequence[Patch]:
    """Verify compares counts: what is there under the right key counts as right."""
    plain = Sums.add
    return [*planted(), (Sums, "add", lambda self, key, print_: plain(self, key, 0))]


# ── late writes, leases ──────────────────────────────────────────────────────────────────────────────────────────────


def late_writes_forgotten() -> Sequence[Patch]:
    """A write without an answer counts as one that never happened."""
    return [(LateWrites, "unanswered", lambda self, keys, signed_s: None)]


def takeover_without_bound() -> Sequence[Patch]:
    """Whoever takes over begins at once."""
    plain = LateWrites.__init__

    def at_once(self: LateWrites, bound_s: float, from_s: float = 0.0, reserved: Container[Key] = ()) -> None:
        plain(self, bound_s, 0.0, reserved)

    return [(LateWrites, "__init__", at_once)]


def lease_not_checked_before_a_write() -> Sequence[Patch]:
    """A runner that slept past its lease goes on with what it was doing."""
    plain = SimTable.write

    def bold(self: SimTable, puts: Sequence[RawItem], deletes: Sequence[Key] = ()) -> None:
        with patch.object(self._process, "may_go", lambda: None):
            plain(self, puts, deletes)

    return [(SimTable, "write", bold)]


# ── aborts and ways back ──────────────────────────────────────────────────────────────────────────────────────────────


def forward_over_writes() -> Sequence[Patch]:
    """Going forward again, what the old color wrote meanwhile is not looked for."""
    plain = Tail._is_fresh

    def stale(self: Tail, shard: str, change: Any) -> bool:
        return plain(self, shard, change) and not self.frozen

    return [(Tail, "_is_fresh", stale)]


def table_kept_by_an_abort() -> Sequence[Patch]:
    return [(provision, "_remove_table", lambda bench: None)]


def quarantine_kept_by_an_abort() -> Sequence[Patch]:
    return [(Quarantine, "clear", lambda self: None)]


def made_again_at_once() -> Sequence[Patch]:
    return [(provision, "wait_for_others", lambda bench, what: None)]


def changes_by_the_replaced() -> Sequence[Patch]:
    """The lease is not asked for before a table is made or removed."""
    return [(Process, "change", lambda self, what, effect: self.call(what, effect))]
