"""Rules of what is done when the stream dropped changes: each function gives the patches that take one away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.simulation.rules_of_settling import Patch

from verdigris import runner
from verdigris.core import snapshot
from verdigris.core.lineage import Positions
from verdigris.core.model import Shard
from verdigris.core.records import Lost
from verdigris.errors import HintsLost, NotFound
from verdigris.phases import losing, tail
from verdigris.phases.tail import Tail
from verdigris.stores.base import StreamPage


def not_proven_again() -> Sequence[Patch]:
    """A later mark is set, and the deployment goes on where it was."""
    moved = snapshot.moved

    def stays(now: Any, body: Any) -> Any:
        return now.state if isinstance(body, Lost) else moved(now, body)

    return [(snapshot, "moved", stays), (snapshot, "_unproven", lambda now: {"error": None})]


def sums_kept() -> Sequence[Patch]:
    """What verify had compared before the loss counts as compared."""
    return [(losing, "drop_sums", lambda journal, deployment: None)]


def passed_over() -> Sequence[Patch]:
    """Whatever was dropped, reading goes on with what is left."""

    def read(self: Tail, shard: str) -> StreamPage:
        try:
            return self._stream.read(shard, self._positions.after.get(shard))
        except HintsLost:
            return self._stream.read(shard, None)
        except NotFound:
            return StreamPage([], None, ended=True)

    def forget(positions: Positions, shards: Sequence[Shard]) -> Positions:
        present = {shard.id for shard in shards}
        after = {shard: last for shard, last in positions.after.items() if shard in present}
        return Positions(after, tuple(shard for shard in positions.ended if shard in present), positions.settled_s)

    return [
        (runner, "begin_again_if_lost", lambda bench: None),
        (tail, "demand_time", lambda bench, settled_s: None),
        (tail, "forget", forget),
        (Tail, "_read", read),
    ]
