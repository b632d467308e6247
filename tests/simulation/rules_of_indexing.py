"""Rules of the index: each function gives the patches that take one away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.simulation.rules_of_settling import Patch

from verdigris.core.model import RawItem
from verdigris.core.settling import Settled
from verdigris.phases import index_proof, provision, reindex, switch
from verdigris.phases.base import Bench
from verdigris.phases.documents import Documents
from verdigris.phases.settling import Settler
from verdigris.phases.tail import tail
from verdigris.stores.searching import SearchIndex


def documents_not_removed() -> Sequence[Patch]:
    """A document stays when its item is deleted, or has another document."""
    return [(Documents, "_delete", lambda self, plan, documents: None)]


def documents_after_the_item() -> Sequence[Patch]:
    """A settle writes the item first: of a document that the item had before nobody knows any more."""
    plain = Settler.keys

    def keys(self: Settler, *arguments: Any, **named: Any) -> Settled:
        documents, self.documents = self.documents, None
        try:
            settled = plain(self, *arguments, **named)
        finally:
            self.documents = documents
        if documents:
            documents.settle(settled)
        return settled

    return [(Settler, "keys", keys)]


def images_not_looked_through() -> Sequence[Patch]:
    """What a dead runner had made documents of is looked for in the destination only."""
    plain = Documents.settle

    def settle(self: Documents, settled: Settled, seen: Sequence[RawItem] = ()) -> None:
        plain(self, settled)

    return [(Documents, "settle", settle)]


def one_version_for_all() -> Sequence[Patch]:
    """A bulk that comes after a settle, and has read before it, wins."""
    plain = Documents.settle

    def settle(self: Documents, settled: Settled, seen: Sequence[RawItem] = ()) -> None:
        self._drawn = -1
        plain(self, settled, seen)

    return [(Documents, "settle", settle)]


def runners_not_ordered() -> Sequence[Patch]:
    """Versions begin anew with each runner."""
    plain = Documents.__init__

    def init(self: Documents, index: Any, plans: Any, token: int, *others: Any) -> None:
        plain(self, index, plans, 0, *others)

    return [(Documents, "__init__", init)]


def drawn_again() -> Sequence[Patch]:
    """Versions begin anew with each reindex of a runner."""
    plain = reindex.run

    def run(bench: Bench) -> Any:
        tail(bench).settler.documents = None
        return plain(bench)

    return [(reindex, "run", run)]


def settled_without_documents() -> Sequence[Patch]:
    """While the index is built nobody looks after what changes."""
    plain = reindex._build

    def build(bench: Bench, documents: Documents, index: SearchIndex) -> None:
        settler = tail(bench).settler
        settler.documents = None
        try:
            plain(bench, documents, index)
        finally:
            settler.documents = documents

    return [(reindex, "_build", build)]


def documents_counted() -> Sequence[Patch]:
    """The build loses every second document, and the proof looks at no difference."""
    plain = Documents.bulk

    def some(self: Documents, plan: Any, items: Sequence[RawItem]) -> int:
        return plain(self, plan, list(items)[::2])

    return [(Documents, "bulk", some), (index_proof, "suspects", lambda *arguments: ())]


def index_kept_by_an_abort() -> Sequence[Patch]:
    plain = provision._made

    def made(bench: Bench, step: str, still_empty: Any) -> bool:
        return plain(bench, step, still_empty) and not step.startswith("create-index")

    return [(provision, "_made", made)]


def alias_left_behind() -> Sequence[Patch]:
    def nowhere(bench: Bench, **direction: Mapping[str, bool]) -> None:
        pass

    return [(switch, "_point_aliases", nowhere)]
