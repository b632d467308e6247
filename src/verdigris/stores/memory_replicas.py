"""Replicas in memory, which are in step at once."""

from __future__ import annotations

from collections.abc import Sequence

from verdigris.errors import NotFound
from verdigris.stores.base import Replica, Table
from verdigris.stores.memory import MemoryTables


class MemoryReplicas:
    """The port `Replicas`. They go with their tables."""

    def __init__(self, tables: MemoryTables) -> None:
        self._tables = tables
        #: the table itself, not its name: one that is made again has none
        self._of: dict[object, dict[str, str]] = {}

    def states(self, name: str) -> Sequence[Replica]:
        found = self._of.get(self._tables.contents(name), {})
        return tuple(Replica(region, status) for region, status in found.items())

    def add(self, name: str, region: str) -> None:
        self._of.setdefault(self._tables.contents(name), {})[region] = "ACTIVE"

    def lose(self, name: str, region: str) -> None:
        """Somebody removes it."""
        del self._of[self._tables.contents(name)][region]

    def table(self, name: str, region: str) -> Table:
        if all(replica.region != region for replica in self.states(name)):
            raise NotFound(f"no table {name} in {region}", where=name)
        return self._tables.table(name)
