"""The port of what is searched. As in `base.py`, `tests/contract/` holds its suite, which every adapter passes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Document:
    """One document. `body` is JSON as it is to be stored; `None` says that the id must not be in the index.

    `version` orders writers of one id: the index keeps the highest (external versioning, equal ones overwrite).
    """

    id: str
    body: Mapping[str, Any] | None
    version: int


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What became of a bulk. `superseded` lost against a higher version and are fine; `refused` are (id, reason)."""

    written: int
    superseded: int
    refused: tuple[tuple[str, str], ...]


class SearchIndex(Protocol):
    """The indexes of one cluster. All calls are safe to repeat."""

    def create(self, index: str, mappings: Mapping[str, Any]) -> None:
        """Creates an index from a body of `mappings` and `settings`. Raises AlreadyThere, Invalid."""
        ...

    def exists(self, index: str) -> bool: ...

    def named(self, prefix: str) -> Sequence[str]:
        """Every index whose name is `prefix`, or begins with it and a `-`; in order."""
        ...

    def begin_load(self, index: str) -> None:
        """Until `end_load` nothing becomes visible by itself, and no replica is kept. Raises NotFound."""
        ...

    def end_load(self, index: str, mappings: Mapping[str, Any]) -> None:
        """Both are as the body that made the index says again, or as the cluster does. Raises NotFound."""

    def delete(self, index: str) -> None:
        """Deletes the index if it is there. An alias of that name raises Invalid: it is never followed."""
        ...

    def bulk(self, index: str, documents: Iterable[Document]) -> BulkResult:
        """Writes and deletes, split by count and bytes; never creates the index by accident. Raises NotFound."""
        ...

    def refresh(self, index: str) -> None:
        """Makes everything written before visible to `documents` and `count`."""
        ...

    def count(self, index: str) -> int: ...

    def documents(self, index: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Every (id, body) of the index as of now, in pages, one consistent view. Raises NotFound."""
        ...

    def read(self, index: str, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """The bodies stored under `ids` now (real time, not as of the last refresh); absent ones are left out."""
        ...

    def alias(self, name: str) -> str | None:
        """The index that alias `name` points to; None if there is no such alias. Raises Invalid if it is an index."""
        ...

    def point_alias(self, name: str, expected: str | None, index: str) -> None:
        """Moves the alias in one atomic step. Raises Conflict if it does not point to `expected` (or `index`) now."""
        ...


@dataclass(frozen=True, slots=True)
class Domain:
    """A search domain as its service describes it. `endpoint` is a URL, None until there is one.

    `owner`: who made it, as `create` was told; None if that was not Verdigris.
    """

    endpoint: str | None
    created: bool
    processing: bool
    deleted: bool
    owner: str | None

    @property
    def serves(self) -> bool:
        """Whether its indexes can be asked: also while the service changes something about it."""
        return self.endpoint is not None and not self.deleted

    @property
    def ready(self) -> bool:
        """Whether it is made, and nothing is being changed about it."""
        return self.created and not self.processing and self.serves


class SearchDomains(Protocol):
    """Clusters that are made for one data version. All calls are safe to repeat."""

    def describe(self, name: str) -> Domain | None:
        """The domain; None if there is none, or not any more."""
        ...

    def check(self, name: str, body: Mapping[str, Any]) -> None:
        """Raises Invalid if `create` would refuse this body, as far as that is known without asking."""
        ...

    def create(self, name: str, body: Mapping[str, Any], owner: str) -> None:
        """Begins to make a domain from the body of a CreateDomain request, less its name; `owner` is kept as a tag.

        Returns at once: it is made when `describe` says `ready`. Raises AlreadyThere, Invalid.
        """
        ...

    def delete(self, name: str) -> None:
        """Begins to remove the domain if it is there. It is gone when `describe` finds none."""
        ...
