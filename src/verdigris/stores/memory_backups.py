"""Backups in memory, for tests."""

from __future__ import annotations

from collections.abc import Callable

from verdigris.errors import Conflict, NotFound
from verdigris.stores.base import TableAdmin


class MemoryBackups:
    """The port `Backups` over the tables of `admin`. A backup is whole at its `looks`th look."""

    def __init__(self, admin: TableAdmin, looks: int = 1, busy: Callable[[], bool] = lambda: False) -> None:
        self._admin = admin
        self._looks = looks
        self._busy = busy
        #: id → (table, how often it was looked at)
        self.made: dict[str, tuple[str, int]] = {}

    def make(self, table: str, name: str) -> str:
        backup = f"{table}/{name}"
        if backup in self.made:
            return backup
        if self._admin.describe(table) is None:
            raise NotFound(f"no table {table}", where=table)
        if self._busy():
            raise Conflict("another backup is being made", where=table)
        self.made[backup] = (table, 0)
        return backup

    def available(self, backup: str) -> bool:
        try:
            table, looks = self.made[backup]
        except KeyError:
            raise NotFound("no such backup", where=backup) from None
        self.made[backup] = (table, looks + 1)
        return looks + 1 >= self._looks
