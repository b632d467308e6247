"""Claims: which source keys may produce a destination key, kept durably before the write that makes it matter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from verdigris.core.model import Key
from verdigris.core.transform import Output, Transform
from verdigris.stores.base import LinkKind, Links


class Claims:
    """The claims of one deployment. Where no migration can need one, nothing is kept and nothing is looked up."""

    def __init__(self, links: Links, transform: Transform) -> None:
        self._links = links
        self._needed = transform.claims
        self._reads = transform.reads
        self._own = transform.own

    def of_outputs(self, outputs: Iterable[Output]) -> None:
        """Keeps the claims of outputs that are about to be written."""
        self._keep((output.claimant, output.key) for output in outputs if output.claimant is not None)

    def of_images(self, hints: Mapping[Key, Set[Key]]) -> None:
        """Keeps what the images of a page of changes say: source key → destination keys, intermediate ones too."""
        if self._needed:
            self._keep((source, key) for source, keys in hints.items() for key in keys if key not in self._own(source))

    def owners(self, keys: Iterable[Key]) -> dict[Key, set[Key]]:
        """Destination key → the source keys that were ever seen to produce it."""
        return self._links.of(LinkKind.OWNER, keys) if self._needed else {}

    def outputs(self, sources: Iterable[Key]) -> dict[Key, set[Key]]:
        """Source key → the destination keys that it was ever seen to produce."""
        return self._links.of(LinkKind.OUTPUT, sources) if self._needed else {}

    def readers(self, keys: Iterable[Key]) -> set[Key]:
        """The source keys of all items whose migration read one of `keys`."""
        if not self._reads:
            return set()
        return {reader for readers in self._links.of(LinkKind.READER, keys).values() for reader in readers}

    def _keep(self, pairs: Iterable[tuple[Key, Key]]) -> None:
        links = [
            link for source, key in pairs for link in ((LinkKind.OWNER, key, source), (LinkKind.OUTPUT, source, key))
        ]
        if links:
            self._links.add(links)
