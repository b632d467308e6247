"""Tags and on-demand backups, which DynamoDB Local does not know. A backup's contents are of no interest here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

from verdigris.testing.faults import answers
from verdigris.testing.faults.answers import Refused


class Tags:
    """Of tables, by ARN; each region's copy has its own (L-230)."""

    def __init__(self) -> None:
        self._tags: dict[str, dict[str, str]] = {}

    def add(self, arn: str, tags: list[dict[str, str]]) -> None:
        self._tags.setdefault(arn, {}).update({tag["Key"]: tag["Value"] for tag in tags})

    def remove(self, arn: str, keys: list[str]) -> None:
        for key in keys:
            self._tags.get(arn, {}).pop(key, None)

    def forget(self, arn: str) -> None:
        self._tags.pop(arn, None)

    def of(self, arn: str) -> list[dict[str, str]]:
        return [{"Key": key, "Value": value} for key, value in self._tags.get(arn, {}).items()]


@dataclass(frozen=True)
class _Backup:
    arn: str
    name: str
    table: str
    region: str
    made_s: float


class Backups:
    """CreateBackup and what goes with it (API CreateBackup, DescribeBackup, ListBackups, DeleteBackup).

    Names are not unique, and a backup outlives its table (DDG BackupRestore, "How backups work"). It is CREATING for
    `takes_s` seconds. A table that is not ACTIVE takes none (API CreateBackup: TableInUseException), nor does one that
    became so less than `young_s` seconds ago (ContinuousBackupsUnavailableException; measured: DDB-BACKUP-011).
    """

    def __init__(self, takes_s: float, young_s: float, now: Callable[[], float]) -> None:
        self._takes_s = takes_s
        self._young_s = young_s
        self._now = now
        self._born_s: dict[tuple[str, str], float] = {}
        self._backups: dict[str, _Backup] = {}
        self._made = 0

    def born(self, region: str, table: str) -> None:
        """A table was made."""
        self._born_s[region, table] = self._now()

    def make(self, region: str, table: str, name: str, *, status: str) -> dict[str, Any]:
        """`status` is the table's own."""
        if status != "ACTIVE":
            raise Refused(answers.error("TableInUseException", f"Table is being created or deleted: {table}"))
        if self._now() - self._born_s.get((region, table), -inf) < self._young_s:
            raise Refused(
                answers.error("ContinuousBackupsUnavailableException", f"Backups are being enabled for table: {table}")
            )
        self._made += 1
        arn = f"arn:aws:dynamodb:{region}:000000000000:table/{table}/backup/{self._made:020d}"
        self._backups[arn] = _Backup(arn, name, table, region, self._now())
        return {"BackupDetails": self._details(self._backups[arn])}

    def describe(self, arn: str) -> dict[str, Any]:
        return {"BackupDescription": {"BackupDetails": self._details(self._known(arn))}}

    def listed(self, region: str, table: str | None) -> dict[str, Any]:
        found = [one for one in self._backups.values() if one.region == region and table in (None, one.table)]
        return {"BackupSummaries": [{"TableName": one.table, **self._details(one)} for one in found]}

    def delete(self, arn: str) -> dict[str, Any]:
        backup = self._known(arn)
        del self._backups[arn]
        return {"BackupDescription": {"BackupDetails": {**self._details(backup), "BackupStatus": "DELETED"}}}

    def _known(self, arn: str) -> _Backup:
        if arn not in self._backups:
            raise Refused(answers.error("BackupNotFoundException", f"Backup not found: {arn}"))
        return self._backups[arn]

    def _details(self, backup: _Backup) -> dict[str, Any]:
        whole = self._now() - backup.made_s >= self._takes_s
        return {
            "BackupArn": backup.arn,
            "BackupName": backup.name,
            "BackupStatus": "AVAILABLE" if whole else "CREATING",
            "BackupType": "USER",
            "BackupCreationDateTime": backup.made_s,
        }
