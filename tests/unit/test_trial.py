"""What each migration makes of one item, and what a deployment would make of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verdigris.core.items import encode
from verdigris.core.model import KeySchema
from verdigris.core.transform import Migration, Transform
from verdigris.core.trial import Outcome, Trial, Tried

SCHEMA = KeySchema((("pk", "S"), ("sk", "S")))
KEY = ("a", "b")


def tried(item: dict[str, Any], *migrations: Migration, check: Callable[[Any], Any] | None = None) -> Tried:
    return Trial(Transform(migrations, SCHEMA, check)).try_item(KEY, encode({"pk": "a", "sk": "b", **item}))


def cents(item: dict[str, Any]) -> dict[str, Any]:
    return item | {"cents": item.pop("fee") * 100}


def moved(item: dict[str, Any]) -> dict[str, Any]:
    return item | {"sk": "c"}


def split(item: dict[str, Any]) -> list[dict[str, Any]]:
    return [item, {"pk": "a", "sk": "mail", "mail": item.pop("mail")}]


def home(item: dict[str, Any]) -> dict[str, Any]:
    return {"pk": "a", "sk": "b"}


def test_each_step_shows_its_own_difference() -> None:
    second = Migration("0002_b.py", lambda item: item | {"currency": "EUR"}, {"cents": 1200})
    found = tried({"fee": 12}, Migration("0001_a.py", cents), second)
    assert (found.outcome, found.outputs) == (Outcome.CHANGED, (KEY,))
    first, then = found.steps
    (product,) = first.products
    assert (first.migration, first.outcome, product.kept) == ("0001_a.py", Outcome.CHANGED, True)
    assert (dict(product.difference.added), dict(product.difference.removed)) == (
        {"cents": {"N": "1200"}},
        {"fee": {"N": "12"}},
    )
    assert then.products[0].difference.places == ("currency",)


def test_what_no_migration_selects_has_no_steps() -> None:
    found = tried({"kind": "x"}, Migration("0001_a.py", cents, {"kind": "fee"}))
    assert (found.outcome, found.steps) == (Outcome.UNTOUCHED, ())


def test_selected_and_left_alone_is_unchanged() -> None:
    found = tried({"n": 1}, Migration("0001_a.py", lambda item: item | {"n": 1}))
    assert (found.outcome, found.steps[0].outcome) == (Outcome.UNCHANGED, Outcome.UNCHANGED)


def test_a_dropped_item() -> None:
    found = tried({}, Migration("0001_a.py", lambda item: None), Migration("0002_b.py", cents))
    assert (found.outcome, found.outputs) == (Outcome.DROPPED, ())
    assert [step.outcome for step in found.steps] == [Outcome.DROPPED]


def test_a_moved_item_is_compared_with_what_it_was() -> None:
    found = tried({"n": 1}, Migration("0001_a.py", moved, source=home))
    (product,) = found.steps[0].products
    assert (found.outcome, product.key, product.kept) == (Outcome.MOVED, ("a", "c"), True)
    assert product.difference.places == ("sk",)


def test_of_a_split_the_item_at_its_own_key_is_kept_and_the_others_are_new() -> None:
    source = lambda item: home(item) if item["sk"] == "mail" else None  # noqa: E731
    later = Migration("0002_b.py", lambda item: item | {"seen": True}, {"sk": "mail"})
    found = tried({"mail": "x@y"}, Migration("0001_a.py", split, source=source), later)
    own, new = found.steps[0].products
    assert (found.outcome, own.kept, new.kept) == (Outcome.SPLIT, True, False)
    assert own.difference.places == ("mail",)
    assert new.difference.places == ("mail", "pk", "sk")
    assert (found.steps[1].key, found.steps[1].outcome) == (("a", "mail"), Outcome.CHANGED)


def test_a_refusal_ends_the_steps_and_gives_its_reason() -> None:
    found = tried({}, Migration("0001_a.py", lambda item: item | {"x": 1}), Migration("0002_b.py", cents))
    assert found.outcome is Outcome.REFUSED
    assert found.reason.startswith("0002_b.py: up failed: KeyError: 'fee'")
    assert [(step.outcome, bool(step.reason)) for step in found.steps] == [
        (Outcome.CHANGED, False),
        (Outcome.REFUSED, True),
    ]


def test_the_check_of_the_app_refuses_in_the_end_only() -> None:
    def check(item: dict[str, Any]) -> None:
        assert item["cents"] < 0, "too dear"

    found = tried({"fee": 1}, Migration("0001_a.py", cents), check=check)
    assert (found.outcome, found.steps[0].outcome) == (Outcome.REFUSED, Outcome.CHANGED)
    assert "too dear" in found.reason
