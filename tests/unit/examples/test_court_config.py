"""Both project folders are what Verdigris reads, and name the same places."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from verdigris.config.load import load
from verdigris.config.model import Config
from verdigris.core.model import DataVersion

COURT = Path(__file__).parents[3] / "examples" / "court"


@pytest.fixture(params=["v1", "v2"])
def config(request: pytest.FixtureRequest) -> Config:
    return load(COURT / request.param / "verdigris.toml", COURT)


def test_the_places_are_the_same_in_both_versions(config: Config) -> None:
    place = config.environment("demo")
    assert place.table(DataVersion.ALPHA) == "court-demo-alpha"
    assert place.deploy_table == "court-demo-deploy"
    [index] = place.indexes()
    assert index.config.label == "case"


def test_the_table_has_its_keys_and_two_indexes(config: Config) -> None:
    shape = config.table_shape()
    assert shape is not None
    assert [key["AttributeName"] for key in shape["KeySchema"]] == ["pk", "sk"]
    assert [index["IndexName"] for index in shape["GlobalSecondaryIndexes"]] == ["gsi1", "gsi2"]


def test_the_document_function_needs_nothing_but_its_own_file(config: Config) -> None:
    [index] = config.index
    module, _, function = index.document.partition(":")
    file = config.root.joinpath(*module.split(".")).with_suffix(".py")
    spec = importlib.util.spec_from_file_location("documents_alone", file)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    assert getattr(loaded, function)({"entityName": "User"}) is None


def test_only_version_2_has_migrations() -> None:
    found = {v: [path.name for path in sorted((COURT / v / "migrations").glob("*.py"))] for v in ("v1", "v2")}
    assert found == {
        "v1": [],
        "v2": ["0001_fee_in_cents.py", "0002_drop_draft_notes.py", "0003_split_user_contact.py"],
    }
