"""Both versions store every entity without loss, and the migrations lead from one shape to the other."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import msgspec
import pytest
from boto3.dynamodb.types import TypeDeserializer
from court.contents import changes
from court.entities import CASES, ENTRIES, KINDS, NOTES, USERS, Entity, Ref
from court.generator import KEY, initial, wire
from court.layout import Item, Shape
from court.verdict import canonical_item
from v1 import shape as version_1
from v1.search.documents import case as document_1
from v2 import shape as version_2
from v2.search.documents import case as document_2

from verdigris.core.transform import Migration, Transform

COURT = Path(__file__).parents[3] / "examples" / "court"
ENTITIES = list(initial(400, seed=7))
_from_wire = TypeDeserializer().deserialize


def stored(item: Item) -> Item:
    """The item as it comes back from a table."""
    return {name: _from_wire(value) for name, value in wire(item).items()}


def migrations() -> list[Migration]:
    return [migration(path) for path in sorted((COURT / "v2" / "migrations").glob("[0-9]*.py"))]


def migration(path: Path) -> Migration:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    parts: dict[str, Any] = {name: getattr(module, name, None) for name in ("selects", "verify", "source")}
    return Migration(path.name, module.up, **parts)


def migrated(ref: Ref, entity: Entity) -> list[dict[str, Any]]:
    [part] = version_1.parts(ref, entity)
    outputs = Transform(migrations(), KEY).apply(msgspec.json.encode(wire(part.item)))
    return [json.loads(output.raw) for output in outputs]


@pytest.mark.parametrize("shape", [version_1, version_2], ids=["v1", "v2"])
def test_what_is_stored_comes_back(shape: Shape) -> None:
    for ref, entity in ENTITIES:
        if ref.kind not in shape.GONE:
            items = [stored(part.item) for part in shape.parts(ref, entity)]
            assert shape.entity(ref, items) == entity


@pytest.mark.parametrize("shape", [version_1, version_2], ids=["v1", "v2"])
def test_some_fields_become_the_same_attributes_as_in_the_whole(shape: Shape) -> None:
    rng = Random(5)
    for ref, entity in ENTITIES:
        fields = changes(rng, ref, ["somebody"]) | {"rev": 2}
        patched = [
            {**whole.item, **part.attributes}
            for whole, part in zip(shape.parts(ref, entity), shape.parts(ref, fields), strict=True)
        ]
        assert patched == [part.item for part in shape.parts(ref, entity | fields)]


def test_the_sample_has_every_kind() -> None:
    assert {ref.kind for ref, _ in ENTITIES} == set(KINDS)


def test_the_migrations_make_what_version_2_writes() -> None:
    for ref, entity in ENTITIES:
        expected = [canonical_item(wire(part.item)) for part in version_2.parts(ref, entity)]
        assert [canonical_item(item) for item in migrated(ref, entity)] == expected


def test_each_migration_has_work_and_only_its_own() -> None:
    counts = {kind: {len(migrated(ref, entity)) for ref, entity in ENTITIES if ref.kind == kind} for kind in KINDS}
    assert counts == {kind: {0} if kind == NOTES else {2} if kind == USERS else {1} for kind in KINDS}


def test_a_contact_names_the_user_it_comes_from() -> None:
    transform = Transform(migrations(), KEY)
    for ref, entity in ENTITIES:
        for item in migrated(ref, entity):
            owners = transform.owners(KEY.of(item), msgspec.json.encode(item))
            [own] = version_1.parts(ref, entity)
            assert (own.key["pk"], own.key["sk"]) == owners[-1]


@pytest.mark.parametrize(
    ("version", "shape", "document"), [("v1", version_1, document_1), ("v2", version_2, document_2)], ids=["v1", "v2"]
)
def test_documents_are_of_cases_and_fit_their_strict_mappings(version: str, shape: Shape, document: Any) -> None:
    mappings = json.loads((COURT / version / "search" / "case.json").read_text())["mappings"]
    assert mappings["dynamic"] == "strict"
    for ref, entity in ENTITIES:
        for part in shape.parts(ref, entity):
            found = document(stored(part.item))
            assert (found is not None) == (ref.kind == CASES)
            if found is not None:
                assert found == document(part.item), "the same whether read from the table or not"
                assert found[0] == ref.id
                assert found[1].keys() == mappings["properties"].keys()
                json.dumps(found[1])


def test_a_case_on_the_wire_has_a_realistic_size() -> None:
    sizes = [
        len(msgspec.json.encode(wire(version_1.parts(ref, entity)[0].item)))
        for ref, entity in ENTITIES
        if ref.kind == CASES
    ]
    assert 600 < min(sizes) <= max(sizes) < 1250


def test_a_seed_gives_the_same_entities_again() -> None:
    assert list(initial(400, seed=7)) == ENTITIES
    assert list(initial(400, seed=8)) != ENTITIES
    assert len(ENTITIES) == len(dict(ENTITIES)) == 400


def test_what_belongs_to_a_case_comes_after_it() -> None:
    cases: set[str] = set()
    for ref, _ in ENTITIES:
        if ref.kind == CASES:
            cases.add(ref.id)
        assert ref.kind == USERS or ref.owner in cases


def test_a_reference_is_its_path() -> None:
    ref = Ref(ENTRIES, "101-26.e4")
    assert ref.path == "/docket-entries/101-26.e4"
    assert Ref.parse(ref.path) == ref
    assert ref.owner == "101-26"
