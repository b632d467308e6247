"""A stream under load: every item changes once, a tenth of them six times, and a tenth is deleted in the end."""

from __future__ import annotations

import json

from bench.items import KEY, item
from bench.server import Server
from verdigris.core.model import RawItem

_HOT_EDITIONS = 5


def revised(number: int, edition: int) -> RawItem:
    """An item after its title was changed."""
    return item(number).replace(b'"Motion for', b'"Motion, edition %d, for' % edition)


def changed(local: Server, numbers: range) -> tuple[str, int, int]:
    """A table that was loaded before its stream was turned on, and changed since: its name, how many records its stream
    has, and how many of the items that changed are still there."""
    name = local.loaded(numbers)
    local.stream(name)
    hot = [number for number in numbers if number % 10 == 5]
    gone = [number for number in numbers if number % 10 == 9]
    local.write(name, [revised(number, 0) for number in numbers])
    for edition in range(1, _HOT_EDITIONS + 1):
        local.write(name, [revised(number, edition) for number in hot])
    local.write(name, [], [KEY.of(json.loads(item(number))) for number in gone])
    return name, len(numbers) + _HOT_EDITIONS * len(hot) + len(gone), len(numbers) - len(gone)
