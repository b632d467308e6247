"""One segment's way from scan to write. An item that no migration selects goes through as the bytes it came in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from verdigris.core.damage import decoded
from verdigris.core.model import Key, RawItem, Segment
from verdigris.core.transform import Output, Transform
from verdigris.errors import ItemRefused
from verdigris.phases.claims import Claims
from verdigris.phases.quarantine import Quarantine
from verdigris.phases.writing import write_valid
from verdigris.stores.base import Table


class SegmentProgress(msgspec.Struct, frozen=True):
    """A segment's checkpoint: the position after the last page that was written whole, and counts up to it."""

    next: str | None = None
    ended: bool = False
    pages: int = 0
    read: int = 0
    written: int = 0
    untouched: int = 0


def progress_from(table: str, unit: str, saved: bytes) -> SegmentProgress:
    """A segment's checkpoint as it was saved in deploy table `table`. Raises StoreError."""
    return decoded(table, unit, saved, msgspec.json.Decoder(SegmentProgress).decode)


def copy_segment(
    source: Table,
    destination: Table,
    transform: Transform,
    claims: Claims,
    quarantine: Quarantine,
    segment: Segment,
    progress: SegmentProgress,
    save: Callable[[SegmentProgress], None],
) -> None:
    """Copies what is left of a segment, page by page; `save` is called after each page was acknowledged.

    What is refused goes into quarantine. `save` may raise to stop at a page boundary. Raises the table's errors, and
    PhaseFailed when the quarantine is full.
    """
    while not progress.ended:
        page = source.scan(segment, progress.next)
        untouched, changed, refused = transform.page(page.items)
        for raw, error in refused:
            own = transform.key_of(raw)
            quarantine.item(own, raw, error, {key: {own} for key in transform.own(own)})
        claims.of_outputs(changed)
        puts = _without_collisions(page.items, changed, transform, quarantine)
        invalid = write_valid(destination, untouched) + write_valid(destination, puts)
        if invalid:
            makers = _makers(page.items, transform, {put.key for put in invalid})
            for put in invalid:
                quarantine.write(put.key, put.raw, next(iter(makers[put.key])), put.error)
        progress = SegmentProgress(
            next=page.next,
            ended=page.next is None,
            pages=progress.pages + 1,
            read=progress.read + len(page.items),
            written=progress.written + len(untouched) + len(puts) - len(invalid),
            untouched=progress.untouched + len(untouched) + sum(output.untouched for output in changed),
        )
        save(progress)


def _without_collisions(
    items: Sequence[RawItem], outputs: Sequence[Output], transform: Transform, quarantine: Quarantine
) -> list[RawItem]:
    """The outputs of one page whose key no other output has. Which of two is right, if any, a settle will find out."""
    found: dict[Key, RawItem] = {}
    twice: set[Key] = set()
    for output in outputs:
        if output.key in found:
            twice.add(output.key)
        found[output.key] = output.raw
    for key, producers in _makers(items, transform, twice).items() if twice else ():
        quarantine.collision(key, producers)
        del found[key]
    return list(found.values())


def _makers(items: Sequence[RawItem], transform: Transform, keys: set[Key]) -> dict[Key, dict[Key, RawItem]]:
    """Destination key → source key → what it makes of it, for the items of a page. Found out anew: it is rarely asked
    for, and outputs do not say whose they are."""
    made: dict[Key, dict[Key, RawItem]] = {}
    for raw in items:
        try:
            outputs = transform.apply(raw)
        except ItemRefused:
            continue
        for output in outputs:
            if output.key in keys:
                made.setdefault(output.key, {})[transform.key_of(raw)] = output.raw
    return made
