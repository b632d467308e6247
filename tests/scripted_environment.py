"""An environment as scripts left it: a deploy table with flags of every kind, and tables; on DynamoDB Local."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.project import SHAPE, Project

from verdigris.config.load import load
from verdigris.config.model import Config
from verdigris.local.dynamodb import ACCESS_KEY, SECRET_KEY

#: What lives in such tables besides the flags, in every type that there is.
OTHERS: list[dict[str, Any]] = [
    {"pk": {"S": "order-search-enabled"}, "sk": {"S": "order-search-enabled"}, "current": {"BOOL": True}},
    {"pk": {"S": "allowed-terminal-ips"}, "sk": {"S": "127.0.0.1"}, "current": {"L": [{"S": "a"}, {"N": "1.5"}]}},
    {"pk": {"S": "chief-judge-name"}, "sk": {"S": "chief-judge-name"}, "current": {"NULL": True}},
    {"pk": {"S": "limits"}, "sk": {"S": "limits"}, "current": {"M": {"x": {"NS": ["1", "2"]}}}, "ttl": {"N": "1e3"}},
    {"pk": {"S": "no-current"}, "sk": {"S": "no-current"}, "blob": {"B": b"\x00"}},
]


class ScriptedEnvironment:
    """`flags`: name → value in DynamoDB's JSON; `tables`: the versions (or "" for none) that have a table."""

    def __init__(
        self, folder: Path, url: str, monkeypatch: pytest.MonkeyPatch, *, regions: tuple[str, ...] = ("us-east-1",)
    ) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        self.project = Project(folder / "scripts", url)
        self.project.replace(
            "verdigris.toml",
            '[table]\nname = "{app}-{env}-{version}"',
            '[deploy_table]\nname = "{app}-deploy-{env}"\n[table]\nname = "{app}-{env}-{version}"',
        )
        self.project.replace(
            "verdigris.toml", 'regions = ["us-east-1"]', f"regions = [{', '.join(f'{one!r}' for one in regions)}]"
        )

    @property
    def config(self) -> Config:
        return load(None, self.project.folder)

    @property
    def deploy_table(self) -> str:
        return f"{self.project.name}-deploy-dev"

    def client(self, region: str = "us-east-1") -> Any:
        return self.project.aws.client("dynamodb", region)

    def make_deploy_table(self, *others: dict[str, Any], **flags: dict[str, Any]) -> None:
        """Flags by their names with `_` for `-`."""
        self.client().create_table(TableName=self.deploy_table, **SHAPE)
        for name, value in flags.items():
            self.flag(name.replace("_", "-"), value)
        for item in others:
            self.client().put_item(TableName=self.deploy_table, Item=item)

    def flag(self, name: str, value: dict[str, Any]) -> None:
        item = {"pk": {"S": name}, "sk": {"S": name}, "current": value}
        self.client().put_item(TableName=self.deploy_table, Item=item)

    def make_table(self, version: str, region: str = "us-east-1", items: int = 0) -> str:
        name = f"{self.project.name}-dev-{version}".rstrip("-")
        self.client(region).create_table(TableName=name, **SHAPE)
        for number in range(items):
            key = {"S": f"case|{number}"}
            self.client(region).put_item(TableName=name, Item={"pk": key, "sk": key})
        return name

    def tables(self, region: str = "us-east-1") -> set[str]:
        found = self.client(region).list_tables()["TableNames"]
        return {name for name in found if name.startswith(self.project.name)}

    def rows(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The deploy table, without what Verdigris keeps for itself."""
        items = self.client().scan(TableName=self.deploy_table, ConsistentRead=True)["Items"]
        keyed = {(item["pk"]["S"], item["sk"]["S"]): item for item in items}
        return {key: item for key, item in keyed.items() if not key[0].startswith("verdigris|")}
