"""The consumers of a table that is in several regions: each copy has a stream of its own, and mappings of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from verdigris.core.consuming import Reading
from verdigris.stores.outside import StreamConsumer, StreamConsumers


class Region(NamedTuple):
    """One region: table → the ARN of its stream there, None where there is none; and the consumers there."""

    stream: Callable[[str], str | None]
    consumers: StreamConsumers


class RegionalConsumers:
    """The port `StreamConsumers` over several regions. An id is `region/id`."""

    def __init__(self, regions: Mapping[str, Region]) -> None:
        self._regions = regions

    def of(self, stream: str) -> Sequence[StreamConsumer]:
        """Those of every copy of the table that `stream` belongs to."""
        table = stream.split("/")[1]  # arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL
        found: list[StreamConsumer] = []
        for name, region in self._regions.items():
            arn = region.stream(table)
            if arn is not None:
                found += [replace(one, id=f"{name}/{one.id}") for one in region.consumers.of(arn)]
        return found

    def turn(self, consumer: str, *, on: bool) -> bool:
        name, _, id_ = consumer.partition("/")
        return self._regions[name].consumers.turn(id_, on=on)

    def longest_s(self, consumer: StreamConsumer) -> float:
        name, _, id_ = consumer.id.partition("/")
        return self._regions[name].consumers.longest_s(replace(consumer, id=id_))

    def readings(self, consumer: StreamConsumer, from_s: float, to_s: float) -> Sequence[Reading]:
        name, _, id_ = consumer.id.partition("/")
        return self._regions[name].consumers.readings(replace(consumer, id=id_), from_s, to_s)
