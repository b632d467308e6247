"""An index that the application builds: watched until it holds what the table says, or named where it does not.

The application's consumer reads every put of the backfill from the destination's stream, and writes the documents.
Verdigris writes none: a document that it repaired would hide a fault of the consumer, which is to feed the index for
good after the switch. Both move while they are compared, so a difference is looked at again, as long as anything
moves; what is seen equal once was in motion, as in verify.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from verdigris.core.batching import runs
from verdigris.core.documents import fingerprint
from verdigris.core.horizon import STREAM_KEEPS_S, marks
from verdigris.core.model import Key, Phase, RawItem
from verdigris.core.raw_key import key_reader
from verdigris.core.records import Evidence
from verdigris.errors import ItemRefused, Unverified
from verdigris.phases.base import Bench, IndexPlan, Progress
from verdigris.phases.document_proof import compare
from verdigris.phases.documents import Made, document_of
from verdigris.phases.tail import tail
from verdigris.stores.searching import SearchIndex

#: How long nothing may move before what differs is named (seconds). A consumer may take minutes to begin (Lambda's
#: Developer Guide, "Using Lambda with DynamoDB"), and a batch that fails is tried again.
PATIENCE_S = 900.0
#: With more differences than these the consumer is far behind: they are counted, not kept.
_MANY = 10_000
_CHUNK = 500
_NAMED = 20
#: Looks are this far apart, and with time farther, at most so far (seconds).
_LOOK_S, _LOOKS_S = 0.2, 10.0


def prove(bench: Bench, index: SearchIndex, plan: IndexPlan) -> Evidence:
    """Returns when every document was seen to be what the table says. Raises Unverified, with names, at the limit."""
    watch = _Watch(bench, index, plan)
    while True:
        count, differing = watch.compared()
        if len(differing) >= _MANY:
            watch.wait_for_more(sorted(differing))
            continue
        left = watch.until_equal(differing)
        if not left:
            return {"documents": count, "in_motion": len(differing)}
        _, again = watch.compared()  # an id may have become another item's meanwhile: the table knows whose it is
        if stuck := sorted(left & again.keys()):
            raise watch.unverified(stuck)


class _Watch:
    def __init__(self, bench: Bench, index: SearchIndex, plan: IndexPlan) -> None:
        self._bench = bench
        self._index = index
        self._plan = plan
        self._following = tail(bench)
        self._key_of = key_reader(bench.destination.key)
        self._moved_s = bench.now()

    def compared(self) -> tuple[int, dict[str, RawItem | None]]:
        """All of it: how many documents there must be, and id → item where the index differs; at most about _MANY."""
        self._following.catch_up()
        self._tell("comparing every document with the table")
        with self._bench.pace.still():
            return compare(self._bench, self._index, self._plan, self._made, most=_MANY)

    def wait_for_more(self, differing: Sequence[str]) -> None:
        """Returns when the index has changed its size, and then not for a moment. Raises Unverified."""
        before, moved = self._count(), False
        while True:
            self._pause(f"{before:,} documents so far, at least {len(differing):,} are not yet what the table says")
            count = self._count()
            if count != before:
                before, moved, self._moved_s = count, True, self._bench.now()
            elif moved:
                return
            if self._tired() or self._dropped():
                raise self.unverified(differing)

    def until_equal(self, differing: Mapping[str, RawItem | None]) -> set[str]:
        """Looks at these alone until each was seen equal; returns those that were not when nothing moved any more.

        One whose item and document both became something else meanwhile is followed: it counts as seen.
        """
        owners = {id_: None if item is None else self._key_of(item) for id_, item in differing.items()}
        prints = first = self._prints(owners)
        self._moved_s = self._bench.now()
        while left := {id_ for id_, (wanted, found) in prints.items() if wanted != found}:
            if len(left) < len(owners):
                owners = {id_: owners[id_] for id_ in left}
                self._moved_s = self._bench.now()
            if self._tired():
                return {id_ for id_ in left if any(a == b for a, b in zip(first[id_], prints[id_], strict=True))}
            self._pause(f"{len(left):,} documents are not yet what the table says")
            prints = self._prints(owners)
        return set()

    def unverified(self, ids: Sequence[str]) -> Unverified:
        many = "at least " * (len(ids) >= _MANY)
        physical, env = self._plan.physical, self._bench.plan.env
        return Unverified(
            f"{many}{len(ids):,} documents of {physical} are not what {self._plan.alias}'s document function makes of "
            f"the table, and the application's consumer does not mend them: {', '.join(ids[:_NAMED])}",
            where=physical,
            state=f"{self._bench.plan.before} serves on, untouched; Verdigris writes nothing into this index",
            next_command=f"see the consumer's log and mend what it does, then: verdigris deploy {env}",
        )

    def _prints(self, owners: Mapping[str, Key | None]) -> dict[str, tuple[int | None, int | None]]:
        """id → (the fingerprint that it must have now, the one that it has); None: no document."""
        prints = {}
        for ids in runs(list(owners), _CHUNK):
            items = self._bench.destination.read(list({key for id_ in ids if (key := owners[id_]) is not None}))
            bodies = self._index.read(self._plan.physical, ids)
            for id_ in ids:
                item = items.get(owners[id_] or ())
                made = None if item is None else self._made(item)
                wanted = fingerprint(*made) if made and made[0] == id_ else None
                prints[id_] = wanted, fingerprint(id_, bodies[id_]) if id_ in bodies else None
        return prints

    def _made(self, item: RawItem) -> Made | None:
        try:
            return document_of(self._plan, item)
        except ItemRefused as error:
            key = "/".join(self._key_of(item))
            raise Unverified(
                f"what the application must have made of {key} is not known: {error.what}",
                where=self._plan.alias,
                state=f"{self._bench.plan.before} serves on, untouched",
                next_command=f"mend the document function, then: verdigris deploy {self._bench.plan.env}",
            ) from error

    def _count(self) -> int:
        self._index.refresh(self._plan.physical)
        return self._index.count(self._plan.physical)

    def _tired(self) -> bool:
        return self._bench.now() - self._moved_s >= PATIENCE_S

    def _dropped(self) -> bool:
        """Whether the destination's stream has dropped what the backfill wrote: no consumer will read it any more."""
        return self._bench.now() >= float(marks(self._bench.snapshot)[-1]["at_s"]) + STREAM_KEEPS_S

    def _pause(self, reason: str) -> None:
        self._tell(reason)
        self._bench.breathe()
        self._following.step()
        still_s = self._bench.now() - self._moved_s
        self._bench.sleep(min(_LOOKS_S, _LOOK_S + still_s / 10))

    def _tell(self, reason: str) -> None:
        reason = f"{self._plan.physical}, which the application builds: {reason}"
        self._bench.pace.held_up(reason)
        self._bench.report(Progress(Phase.REINDEX, unit="documents", reason=reason))
