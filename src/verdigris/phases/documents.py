"""Documents of the destination's items: bulk for the rebuild, settle for what changes meanwhile.

Why no older document can overwrite a newer one: every write carries an external version, `token << 40 | n`. The bulk
of a runner writes with n = 0, each settle with the next n > 0, drawn before it writes; a runner that takes over has a
higher fencing token. What is written later in this order was read later, and the index keeps the highest. What the
index forgets (it remembers a deleted id's version for `index.gc_deletes`, a quarter of an hour) the proof finds: it
begins after every bulk is acknowledged, and compares document by document.

An item whose document is refused, by its function or by the index, goes into quarantine for that index; what the index
holds under its ids stays, and the item itself is kept in the table all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from typing import Any, TypeAlias

from verdigris.core.declared import Builder
from verdigris.core.items import decode
from verdigris.core.model import Key, RawItem
from verdigris.core.quarantine import Entry, cut, print_of
from verdigris.core.raw_key import key_reader
from verdigris.core.refusal import describe
from verdigris.core.settling import Settled
from verdigris.errors import ItemRefused, PhaseFailed
from verdigris.phases.base import Bench, IndexPlan
from verdigris.phases.quarantine import Quarantine
from verdigris.phases.waiting import answered
from verdigris.stores.base import Table
from verdigris.stores.searching import BulkResult, Document, SearchIndex

#: An id and a body.
Made: TypeAlias = tuple[str, Mapping[str, Any]]


class Documents:
    """The documents of the indexes of `plans`. `token` is the runner's fencing token; what lies under a key of
    `reserved` is no item."""

    def __init__(
        self,
        index: SearchIndex,
        plans: Sequence[IndexPlan],
        token: int,
        destination: Table,
        quarantine: Quarantine,
        reserved: Container[Key] = (),
        answered: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self.plans = tuple(plans)
        self._index = index
        self._base = token << 40
        self._drawn = 0
        self._destination = destination
        self._key_of = key_reader(destination.key)
        self._quarantine = quarantine
        self._reserved = reserved
        self._answered = answered
        #: (alias, id) of each document that was settled since somebody emptied this → its version, and its item's key
        self.touched: dict[tuple[str, str], tuple[int, Key]] = {}

    def items(self, items: Iterable[RawItem]) -> Iterable[RawItem]:
        """Those that are the application's: beacons are not."""
        return (item for item in items if self._key_of(item) not in self._reserved)

    def made(self, plan: IndexPlan, item: RawItem) -> Made | None:
        """The document of an item of the destination; None if it has none, or if that is in quarantine now."""
        try:
            return document_of(plan, item)
        except ItemRefused as error:
            key = self._key_of(item)
            known = self._quarantine.of_document(plan.alias, key)
            if known is None or known.print != print_of({key: item}):
                self._quarantine.document(plan.alias, key, item, error, ())
            return None

    def bulk(self, plan: IndexPlan, items: Iterable[RawItem]) -> int:
        """Writes the documents of freshly read items; returns how many were written."""
        makers: dict[str, RawItem] = {}
        documents = []
        for item in items:
            if (made := self.made(plan, item)) and not self._discarded(plan, self._key_of(item), item):
                makers[made[0]] = item
                documents.append(Document(*made, self._base))
        return len(documents) - len(self._put(plan, documents, makers, {}))

    def settle(self, settled: Settled, seen: Sequence[RawItem] = ()) -> None:
        """Before the destination changes: so a crash in between finds the old item, and its document's id, again.

        What a run that died had read, and made documents of, need not be in the destination and may have changed
        since: it is among `seen`, the outputs of the images that led here.
        """
        if not self.plans:
            return
        keys = {*settled.puts, *settled.deletes}
        before = [*self._destination.read(list(keys)).values(), *(item for item in seen if self._key_of(item) in keys)]
        self._drawn += 1
        for plan in self.plans:
            self._settle(plan, settled, before, self._base | self._drawn)

    def _settle(self, plan: IndexPlan, settled: Settled, before: Sequence[RawItem], version: int) -> None:
        old = self._ids(plan, before)
        stuck: set[Key] = set()
        makers: dict[str, RawItem] = {}
        puts: dict[str, Document] = {}
        for key, item in settled.puts.items():
            if known := self._discarded(plan, key, item):
                old.setdefault(key, set()).update(known.ids)
                stuck.add(key)
                continue
            try:
                made = document_of(plan, item)
            except ItemRefused as error:
                self._quarantine.document(plan.alias, key, item, error, sorted(old.pop(key, ())))
                stuck.add(key)
                continue
            if made is not None:
                makers[made[0]] = item
                puts[made[0]] = Document(*made, version)
        self._touch(plan, version, old, makers)
        stuck |= self._put(plan, list(puts.values()), makers, old)
        deletes = {id_ for ids in old.values() for id_ in ids} - puts.keys()
        self._delete(plan, [Document(id_, None, version) for id_ in sorted(deletes)])
        self._quarantine.documents_settled(plan.alias, {*settled.puts, *settled.deletes} - stuck)

    def _touch(
        self, plan: IndexPlan, version: int, old: Mapping[Key, Iterable[str]], makers: Mapping[str, RawItem]
    ) -> None:
        for key, ids in old.items():
            self.touched |= {(plan.alias, id_): (version, key) for id_ in ids}
        self.touched |= {(plan.alias, id_): (version, self._key_of(item)) for id_, item in makers.items()}

    def _ids(self, plan: IndexPlan, items: Iterable[RawItem]) -> dict[Key, set[str]]:
        """Destination key → the ids of the documents that these items had."""
        ids: dict[Key, set[str]] = {}
        for item in items:
            with suppress(ItemRefused):  # then it never had a document
                if (made := document_of(plan, item)) is not None:
                    ids.setdefault(self._key_of(item), set()).add(made[0])
        return ids

    def repair(self, plan: IndexPlan, wanted: Mapping[str, RawItem | None]) -> None:
        """Makes the index hold the documents of these items under these ids (None: no such document)."""
        self._drawn += 1
        version = self._base | self._drawn
        makers = {id_: item for id_, item in wanted.items() if item is not None}
        made = [made for item in makers.values() if (made := document_of(plan, item)) is not None]
        self._put(plan, [Document(*one, version) for one in made], makers, {})
        self._delete(plan, [Document(id_, None, version) for id_ in wanted.keys() - makers.keys()])

    def _discarded(self, plan: IndexPlan, key: Key, item: RawItem) -> Entry | None:
        """The entry by which exactly this document was discarded."""
        known = self._quarantine.of_document(plan.alias, key)
        return known if known and known.discarded and known.print == print_of({key: item}) else None

    def _put(
        self,
        plan: IndexPlan,
        documents: Sequence[Document],
        makers: Mapping[str, RawItem],
        old: dict[Key, set[str]],
    ) -> set[Key]:
        """Writes them; what the index refuses goes into quarantine, and the item's `old` documents stay: they are taken
        out of `old`. Returns the keys of those items."""
        result = self._bulk(plan, documents)
        stuck = set()
        for id_, reason in result.refused:
            key = self._key_of(makers[id_])
            what = f"the index refused the document {cut(id_, 100)}: {reason}"
            self._quarantine.document(plan.alias, key, makers[id_], what, (id_, *sorted(old.pop(key, ()))))
            stuck.add(key)
        return stuck

    def _delete(self, plan: IndexPlan, documents: Sequence[Document]) -> None:
        """An id that the index cannot take is not in it either. Raises PhaseFailed if it is."""
        result = self._bulk(plan, documents)
        refused = dict(result.refused)
        for id_ in self._index.read(plan.physical, list(refused)) if refused else ():
            raise PhaseFailed(
                f"the index refused to delete {id_}: {refused[id_]}",
                where=plan.physical,
                state="the old color serves on, untouched",
                next_command="verdigris deploy ENV",
            )

    def _bulk(self, plan: IndexPlan, documents: Sequence[Document]) -> BulkResult:
        if not documents:
            return BulkResult(0, 0, ())
        with self._answered():
            return self._index.bulk(plan.physical, documents)


def documents_of(bench: Bench, index: SearchIndex) -> Documents:
    """The documents of the indexes that Verdigris builds, in the name of the bench's runner.

    Those that its tail settles already, if it does: others would draw the same versions again.
    """
    if bench.tail and bench.tail.settler.documents:
        return bench.tail.settler.documents
    plans = [plan for plan in bench.indexes() if plan.by is Builder.VERDIGRIS]
    # Beacons lie in the source: where the data stays, that is what documents are made of.
    reserved = () if bench.plan.moves_data else bench.settings.reserved
    around = partial(answered, bench)
    return Documents(index, plans, bench.journal.token, bench.destination, bench.quarantine, reserved, around)


def document_of(plan: IndexPlan, item: RawItem) -> Made | None:
    """The user's document for an item, or None. Raises ItemRefused, naming the function's error."""
    function: Callable[[Any], Any] = plan.document
    try:
        made = function(decode(item))
    except Exception as error:
        raise ItemRefused(
            f"the document function of index {plan.alias} raised {describe(error, function, item, ())}",
            migration=plan.alias,
            where=plan.alias,
            next_command="mend the document function, then run the command again",
        ) from error
    if made is None:
        return None
    try:
        id_, body = made
    except (TypeError, ValueError):
        id_, body = None, None
    if not isinstance(id_, str) or not id_ or not isinstance(body, Mapping):
        raise ItemRefused(
            f"the document function of index {plan.alias} returned {type(made).__name__}; "
            "it must return (id, body) or None",
            migration=plan.alias,
            where=plan.alias,
            next_command="mend the document function, then run the command again",
        )
    return id_, body
