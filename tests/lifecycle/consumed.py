"""An application whose consumers read its table's stream: one builds the index, one sends mails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.lifecycle.programs import Programs
from tests.lifecycle.scenario import Scenario, document
from tests.lifecycle.world import ALIAS, Color

from verdigris.core.declared import Builder, ConsumerKind, Declared
from verdigris.core.items import decode
from verdigris.core.model import Change, Place
from verdigris.stores.memory import MemoryTables
from verdigris.stores.memory_consumers import MemoryConsumers
from verdigris.stores.memory_index import MemoryIndex
from verdigris.stores.outside import ENABLED
from verdigris.stores.searching import Document

BETA = "court-dev-beta"
READER, MAILER = "court-green-reader", "court-green-mailer"
DECLARED = (Declared(READER, ConsumerKind.INDEX), Declared(MAILER, ConsumerKind.EFFECTS))
_VERSIONS = 1 << 61


class Deployed(Programs):
    """Deploying a color makes its consumers, as soon as its table has a stream. They begin to read at once."""

    def __init__(self, tables: MemoryTables, lambdas: MemoryConsumers) -> None:
        super().__init__(Color.BLUE)
        self._tables = tables
        self._lambdas = lambdas
        self.functions = [READER, MAILER]

    def start(self, place: Place) -> str:
        facts = self._tables.describe(place.table)
        if place.color is Color.GREEN and facts and facts.stream:
            there = {one.function for one in self._lambdas.of(facts.stream)}
            for function in self.functions:
                if function not in there:
                    self._lambdas.add(facts.stream, function)
        return super().start(place)


@dataclass
class Reader:
    """The function behind a mapping, as Lambda calls it: each shard in order, from where it stood."""

    tables: MemoryTables
    lambdas: MemoryConsumers
    index: MemoryIndex
    clock: Callable[[], float]
    function: str
    #: changes of these keys are dropped: the fault of a consumer
    blind_to: set[str] = field(default_factory=set)
    after: dict[str, str | None] = field(default_factory=dict)
    read: int = 0
    stream: str = ""

    def poll(self) -> int:
        """One page of each shard, if the mapping is on; how many records there were."""
        facts = self.tables.describe(BETA)
        if facts is None or facts.stream is None:
            return 0
        if facts.stream != self.stream:  # another table of this name
            self.stream, self.after = facts.stream, {}
        if not any(one.function == self.function and one.state == ENABLED for one in self.lambdas.of(facts.stream)):
            return 0
        records = 0
        stream = self.tables.stream(facts.stream)
        for shard in stream.shards():
            page = stream.read(shard.id, self.after.get(shard.id))
            for change in page.changes:
                self.read += 1
                self._handle(change)
            self.after[shard.id] = page.last
            records += len(page.changes)
            if page.changes:
                now_s = self.clock()
                self.lambdas.called(self.function, now_s, now_s - page.changes[-1].at_s)
        return records

    def _handle(self, change: Change) -> None:
        told = self.index.named(f"{ALIAS}-beta")  # at most one: what its color was told
        if self.function != READER or change.key[0] in self.blind_to or not told:
            return
        old, new = (document(decode(image)) if image else None for image in (change.old, change.new))
        made = [Document(*new, _VERSIONS + self.read)] if new else []
        if old and (new is None or new[0] != old[0]):
            made.append(Document(old[0], None, _VERSIONS + self.read))
        self.index.bulk(told[0], made)


@dataclass
class Consumed(Scenario):
    """A scenario whose index is built `by` the application's reader, or beside it."""

    by: Builder = Builder.APPLICATION
    takes_s: float = 7.0
    #: whether Lambda calls the one that sends mails
    mailing: Callable[[], bool] = lambda: True

    def __post_init__(self) -> None:
        super().__post_init__()
        world = self.world
        self.lambdas = MemoryConsumers(world.clock, self.takes_s)
        world.lambdas, world.consumers, world.by = self.lambdas, DECLARED, self.by
        world.application = self.programs = Deployed(world.tables, self.lambdas)
        self.reader = Reader(world.tables, self.lambdas, self.index, world.clock, READER)
        self.mailer = Reader(world.tables, self.lambdas, self.index, world.clock, MAILER)
        #: documents that Verdigris wrote
        self.bulks = 0

    def _between(self, port: str, name: str) -> None:
        self.bulks += (port, name) == ("index", "bulk")
        if self.dice.random() < 0.5:
            self.reader.poll()
            if self.mailing():
                self.mailer.poll()
        super()._between(port, name)

    def stream(self) -> str:
        facts = self.world.tables.describe(BETA)
        assert facts is not None
        assert facts.stream is not None
        return facts.stream

    def states(self) -> dict[str, str]:
        return {one.function: one.state for one in self.lambdas.of(self.stream())}

    def verdict(self) -> list[str]:
        while self.reader.poll():
            pass
        return super().verdict()
