"""Writers that write whenever the runner tells of something, and runners that die at a given record."""

from __future__ import annotations

from typing import Protocol

from tests.lifecycle.perils import Killed
from tests.lifecycle.world import World

from verdigris import runner
from verdigris.core.records import Intent, Record


class Music(Protocol):
    """What writes when it is called, as long as it is `enabled`."""

    enabled: bool

    def __call__(self, _: object = None) -> None: ...


def accompany(world: World, music: Music) -> None:
    """The music plays at every record and at all progress, until the fence."""

    def on_record(record: Record) -> None:
        if isinstance(record.body, Intent) and record.body.step.startswith("fence"):
            music.enabled = False
        music()

    world.heard, world.progress = on_record, lambda _: music()


def died_at_record(world: World, nth: int, music: Music) -> bool:
    """Runs until the `nth` record, or to the end if there are fewer; then the music plays. Whether it has switched."""
    hear, count = world.heard, 0

    def until_nth(record: Record) -> None:
        nonlocal count
        count += 1
        hear(record)
        if count == nth:
            raise Killed

    world.heard = until_nth
    switched = False
    try:
        runner.run(world.bench())
    except Killed:
        switched = world.bench().snapshot.flipped
        music()
    world.heard = hear
    return switched
