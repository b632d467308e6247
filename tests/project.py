"""A project's folder, and the command line run in it as a process, as people and CI run it."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import botocore.session

from verdigris.core.model import KeySchema
from verdigris.core.records import Record
from verdigris.journal.dynamodb import DynamoRows
from verdigris.journal.journal import Journal
from verdigris.local.dynamodb import ACCESS_KEY, SECRET_KEY
from verdigris.stores.aws import Aws
from verdigris.stores.dynamodb_table import DynamoTable

SHAPE = {
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "BillingMode": "PAY_PER_REQUEST",
}
_VERDIGRIS = (sys.executable, "-m", "verdigris.cli.main")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        """The last line that people see."""
        return self.err.rstrip().rpartition("\n")[2]


class Project:
    """`name` is the application's; its tables are `<name>-dev-alpha`, `-beta`, `-deploy`."""

    def __init__(self, folder: Path, dynamodb_url: str, *, environment: str = "", sections: str = "") -> None:
        self.folder = folder
        self.name = f"{folder.name.replace('_', '-').lower()[:20]}-{os.getpid()}-{next(_numbers)}"
        self.dynamodb_url = dynamodb_url
        (folder / "migrations").mkdir(parents=True, exist_ok=True)
        self.write("table.json", json.dumps(SHAPE))
        self.write("verdigris.toml", self._toml(environment, sections))

    def _toml(self, environment: str, sections: str) -> str:
        endpoints = (
            ""
            if "local = true" in environment or "endpoints" in environment
            else f'endpoints = {{ dynamodb = "{self.dynamodb_url}" }}'
        )
        # What a dead process sent to an engine of this machine lands at once, or never.
        late = "" if "late_write_seconds" in environment else "late_write_seconds = 1"
        return (
            f'[app]\nname = "{self.name}"\n'
            '[table]\nname = "{app}-{env}-{version}"\nshape = "table.json"\n'
            f'{sections}\n[environments.dev]\nregions = ["us-east-1"]\n{endpoints}\n{late}\n{environment}\n'
        )

    def write(self, path: str, text: str) -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def replace(self, path: str, old: str, new: str) -> None:
        file = self.folder / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    @property
    def variables(self) -> dict[str, str]:
        """What its commands find in their environment."""
        return {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "VERDIGRIS_STATE": str(self.folder / "state"),
        }

    # ── the command line ─────────────────────────────────────────────────────────────────────────────────────────

    def start(self, *arguments: str, env: Mapping[str, str | None] | None = None) -> subprocess.Popen[str]:
        """Starts `verdigris <arguments>`; a variable given as None is taken out of its environment."""
        whole = {**os.environ, **self.variables, **(env or {})}
        return subprocess.Popen(
            [*_VERDIGRIS, *arguments],
            cwd=self.folder,
            env={name: value for name, value in whole.items() if value is not None},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, env: Mapping[str, str | None] | None = None, timeout_s: float = 120) -> Done:
        return finish(self.start(*arguments, env=env), timeout_s)

    def ok(self, *arguments: str) -> Done:
        """Runs a command that must succeed."""
        done = self.run(*arguments)
        assert done.code == 0, done.err
        return done

    # ── what it works on ─────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def aws(self) -> Aws:
        session = botocore.session.get_session()
        session.set_credentials(ACCESS_KEY, SECRET_KEY)
        return Aws("us-east-1", endpoint_url=self.dynamodb_url, session=session)

    def table(self, version: str) -> str:
        return f"{self.name}-dev-{version}"

    def journal(self) -> Journal:
        """To look at."""
        return Journal(DynamoRows(self.aws, self.table("deploy")), str)

    def records(self) -> list[Record]:
        journal = self.journal()
        return journal.records(journal.deployments() or None)

    def raw(self, version: str) -> DynamoTable:
        """The quick way to a table."""
        return DynamoTable(self.aws.json("dynamodb"), self.table(version), KeySchema((("pk", "S"), ("sk", "S"))))

    def items(self, version: str) -> dict[tuple[str, str], dict[str, Any]]:
        """Every item, in boto3's form (DynamoDB JSON), strongly consistent."""
        pages = (
            self.aws.client("dynamodb")
            .get_paginator("scan")
            .paginate(TableName=self.table(version), ConsistentRead=True)
        )
        return {(item["pk"]["S"], item["sk"]["S"]): item for page in pages for item in page["Items"]}


def finish(process: subprocess.Popen[str], timeout_s: float = 120) -> Done:
    """Waits for a command; one that does not end in time is killed and fails the test."""
    try:
        out, err = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"it did not end in {timeout_s:g} s:\n{out}\n{err}") from None
    return Done(process.returncode, out, err)
