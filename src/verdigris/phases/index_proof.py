"""The proof of an index: ids and contents of every document, both ways, while changes go on being settled.

Live changes make the sums of the two scans differ; they cause no false alarm, since each suspect document is looked
at again after the tail has caught up: the item by a strongly consistent read, the document in real time. A document
that no item was seen to make is a change's, or nobody's: the tail remembers what it settled meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from verdigris.core.batching import runs
from verdigris.core.documents import fingerprint
from verdigris.core.fingerprint import Sums
from verdigris.core.model import Key, Phase, RawItem, Segment
from verdigris.core.raw_key import key_reader
from verdigris.core.records import Evidence
from verdigris.errors import Unverified
from verdigris.phases.base import Bench, IndexPlan, Progress
from verdigris.phases.comparing import Checkpoints, Entry, Side, Suspect, summed, suspects
from verdigris.phases.documents import Documents
from verdigris.phases.scanning import pages
from verdigris.phases.tail import tail
from verdigris.stores.searching import SearchIndex

_PAGE = 500
_NAMED = 20
#: Looks at a suspect document before it counts as a difference; the tail catches up before each.
_LOOKS = 4


def prove(bench: Bench, documents: Documents, index: SearchIndex, plan: IndexPlan) -> Evidence:
    """Repairs what differs. Raises Unverified, naming documents, if that does not help."""
    tail(bench).catch_up()
    index.refresh(plan.physical)
    proof = _Proof(bench, documents, index, plan)
    kept: dict[str, Sums] = {}
    sums = summed(
        bench.engine,
        proof.sides,
        bench.settings.verify_buckets,
        Checkpoints(kept.get, kept.__setitem__),
        proof.between,
    )
    documents.touched.clear()
    index.refresh(plan.physical)
    for found in suspects(bench.engine, proof.sides, sums, proof.between):
        for chunk in runs(found, _PAGE):
            proof.look(chunk)
        documents.touched.clear()
    if proof.left:
        raise Unverified(
            f"{len(proof.left)} documents of {plan.physical} differ from the table: {', '.join(proof.left[:_NAMED])}",
            where=plan.physical,
            state=f"{bench.plan.before} serves on, untouched",
            next_command=f"verdigris deploy {bench.plan.env}",
        )
    return {"documents": sums[0].count, "repaired": proof.repaired, "in_motion": proof.in_motion}


def settle_the_last(bench: Bench, documents: Documents, index: SearchIndex) -> int:
    """After the flip, where nothing held writes: what the old color changed until the traffic had moved. Returns how
    many documents that concerned.

    The application indexes by then, too, and a settle may have overlapped one of its writes. So each document that was
    settled is looked at again; what changes after that is the application's alone.
    """
    documents.touched.clear()
    tail(bench).catch_up()
    last = dict(documents.touched)
    for plan in documents.plans:
        proof = _Proof(bench, documents, index, plan)
        mine = [Suspect((id_,), frozenset({key})) for (alias, id_), (_, key) in last.items() if alias == plan.alias]
        for chunk in runs(mine, _PAGE):
            proof.look(chunk)
    return len(last)


@dataclass
class _Found:
    """What suspect documents are to be, by the items that make them, and which of them are something else."""

    wanted: dict[str, RawItem | None] = field(default_factory=dict)
    differing: dict[str, set[Key]] = field(default_factory=dict)


class _Proof:
    """One index against the table that it is made from."""

    def __init__(self, bench: Bench, documents: Documents, index: SearchIndex, plan: IndexPlan) -> None:
        self._bench = bench
        self._documents = documents
        self._index = index
        self._plan = plan
        self._following = tail(bench)
        self.repaired = self.in_motion = 0
        self.left: list[str] = []
        self.sides = (Side("table", bench.settings.segments, self._table), Side("index", 1, self._stored))

    def between(self) -> None:
        self._following.step()
        self._bench.report(
            Progress(
                self._bench.snapshot.phase or Phase.REINDEX,
                unit="documents",
                reason=f"proving {self._plan.physical}, document by document",
                lag_s=self._following.lag_s,
                lag_records=self._following.lag_records,
            )
        )

    def _table(self, part: int) -> Iterator[Entry]:
        key_of = key_reader(self._bench.destination.key)
        for page in pages(self._bench.destination, Segment(part, self._bench.settings.segments)):
            for item in self._documents.items(page.items):
                if (doc := self._documents.made(self._plan, item)) is not None:
                    yield Entry((doc[0],), fingerprint(*doc), key_of(item))
            self._bench.breathe()

    def _stored(self, _: int) -> Iterator[Entry]:
        for number, (id_, body) in enumerate(self._index.documents(self._plan.physical), 1):
            yield Entry((id_,), fingerprint(id_, body), ())
            if number % _PAGE == 0:
                self._bench.breathe()

    def look(self, chunk: Sequence[Suspect]) -> None:
        """At documents that were not seen equal; what is in quarantine counts as no difference."""
        held = self._bench.quarantine.ids(self._plan.alias)
        seen = {id_: set(owners) for (id_,), owners in chunk if id_ not in held}
        first = self._still(seen)
        self.in_motion += len(seen) - len(first.differing)
        if not first.differing:
            return
        self._documents.repair(self._plan, {id_: first.wanted.get(id_) for id_ in first.differing})
        left = self._still(first.differing).differing
        self.repaired += len(first.differing) - len(left)
        self.left += sorted(left)

    def _still(self, seen: Mapping[str, set[Key]]) -> _Found:
        """What differs at each of several looks. What was settled between two of them is in motion: the tail has it."""
        found = _Found(differing=dict(seen))
        before = {id_: self._touched(id_) for id_ in seen}
        for _ in range(_LOOKS):
            self._following.catch_up()
            found = self._compared({id_: keys | self._maker(id_) for id_, keys in found.differing.items()})
            if not found.differing:
                break
        found.differing = {id_: keys for id_, keys in found.differing.items() if self._touched(id_) == before[id_]}
        return found

    def _touched(self, id_: str) -> tuple[int, Key] | None:
        return self._documents.touched.get((self._plan.alias, id_))

    def _maker(self, id_: str) -> set[Key]:
        """The item that a settle made it of, if one did."""
        touched = self._touched(id_)
        return {touched[1]} if touched else set()

    def _compared(self, owners: Mapping[str, set[Key]]) -> _Found:
        makers = self._makers({key for keys in owners.values() for key in keys})
        there = self._index.read(self._plan.physical, list(owners))
        found = _Found()
        for id_, keys in owners.items():
            # Two items that make one document are a fault that no repair mends.
            made = makers.get(id_, [])
            found.wanted[id_] = made[0][1] if made else None
            stored = fingerprint(id_, there[id_]) if id_ in there else None
            if [print_ for print_, _ in made] != ([] if stored is None else [stored]):
                found.differing[id_] = keys
        return found

    def _makers(self, keys: Iterable[Key]) -> dict[str, list[tuple[int, RawItem]]]:
        """By id: the documents that these items make now, as fingerprints, and the items."""
        made: dict[str, list[tuple[int, RawItem]]] = {}
        for item in self._documents.items(self._bench.destination.read(list(keys)).values()):
            if (doc := self._documents.made(self._plan, item)) is not None:
                made.setdefault(doc[0], []).append((fingerprint(*doc), item))
        return made
