"""Outputs that move away from their source's own key: by `source`, by a claim, by what a view shows."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.test_transform import SCHEMA, item, refusal, results, transform

from verdigris.core.items import decode, encode
from verdigris.core.model import Key
from verdigris.core.transform import Migration, Transform
from verdigris.errors import MigrationError


def moved(it: Any) -> Any:
    return it | {"pk": "new|" + it["pk"]}


def back(it: Any) -> Any:
    return {"pk": it["pk"].removeprefix("new|"), "sk": it["sk"]} if it["pk"].startswith("new|") else None


def test_a_moved_output_names_its_source() -> None:
    made = transform(Migration("0001_m.py", moved, source=back), lambda it: it | {"x": "y"})
    assert results(made, item()) == [item("new|a", x="y")]
    assert made.owners(("new|a", "1"), encode(item("new|a"))) == (("new|a", "1"), ("a", "1"))
    assert made.owners(("b", "1"), encode(item("b"))) == (("b", "1"),)
    assert made.owners(("new|a", "1"), None) == (("new|a", "1"),)


def test_a_move_without_source_is_claimed_by_the_source_item() -> None:
    made = transform(moved)
    assert made.claims
    assert [(output.key, output.claimant) for output in made.apply(encode(item()))] == [(("new|a", "1"), ("a", "1"))]
    alone = transform(Migration("0001_m.py", moved, source=back))
    assert not alone.claims
    assert [output.claimant for output in alone.apply(encode(item()))] == [None]


def test_a_move_with_a_wrong_source_is_refused() -> None:
    for source, reason in (
        (lambda it: item("b"), "source of that item returned pk=b, sk=1"),
        (lambda it: None, "source of that item returned None"),
        (lambda it: "a", "source returned a str; it returns a key as dict, or None"),
        (lambda it: {"pk": "a"}, "source returned no key: the key attribute `sk` is missing"),
        (lambda it: it["nope"], "source failed: KeyError: 'nope' (line "),
    ):
        assert reason in refusal(transform(Migration("0001_m.py", moved, source=source)), item()).what


def test_source_is_asked_about_the_item_as_it_is_stored_in_the_end() -> None:
    hidden = Migration("0001_m.py", lambda it: moved(it) | {"from": it["pk"]}, source=lambda it: item(it["from"]))
    forgets = Migration("0002_m.py", lambda it: {name: it[name] for name in ("pk", "sk")})
    assert "0001_m.py: source failed: KeyError: 'from'" in refusal(transform(hidden, forgets), item()).what


def test_what_two_migrations_move_is_claimed_whatever_their_sources_say() -> None:
    twice = transform(Migration("0001_m.py", moved, source=back), Migration("0002_m.py", moved, source=back))
    assert twice.claims
    assert [(output.key[0], output.claimant) for output in twice.apply(encode(item()))] == [("new|new|a", ("a", "1"))]


def test_a_migration_that_reads_gets_the_view_of_its_item_and_claims_what_it_moves() -> None:
    class Other:
        def get(self, key: Any) -> Any:
            return {"name": f"found {key['pk']}"}

    asked: list[Key] = []

    def views(reader: Key) -> Other:
        asked.append(reader)
        return Other()

    def up(it: Any, view: Any) -> Any:
        return [it | {"name": view.get(item("b"))["name"]}, moved(it)]

    migration = Migration("0001_m.py", up, source=back, reads=True)
    made = Transform([migration], SCHEMA, views=views)
    outputs = made.apply(encode(item()))
    assert decode(outputs[0].raw)["name"] == "found b"
    assert asked == [("a", "1")]
    assert [output.claimant for output in outputs] == [None, ("a", "1")], "it may move elsewhere when b changes"
    with pytest.raises(MigrationError, match="no view"):
        Transform([migration], SCHEMA)


def test_images_concern_their_own_keys_and_those_of_their_outputs() -> None:
    def up(it: Any) -> Any:
        return [it, moved(it)] if it["n"] == 1 else None

    made = transform(Migration("0001_m.py", up, source=back))

    def image(**rest: Any) -> Any:
        return made.image(encode(item(**rest)))

    assert image(n=1).keys == (("a", "1"), ("new|a", "1"))
    assert image(n=1).outputs == made.apply(encode(item(n=1)))
    assert image(n=2) == ((("a", "1"),), ())
    assert image() == ((("a", "1"),), ())  # it has no `n`: refused
