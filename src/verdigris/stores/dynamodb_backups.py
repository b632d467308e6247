"""DynamoDB's on-demand backups. Plain boto3."""

from __future__ import annotations

from typing import Any

from verdigris.stores.aws_errors import aws_errors

_KEPT = frozenset({"CREATING", "AVAILABLE"})


class DynamoBackups:
    """The port `Backups`. `client` is boto3's for `dynamodb`.

    Names of backups are not unique, so that one of ours is looked for first: an earlier answer may have been lost.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def make(self, table: str, name: str) -> str:
        found = self._find(table, name)
        if found is None:
            with aws_errors(table):
                found = self._client.create_backup(TableName=table, BackupName=name)["BackupDetails"]["BackupArn"]
        return str(found)

    def available(self, backup: str) -> bool:
        with aws_errors(backup):
            details = self._client.describe_backup(BackupArn=backup)["BackupDescription"]["BackupDetails"]
        return bool(details["BackupStatus"] == "AVAILABLE")

    def _find(self, table: str, name: str) -> str | None:
        with aws_errors(table):
            pages = self._client.get_paginator("list_backups").paginate(TableName=table, BackupType="USER")
            for page in pages:
                for one in page["BackupSummaries"]:
                    if one["BackupName"] == name and one["BackupStatus"] in _KEPT:
                        return str(one["BackupArn"])
        return None
