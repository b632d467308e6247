"""The verdict finds every kind of difference, in the table and in the index, and nothing where there is none."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from court.entities import CASES, NOTES, USERS, Entity, Ref
from court.generator import initial, wire
from court.ledger import Ledger, Unsettled
from court.verdict import BEACON, Verdict, expectation, judge
from v2 import shape
from v2.search.documents import case as document

Items = dict[tuple[str, str], dict[str, Any]]
Documents = dict[str, dict[str, Any]]
INITIAL = dict(initial(200, seed=3))
CASE = next(ref for ref in INITIAL if ref.kind == CASES)
USER = next(ref for ref in INITIAL if ref.kind == USERS)
NOTE = next(ref for ref in INITIAL if ref.kind == NOTES)
CLEAN = {"lost": 0, "resurrected": 0, "stale": 0, "extra": 0}


class World:
    """A table and an index that hold exactly what the given entities say, and the ledger that led there."""

    def __init__(self, path: Path, writes: Mapping[Ref, Entity | None]) -> None:
        self.ledger = path / "ledger"
        entities: dict[Ref, Entity | None] = {**INITIAL, **writes}
        living = {ref: entity for ref, entity in entities.items() if entity is not None}
        parts = [part for ref, entity in living.items() for part in shape.parts(ref, entity)]
        self.items: Items = {(part.key["pk"], part.key["sk"]): wire(part.item) for part in parts}
        self.documents: Documents = dict(made for part in parts if (made := document(part.item)))
        book = Ledger(self.ledger, clock=lambda: 1.0, wall=lambda: 2.0)
        for number, (ref, entity) in enumerate(writes.items()):
            book.intent(str(number), "put", [ref])
            book.ack(str(number), "put", {ref: entity}, "blue")
        book.close()

    def verdict(self) -> Verdict:
        expected = expectation(INITIAL.items(), self.ledger)
        return judge(expected, copy.deepcopy(list(self.items.values())), self.documents.items())

    def counts(self) -> dict[str, int]:
        verdict = self.verdict()
        return {name: getattr(verdict, name) for name in CLEAN}


@pytest.fixture
def world(tmp_path: Path) -> World:
    """One case was updated, one user deleted, one case born."""
    changed = INITIAL[CASE] | {"rev": 2, "status": "Closed"}
    return World(tmp_path, {CASE: changed, USER: None, Ref(CASES, "9-27"): INITIAL[CASE]})


def item_of(ref: Ref) -> tuple[tuple[str, str], dict[str, Any]]:
    part = shape.parts(ref, INITIAL[ref])[0]
    return (part.key["pk"], part.key["sk"]), wire(part.item)


def test_nothing_is_found_where_all_is_as_it_must_be(world: World) -> None:
    verdict = world.verdict()
    assert verdict.clean
    assert str(verdict) == "lost 0, resurrected 0, stale 0, extra 0"
    assert verdict.examples == ()
    assert verdict.items == len(world.items)
    assert verdict.documents == len(world.documents)


def test_a_missing_item_is_lost(world: World) -> None:
    del world.items[item_of(CASE)[0]]
    assert world.counts() == CLEAN | {"lost": 1}
    assert not world.verdict().clean
    assert f"case|{CASE.id}" in world.verdict().examples[0]


def test_a_missing_document_is_lost(world: World) -> None:
    del world.documents[CASE.id]
    assert world.counts() == CLEAN | {"lost": 1}


def test_a_contact_is_an_item_of_its_own(world: World) -> None:
    other = next(ref for ref in INITIAL if ref.kind == USERS and ref != USER)
    del world.items[f"user|{other.id}", f"contact|{other.id}"]
    assert world.counts() == CLEAN | {"lost": 1}


def test_a_deleted_item_that_is_there_is_resurrected(world: World) -> None:
    key, item = item_of(USER)
    world.items[key] = item
    assert world.counts() == CLEAN | {"resurrected": 1}


def test_a_deleted_case_whose_document_is_there_is_resurrected(tmp_path: Path) -> None:
    world = World(tmp_path, {CASE: None})
    assert world.verdict().clean
    world.documents[CASE.id] = {"caption": "still here"}
    assert world.counts() == CLEAN | {"resurrected": 1}


def test_an_older_revision_is_stale(world: World) -> None:
    key, item = item_of(CASE)
    world.items[key] = item
    assert world.counts() == CLEAN | {"stale": 1}
    assert "caseStatus is" in world.verdict().examples[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [("feeCents", {"N": "1"}), ("feeCents", {"S": "6000"}), ("isPaper", {"N": "1"}), ("surplus", {"NULL": True})],
)
def test_other_content_at_the_same_revision_is_stale(world: World, name: str, value: dict[str, Any]) -> None:
    world.items[item_of(CASE)[0]][name] = value
    assert world.counts() == CLEAN | {"stale": 1}


def test_a_stale_document_is_found(world: World) -> None:
    world.documents[CASE.id] = world.documents[CASE.id] | {"rev": 1}
    assert world.counts() == CLEAN | {"stale": 1}


def test_what_nobody_wrote_is_extra(world: World) -> None:
    world.items["case|404", "case|404"] = {"pk": {"S": "case|404"}, "sk": {"S": "case|404"}}
    world.documents["404"] = {"caption": "a ghost"}
    assert world.counts() == CLEAN | {"extra": 2}


def test_an_item_that_the_migrations_drop_is_extra(world: World) -> None:
    world.items[f"case|{NOTE.owner}", f"draft-note|{NOTE.id}"] = {
        "pk": {"S": f"case|{NOTE.owner}"},
        "sk": {"S": f"draft-note|{NOTE.id}"},
    }
    assert world.counts() == CLEAN | {"extra": 1}


def test_beacons_are_nobodys(world: World) -> None:
    for key in (BEACON, f"{BEACON}|17"):
        world.items[key, BEACON] = {"pk": {"S": key}, "sk": {"S": BEACON}}
    assert world.verdict().clean


def test_numbers_are_compared_by_value(world: World) -> None:
    item = world.items[item_of(CASE)[0]]
    item["rev"] = {"N": "2.0"}
    assert world.verdict().clean


def test_no_more_than_twenty_examples_are_named(world: World) -> None:
    world.items.clear()
    assert len(world.verdict().examples) == 20
    assert world.verdict().lost > 20


def test_a_write_without_an_answer_leaves_nothing_to_judge_by(world: World) -> None:
    line = '{"event":"intent","at":3,"wall":4,"id":"x","op":"put","writes":["/cases/9-27"]}\n'
    world.ledger.write_text(world.ledger.read_text() + line)
    with pytest.raises(Unsettled, match="/cases/9-27"):
        world.verdict()


def test_a_refused_write_changes_no_expectation(world: World) -> None:
    lines = (
        '{"event":"intent","at":3,"wall":4,"id":"x","op":"put","writes":["/draft-notes/1-26.n1"]}\n'
        '{"event":"refused","at":3,"wall":4,"id":"x","status":410,"color":"green"}\n'
    )
    world.ledger.write_text(world.ledger.read_text() + lines)
    assert world.verdict().clean


def test_a_ledger_is_never_written_over(world: World) -> None:
    with pytest.raises(FileExistsError):
        Ledger(world.ledger)
