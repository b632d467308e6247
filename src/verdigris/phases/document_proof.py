"""An index that others write against the table, document by document: ids and contents, both ways, constant memory.

The runner that compares settles nothing between the two scans, but the index may move: what differs is looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from verdigris.core.documents import fingerprint
from verdigris.core.fingerprint import Sums
from verdigris.core.model import RawItem, Segment
from verdigris.core.raw_key import key_reader
from verdigris.phases.base import Bench, IndexPlan
from verdigris.phases.comparing import Checkpoints, Entry, Side, summed, suspects
from verdigris.phases.documents import Made
from verdigris.phases.scanning import pages
from verdigris.stores.searching import SearchIndex

_PAGE = 500


def compare(
    bench: Bench, index: SearchIndex, plan: IndexPlan, made: Callable[[RawItem], Made | None], most: int
) -> tuple[int, dict[str, RawItem | None]]:
    """How many documents there must be, and id → its item (None: must not be there) where the index differs.

    `made` gives the document of an item of the destination. With `most` differences it stops to look for more.
    """
    index.refresh(plan.physical)
    key_of = key_reader(bench.destination.key)
    parts = bench.settings.segments

    def wanted(part: int) -> Iterator[Entry]:
        for page in pages(bench.destination, Segment(part, parts)):
            for item in page.items:
                if (doc := made(item)) is not None:
                    yield Entry((doc[0],), fingerprint(*doc), key_of(item))
            bench.breathe()

    def found(_: int) -> Iterator[Entry]:
        for number, (id_, body) in enumerate(index.documents(plan.physical), 1):
            yield Entry((id_,), fingerprint(id_, body), ())
            if number % _PAGE == 0:
                bench.breathe()

    kept: dict[str, Sums] = {}
    sides = (Side("table", parts, wanted), Side("index", 1, found))
    sums = summed(
        bench.engine,
        sides,
        bench.settings.verify_buckets,
        Checkpoints(kept.get, kept.__setitem__),
        bench.breathe,
    )
    differing: dict[str, RawItem | None] = {}
    for some in suspects(bench.engine, sides, sums, bench.breathe):
        some = some[: most - len(differing)]
        owners = {owner for suspect in some for owner in suspect.owners}
        items = bench.destination.read(list(owners))
        made_by = {doc[0]: item for item in items.values() if (doc := made(item)) is not None}
        differing |= {suspect.key[0]: made_by.get(suspect.key[0]) for suspect in some}
        if len(differing) >= most:
            break
    return sums[0].count, differing
