"""One segment's way from scan to write. An item that no migration selects goes through as the bytes it came in."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from verdigris.core.model import Key, RawItem, Segment
from verdigris.core.transform import Output, Transform
from verdigris.errors import Collision
from verdigris.phases.claims import Claims
from verdigris.stores.base import Table


class SegmentProgress(msgspec.Struct, frozen=True):
    """A segment's checkpoint: the position after the last page that was written whole, and counts up to it."""

    next: str | None = None
    ended: bool = False
    pages: int = 0
    read: int = 0
    written: int = 0
    untouched: int = 0


def copy_segment(
    source: Table,
    destination: Table,
    transform: Transform,
    claims: Claims,
    segment: Segment,
    progress: SegmentProgress,
    save: Callable[[SegmentProgress], None],
) -> None:
    """Copies what is left of a segment, page by page; `save` is called after each page was acknowledged.

    `save` may raise to stop at a page boundary. Raises ItemRefused, Collision and the table's errors.
    """
    while not progress.ended:
        page = source.scan(segment, progress.next)
        untouched, changed = transform.page(page.items)
        claims.of_outputs(changed)
        destination.write(untouched)
        destination.write(_distinct(changed))
        progress = SegmentProgress(
            next=page.next,
            ended=page.next is None,
            pages=progress.pages + 1,
            read=progress.read + len(page.items),
            written=progress.written + len(untouched) + len(changed),
            untouched=progress.untouched + len(untouched),
        )
        save(progress)


def _distinct(outputs: list[Output]) -> list[RawItem]:
    """The outputs of one page. A key twice in one batch would be refused by the service, without saying which."""
    found: dict[Key, RawItem] = {}
    for output in outputs:
        if output.key in found:
            raise Collision(
                f"two items of one page both become {'/'.join(output.key)}",
                state="the source serves on, untouched",
                next_command="make the migration give them different keys, then: verdigris abort ENV",
            )
        found[output.key] = output.raw
    return list(found.values())
