"""One deployment in a small world: an application that writes all the time, runners that die, and the verdict.

The application keeps its own ledger (`truth`) of what it was acknowledged. It writes in the shape of the color that
is live, between any two calls that a runner makes, unless the pointer holds it. All that happens follows from `seed`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from tests.lifecycle.perils import Exposed, Killed, Kills
from tests.lifecycle.programs import Programs
from tests.lifecycle.world import Color, World, raw

from verdigris import runner
from verdigris.core.documents import fingerprint
from verdigris.core.machine import TRANSITIONS, Event, State
from verdigris.core.model import Phase
from verdigris.core.records import PhaseDone, Said
from verdigris.core.transform import Migration
from verdigris.journal.journal import Journal
from verdigris.phases.base import Settings
from verdigris.stores.memory_index import MemoryIndex
from verdigris.stores.memory_pointer import MemoryPointer
from verdigris.stores.searching import Document

Plain = dict[str, Any]
_NUMBERS = 24
#: These are written again and again; a mistake with one of them is mended by its next change. The others stay.
_HOT = 10
_APPLICATIONS_VERSION = 1 << 62
#: what the first deployment builds
INDEX = "court-dev-case-beta-1"


def cents(item: Plain) -> Plain:
    return item | {"cents": item["n"] * 100}


def contact(item: Plain) -> list[Plain]:
    return [item, {"pk": item["pk"], "sk": "contact|" + item["sk"], "n": item["n"], "entityName": "Contact"}]


def owner(item: Plain) -> Plain | None:
    if item.get("entityName") != "Contact":
        return None
    return {"pk": item["pk"], "sk": item["sk"].removeprefix("contact|")}


MIGRATIONS = (
    Migration("0001_cents.py", up=cents, selects={"entityName": "Case"}),
    Migration("0002_drop.py", up=lambda item: None, selects={"entityName": "Draft"}),
    Migration("0003_contact.py", up=contact, selects={"entityName": "User"}, source=owner),
)


def document(item: Plain) -> tuple[str, Plain] | None:
    """The search index holds cases and contacts."""
    if item["entityName"] == "Case":
        return item["pk"], {"cents": int(item["cents"])}
    return (f"contact of {item['pk']}", {"n": int(item["n"])}) if item["entityName"] == "Contact" else None


def second_shape(number: int, entity: str, n: int) -> list[Plain]:
    """What the new color keeps for one entity; written by hand, not by the migrations."""
    item = {"pk": f"case|{number}", "sk": f"case|{number}", "entityName": entity, "n": n}
    match entity:
        case "Case":
            return [item | {"cents": n * 100}]
        case "User":
            return [item, item | {"sk": f"contact|case|{number}", "entityName": "Contact"}]
        case "Draft":
            return []
    return [item]


@dataclass
class Scenario:
    """`kills`: at which calls of the runners a process dies. `writes`: how likely the application writes at a call."""

    seed: int
    kills: Kills = field(default_factory=Kills)
    writes: float = 0.15
    #: without any, a deployment is of the color only
    migrations: tuple[Migration, ...] = MIGRATIONS
    settings: Settings = field(
        default_factory=lambda: Settings(segments=2, may_enable_stream=True, approve="auto", verify_buckets=16)
    )

    #: open shards that the source's stream begins with
    shards: int = 1

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.world = World(self.migrations, document=document, settings=self.settings, page_items=4, shards=self.shards)
        self.index = MemoryIndex()
        self.pointer = MemoryPointer(Color.BLUE, clock=self.world.clock)
        self.world.index, self.world.pointer = self.index, self.pointer
        self.world.application = Programs(Color.BLUE)
        #: number → (entity, n): what the application was told is kept
        self.truth: dict[int, tuple[str, int]] = {}
        self.writing = False
        self.faults: list[str] = []
        self.world.live()
        for number in range(0, _NUMBERS, 2):
            self.write(number, self.dice.choice(["Case", "User", "Draft", "Other"]))
        self.writing = True
        self.world.expose = lambda port, name: Exposed(port, name, self._between)

    # ── the application ──────────────────────────────────────────────────────────────────────────────────────────

    def write(self, number: int, entity: str | None) -> None:
        """Puts an entity, or (None) deletes it, in the live color."""
        if entity is None:
            self.truth.pop(number, None)
        else:
            self.truth[number] = (entity, self.dice.randrange(1000))
        wanted = [(number, *self.truth[number])] if number in self.truth else []
        if self._migrated():
            self._write_second(number, [item for one in wanted for item in second_shape(*one)])
        elif wanted:
            _, kind, n = wanted[0]
            self.world.put("alpha", {"pk": f"case|{number}", "sk": f"case|{number}", "entityName": kind, "n": n})
        else:
            self.world.delete("alpha", (f"case|{number}", f"case|{number}"))

    def _write_second(self, number: int, items: list[Plain]) -> None:
        keys = [(f"case|{number}", f"case|{number}"), (f"case|{number}", f"contact|case|{number}")]
        kept = {(item["pk"], item["sk"]) for item in items}
        self.world.tables.table("court-dev-beta").write(list(map(raw, items)), [key for key in keys if key not in kept])
        bodies = dict(made for item in items if (made := document(item)) is not None)
        ids = (f"case|{number}", f"contact of case|{number}")
        self.index.bulk(self.new_index, [Document(id_, bodies.get(id_), _APPLICATIONS_VERSION) for id_ in ids])

    def _migrated(self) -> bool:
        """Whether the application works on the second version of the data."""
        return bool(self.migrations) and self.pointer.read().live is Color.GREEN

    def _between(self, port: str, name: str) -> None:
        if self.writing and self.pointer.read().fence is None and self.dice.random() < self.writes:
            self.write(self.dice.randrange(_HOT), self.dice.choice(["Case", "User", "Draft", "Other", None]))
        if (port, name) == ("index", "bulk") and self.pointer.read().live is Color.GREEN:
            self.faults.append("a bulk after the new color had the index")
        self.kills(port, name)

    # ── runners ──────────────────────────────────────────────────────────────────────────────────────────────────

    def to_end(self) -> None:
        """Deploys and finalizes."""
        self.command(State.BAKED)
        self.command(State.FINISHED, Event.FINALIZE)

    def command(self, end: State, event: Event = Event.DONE) -> None:
        """The same command again and again, as long as it dies, until it ends in `end`; `event` is said first, where
        it has a place."""
        while True:
            try:
                bench = self.world.bench()
                if event is not Event.DONE and event in TRANSITIONS[bench.snapshot.state]:
                    bench.log.append(Said(event, "tester"))
                snapshot = runner.run(bench)
            except Killed:
                continue
            assert snapshot.state is end, f"{snapshot.state} instead of {end}"
            return

    def until(self, phase: Phase) -> None:
        """Runs until `phase` is done."""
        runner.run(self.world.bench(), until=phase)

    @property
    def new_index(self) -> str:
        """What the deployment under way, or the last one, builds."""
        return self.journal.folded(self.journal.records(self.journal.deployments())).plan.indexes[0].destination

    @property
    def journal(self) -> Journal:
        """To look at: without a lease, and past all perils."""
        return Journal(self.world.rows, self.world.clock.iso)

    # ── the verdict ──────────────────────────────────────────────────────────────────────────────────────────────

    def verdict(self) -> list[str]:
        """Everything that is not as the application's ledger says; an empty list is what must come out."""
        return [*self.faults, *self._table_faults(), *self._index_faults(), *self._repairs()]

    def _table_faults(self) -> list[str]:
        second = self._migrated()
        wanted: dict[tuple[str, ...], Any] = {}
        for number, (entity, n) in self.truth.items():
            first = [{"pk": f"case|{number}", "sk": f"case|{number}", "entityName": entity, "n": n}]
            for item in second_shape(number, entity, n) if second else first:
                wanted[str(item["pk"]), str(item["sk"])] = orjson.loads(raw(item))
        found = self.world.items("beta" if second else "alpha")
        lost = [f"lost {key}" for key in wanted.keys() - found.keys()]
        extra = [f"extra {key}" for key in found.keys() - wanted.keys()]
        stale = [f"stale {key}" for key in wanted.keys() & found.keys() if wanted[key] != found[key]]
        return sorted(lost + extra + stale)

    def _index_faults(self) -> list[str]:
        if not self._migrated():
            return []
        self.index.refresh(self.new_index)
        made = [document(item) for one in self.truth.items() for item in second_shape(one[0], *one[1])]
        wanted = {fingerprint(*one) for one in made if one is not None}
        found = {fingerprint(*one) for one in self.index.documents(self.new_index)}
        alias = self.index.alias("court-dev-case")
        return [f"documents: {len(wanted - found)} lost or stale, {len(found - wanted)} extra"] * (wanted != found) + [
            f"the alias points to {alias}"
        ] * (alias != self.new_index)

    def _repairs(self) -> list[str]:
        """A repair mends what the protocol should not have broken."""
        return [
            f"{record.body.phase} repaired {number}"
            for record in self.journal.records()
            if isinstance(record.body, PhaseDone)
            for name in ("repaired", "verify_repaired")
            if (number := record.body.evidence.get(name))
        ]


def each_call(
    make: Callable[[int], Scenario], *, half_way: bool = False, kills: type[Kills] = Kills
) -> Iterator[Scenario]:
    """Scenarios of which the nth dies at its nth call, until one has no such call any more."""
    nth = 0
    while True:
        nth += 1
        scenario = make(nth)
        scenario.kills = at = kills(nth, half_way=half_way)
        yield scenario  # it may be given other kills by then
        if not at.killed:
            return
