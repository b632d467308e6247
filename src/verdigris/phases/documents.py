"""Documents of the destination's items: bulk for the rebuild, settle for what changes meanwhile.

Why no older document can overwrite a newer one: every write carries an external version, `token << 40 | n`. The bulk
of a runner writes with n = 0, each settle with the next n > 0, drawn before it writes; a runner that takes over has a
higher fencing token. What is written later in this order was read later, and the index keeps the highest. What the
index forgets (it remembers a deleted id's version for `index.gc_deletes`, a minute by default) the proof finds: it
begins after every bulk is acknowledged, and compares document by document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from verdigris.core.items import decode
from verdigris.core.model import RawItem
from verdigris.core.settling import Settled
from verdigris.errors import ItemRefused, PhaseFailed
from verdigris.phases.base import IndexPlan
from verdigris.stores.base import BulkResult, Document, SearchIndex, Table


class Documents:
    """The documents of every configured index. `token` is the runner's fencing token."""

    def __init__(self, index: SearchIndex, plans: Sequence[IndexPlan], token: int) -> None:
        self.plans = tuple(plans)
        self._index = index
        self._base = token << 40
        self._drawn = 0

    def bulk(self, plan: IndexPlan, items: Iterable[RawItem]) -> int:
        """Writes the documents of freshly read items; returns how many there are. Raises PhaseFailed."""
        documents = [Document(*made, self._base) for item in items if (made := document_of(plan, item)) is not None]
        self._send(plan, documents)
        return len(documents)

    def settle(self, destination: Table, settled: Settled, seen: Sequence[RawItem] = ()) -> None:
        """Before the destination changes: so a crash in between finds the old item, and its document's id, again.

        What a run that died had read, and made documents of, need not be in the destination and may have changed
        since: it is among `seen`, the outputs of the images that led here.
        """
        before = [*destination.read([*settled.puts, *settled.deletes]).values(), *seen]
        self._drawn += 1
        version = self._base | self._drawn
        for plan in self.plans:
            old = {made[0] for item in before if (made := document_of(plan, item)) is not None}
            new = dict(made for item in settled.puts.values() if (made := document_of(plan, item)) is not None)
            writes = [Document(id_, body, version) for id_, body in new.items()]
            self._send(plan, writes + [Document(id_, None, version) for id_ in sorted(old - new.keys())])

    def repair(self, plan: IndexPlan, wanted: Mapping[str, Mapping[str, Any] | None]) -> None:
        """Makes the index hold these bodies (None: no such document)."""
        self._drawn += 1
        self._send(plan, [Document(id_, body, self._base | self._drawn) for id_, body in wanted.items()])

    def _send(self, plan: IndexPlan, documents: Sequence[Document]) -> None:
        if not documents:
            return
        result: BulkResult = self._index.bulk(plan.physical, documents)
        if result.refused:
            id_, reason = result.refused[0]
            raise PhaseFailed(
                f"the index refused {len(result.refused)} documents; the first is {id_}: {reason}",
                where=plan.physical,
                state="the old color serves on, untouched",
                next_command="mend the mappings or the document function, then: verdigris abort ENV",
            )


def document_of(plan: IndexPlan, item: RawItem) -> tuple[str, Mapping[str, Any]] | None:
    """The user's document for an item, or None. Raises ItemRefused, naming the function's error."""
    function: Callable[[Any], Any] = plan.document
    try:
        made = function(decode(item))
    except Exception as error:
        raise ItemRefused(
            f"the document function of index {plan.alias} raised {type(error).__name__}: {error}",
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
            where=plan.alias,
            next_command="mend the document function, then run the command again",
        )
    return id_, body
