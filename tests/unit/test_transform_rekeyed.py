"""A destination with another key: what passes through, what is refused, and whose an output is."""

from __future__ import annotations

from typing import Any

import pytest

from verdigris.core.items import encode
from verdigris.core.model import KeySchema
from verdigris.core.reserved import Reserved
from verdigris.core.transform import Migration, Transform
from verdigris.errors import ItemRefused

PK_SK = KeySchema((("pk", "S"), ("sk", "S")))
ID = KeySchema((("id", "N"),))
RESERVED = Reserved(PK_SK, "-1")


def rekeyed(*migrations: Migration, **options: Any) -> Transform:
    return Transform(migrations, PK_SK, None, RESERVED, destination=ID, **options)


def raw(**attributes: Any) -> bytes:
    return encode({"pk": "a", "sk": "b", **attributes})


def numbered(item: dict[str, Any]) -> dict[str, Any]:
    return {"id": item["n"], "name": item["sk"]}


def of_names(item: dict[str, Any]) -> dict[str, Any]:
    return {"pk": "a", "sk": item["name"]}


def test_an_item_that_no_migration_selects_keeps_its_bytes() -> None:
    item = raw(id=7)
    (output,) = rekeyed(Migration("0001.py", numbered, selects={"kind": "x"})).apply(item)
    assert output == (("7",), item, True, None)


def test_on_a_page_it_is_among_what_may_share_a_key() -> None:
    page = rekeyed().page([raw(id=7), raw(id=7, sk="c"), raw(), encode({"pk": "-1|3", "sk": "-1"})])
    assert page.untouched == []
    assert [output.key for output in page.changed] == [("7",), ("7",)]
    assert ["the key attribute `id` is missing" in error.what for _, error in page.refused] == [True]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("text", "the key attribute `id` is a str; the table wants a number (N)"),
        (-1, "reserved for Verdigris's beacons"),
        (None, "the key attribute `id` is a NoneType"),
    ],
)
def test_without_the_new_key_it_is_refused(value: Any, said: str) -> None:
    with pytest.raises(ItemRefused, match=r"\[table.destination\]") as refused:
        rekeyed().apply(raw(id=value))
    assert said in refused.value.what
    assert refused.value.where == "pk=a, sk=b"


def test_an_empty_or_a_long_text_is_no_key() -> None:
    made = Transform([], ID, destination=KeySchema((("name", "S"),)))
    for name, said in (("", "is empty"), ("x" * 2049, "has 2,049 bytes")):
        with pytest.raises(ItemRefused, match=said):
            made.apply(encode({"id": 1, "name": name}))
    assert made.apply(encode({"id": 1, "name": "x" * 2048}))[0].key == ("x" * 2048,)


def test_only_what_comes_out_in_the_end_needs_the_new_key() -> None:
    made = rekeyed(
        Migration("0001.py", lambda item: {"half": item["n"]}),
        Migration("0002.py", lambda item: {"id": item["half"]} if item["half"] else item),
    )
    assert made.apply(raw(n=3))[0].key == ("3",)
    with pytest.raises(ItemRefused, match=r"0002.py: up returned an item that cannot be stored: .*`id` is missing"):
        made.apply(raw(n=0))


def test_two_outputs_with_one_new_key_are_refused() -> None:
    with pytest.raises(ItemRefused, match="two items with one key, id=1"):
        rekeyed(Migration("0001.py", lambda item: [{"id": 1}, {"id": 1, "sk": "c"}])).apply(raw())


def test_no_output_may_take_the_key_of_the_next_deployments_beacon() -> None:
    with pytest.raises(ItemRefused, match="up produced id=-1, a key reserved"):
        rekeyed(Migration("0001.py", lambda item: {"id": -1})).apply(raw())


# ── whose an output is ───────────────────────────────────────────────────────────────────────────────────────────────


def test_an_output_that_says_nothing_of_its_source_is_claimed() -> None:
    made = rekeyed(Migration("0001.py", numbered))
    assert made.claims
    assert made.apply(raw(n=3))[0].claimant == ("a", "b")
    assert made.owners(("3",), encode({"id": 3, "name": "b"})) == ()


def test_an_output_with_its_sources_key_in_it_needs_no_claim() -> None:
    made = rekeyed(Migration("0001.py", lambda item: item | {"id": item["n"]}))
    (output,) = made.apply(raw(n=3))
    assert output.claimant is None
    assert made.owners(output.key, output.raw) == (("a", "b"),)


def test_another_items_key_in_an_output_is_no_reason_to_leave_the_claim_out() -> None:
    made = rekeyed(Migration("0001.py", lambda item: item | {"id": 1, "sk": "other"}))
    assert made.apply(raw())[0].claimant == ("a", "b")


def test_where_it_reads_others_it_is_claimed_all_the_same() -> None:
    made = rekeyed(Migration("0001.py", lambda item, view: item | {"id": 1}, reads=True), views=lambda key: None)
    assert made.apply(raw())[0].claimant == ("a", "b")


def test_source_names_a_key_of_the_source() -> None:
    made = rekeyed(Migration("0001.py", numbered, source=of_names))
    (output,) = made.apply(raw(n=3))
    assert output.claimant is None
    assert not made.claims
    assert made.owners(output.key, output.raw) == (("a", "b"),)


def test_a_source_that_is_wrong_is_refused() -> None:
    with pytest.raises(ItemRefused, match="up moved the item to id=3, but source of that item returned pk=x, sk=y"):
        rekeyed(Migration("0001.py", numbered, source=lambda item: {"pk": "x", "sk": "y"})).apply(raw(n=3))
    with pytest.raises(ItemRefused, match="returned no key: the key attribute `pk` is missing"):
        rekeyed(Migration("0001.py", numbered, source=lambda item: {"id": 3})).apply(raw(n=3))


def test_what_can_be_no_key_of_the_source_names_nobody() -> None:
    assert rekeyed().owners(("1",), encode({"pk": "a", "sk": "", "id": 1})) == ()
    assert rekeyed().owners(("1",), encode({"pk": "a", "sk": 3, "id": 1})) == ()


def test_an_image_concerns_its_outputs_and_no_key_of_its_own() -> None:
    made = rekeyed(Migration("0001.py", numbered))
    assert made.image(raw(n=3)).keys == (("3",),)
    assert made.image(raw(n="refused")).keys == ()


def test_the_same_key_said_again_changes_nothing() -> None:
    made = Transform([], PK_SK, destination=PK_SK)
    assert not made.rekeyed
    assert made.page([raw(n=1)]).untouched == [raw(n=1)]
    assert made.owners(("a", "b"), None) == (("a", "b"),)
