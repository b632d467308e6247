"""The one operation by which replay, tail and repair write: settle (the decisions are in `core.settling`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from verdigris.core.model import Key, RawItem
from verdigris.core.settling import Owners, Settled, owners, settle, unread
from verdigris.core.transform import Transform
from verdigris.errors import Collision
from verdigris.phases.claims import Claims
from verdigris.phases.documents import Documents
from verdigris.stores.base import Links, Table

#: Looks at a key with two producers before it is a collision.
_LOOKS = 5


@dataclass
class SettledCount:
    """How many destination keys were settled, and what was sent for them."""

    keys: int = 0
    puts: int = 0
    deletes: int = 0


class Settler:
    """Settles keys of one destination. Used by one thread at a time: one settle of a key at a time.

    `documents`, once given, keeps the search indexes in step as well.
    """

    def __init__(self, source: Table, destination: Table, transform: Transform, links: Links) -> None:
        self._source = source
        self._destination = destination
        self._transform = transform
        self.claims = Claims(links, transform)
        self.documents: Documents | None = None
        self.count = SettledCount()

    def hints(self, hints: Mapping[Key, Set[Key]], seen: Sequence[RawItem] = ()) -> Settled:
        """Settles every destination key that these changes of source keys concern. Raises Collision.

        `seen` are the outputs of the changes' images: a run that died may have made documents of any of them.
        """
        self.claims.of_images(hints)
        concerned = {reader: set[Key]() for reader in self.claims.readers(hints)}
        concerned |= {source: set(keys) for source, keys in hints.items()}
        for source, keys in self.claims.outputs(concerned).items():
            concerned[source] |= keys
        produced = self._produced(concerned)
        wanted = owners(concerned, produced)
        for key, claimants in self.claims.owners(wanted).items():
            wanted[key] |= claimants
        if self._transform.names_sources:
            for key, item in self._destination.read(list(wanted)).items():
                wanted[key].update(self._transform.owners(key, item))
        return self.keys(wanted, produced, seen)

    def keys(
        self, wanted: Owners, produced: dict[Key, dict[Key, RawItem]] | None = None, seen: Sequence[RawItem] = ()
    ) -> Settled:
        """Settles the wanted destination keys by their owners: reads, decides, writes. Raises Collision."""
        settled = self.expected(wanted, produced)
        for _ in range(_LOOKS):
            if not settled.collisions:
                break
            settled = self.expected(wanted)  # two items read one after the other may have passed the key on between
        else:
            raise _collision(settled)
        if self.documents:
            self.documents.settle(self._destination, settled, seen)
        self._destination.write(list(settled.puts.values()), settled.deletes)
        self.count.keys += len(wanted)
        self.count.puts += len(settled.puts)
        self.count.deletes += len(settled.deletes)
        return settled

    def expected(self, wanted: Owners, produced: dict[Key, dict[Key, RawItem]] | None = None) -> Settled:
        """What the wanted keys must hold now; writes nothing."""
        produced = dict(produced or {})
        missing = unread(wanted, produced)
        if missing:
            produced |= self._produced(missing)
        return settle(wanted, produced)

    def _produced(self, keys: Iterable[Key]) -> dict[Key, dict[Key, RawItem]]:
        """What these source keys produce now, strongly consistent; its claims are durable when this returns."""
        wanted = list(keys)
        found = self._source.read(wanted)
        outputs = {key: self._transform.apply(found[key]) if key in found else () for key in wanted}
        self.claims.of_outputs(output for some in outputs.values() for output in some)
        return {key: {output.key: output.raw for output in some} for key, some in outputs.items()}


def _collision(settled: Settled) -> Collision:
    destination, producers = next(iter(settled.collisions.items()))
    names = " and ".join("/".join(key) for key in producers)
    return Collision(
        f"{len(settled.collisions)} destination keys are produced by two source items each; "
        f"the first is {'/'.join(destination)}, produced by {names}",
        state="nothing was written at these keys; the source serves on, untouched",
        next_command="make the migration give them different keys, then: verdigris abort ENV",
    )
