"""Migrations composed: what one source item becomes, and how a refusal reads."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
import pytest

from verdigris.core.items import decode, encode
from verdigris.core.model import KeySchema
from verdigris.core.reserved import Reserved
from verdigris.core.transform import Migration, Transform
from verdigris.errors import ItemRefused, MigrationError

SCHEMA = KeySchema((("pk", "S"), ("sk", "S")))
RESERVED = Reserved(SCHEMA, "verdigris|beacon")


def item(pk: str = "a", sk: str = "1", **rest: Any) -> dict[str, Any]:
    return {"pk": pk, "sk": sk, **rest}


def transform(*ups: Any, **kwargs: Any) -> Transform:
    migrations = [up if isinstance(up, Migration) else Migration(f"000{n}_m.py", up) for n, up in enumerate(ups, 1)]
    return Transform(migrations, SCHEMA, **kwargs)


def results(made: Transform, source: dict[str, Any]) -> list[dict[str, Any]]:
    return [decode(output.raw) for output in made.apply(encode(source))]


def refusal(made: Transform, source: dict[str, Any]) -> ItemRefused:
    with pytest.raises(ItemRefused) as caught:
        made.apply(encode(source))
    assert caught.value.where == "pk=a, sk=1"
    return caught.value


def cents(it: Any) -> Any:
    it["cents"] = int(it.pop("amount") * 100)
    return it


# ── what comes out ───────────────────────────────────────────────────────────────────────────────────────────────


def test_an_item_changes_is_dropped_or_becomes_several() -> None:
    assert results(transform(cents), item(amount=Decimal("1.25"))) == [item(cents=Decimal(125))]
    assert results(transform(lambda it: None), item()) == []
    assert results(transform(lambda it: []), item()) == []
    split = transform(Migration("0001_m.py", lambda it: [it, it | {"sk": "1|b"}], source=lambda it: item()))
    assert [output.key for output in split.apply(encode(item()))] == [("a", "1"), ("a", "1|b")]


def test_what_no_migration_selects_passes_through_as_its_own_bytes() -> None:
    strange = b'{ "sk":{"S":"1"}, "n":{"N":"1.50"}, "pk":{"S":"a"} }'
    made = transform(Migration("0001_m.py", cents, selects={"type": "Fee"}))
    (output,) = made.apply(strange)
    assert output == (("a", "1"), strange, True, None)
    assert made.page([strange]) == ([strange], [], [])


def test_migrations_run_in_order_and_later_ones_select_by_the_changed_value() -> None:
    first = Migration("0001_m.py", lambda it: it | {"type": "B"}, selects={"type": "A"})
    second = Migration("0002_m.py", lambda it: it | {"seen": True}, selects={"type": "B"})
    assert results(transform(first, second), item(type="A")) == [item(type="B", seen=True)]
    assert results(transform(second, first), item(type="A")) == [item(type="B")]


def test_a_later_migration_sees_each_output_as_it_would_be_stored() -> None:
    seen: list[Any] = []
    split = Migration("0001_m.py", lambda it: [it | {"n": 1, "l": ("x",)}, it | {"sk": "2"}], source=lambda it: item())

    def note(it: Any) -> Any:
        seen.append((it["sk"], it.get("n"), it.get("l")))
        return it

    assert len(results(transform(split, note), item())) == 2
    assert seen == [("1", Decimal(1), ["x"]), ("2", None, None)]
    assert type(seen[0][1]) is Decimal


def test_a_migration_may_change_its_argument_and_share_values() -> None:
    shared = {"list": ["x"]}

    def grow(it: Any) -> Any:
        it["shared"]["list"].append("y")
        return it

    made = transform(lambda it: it | {"shared": shared}, grow)
    for _ in range(2):
        assert results(made, item()) == [item(shared={"list": ["x", "y"]})]
    assert shared == {"list": ["x"]}


def test_verify_and_check_see_the_outputs_and_cannot_change_what_is_stored() -> None:
    seen: list[Any] = []

    def vandal(it: Any) -> None:
        seen.append(dict(it))
        it.clear()

    made = transform(Migration("0001_m.py", lambda it: it | {"new": "x"}, verify=vandal), check=vandal)
    assert results(made, item()) == [item(new="x")]
    assert seen == [item(new="x"), item(new="x")]


def test_check_runs_on_every_item_that_is_saved() -> None:
    seen: list[str] = []
    made = transform(
        Migration("0001_m.py", lambda it: None, selects={"drop": True}), check=lambda it: seen.append(it["pk"])
    )
    raws = [encode(item("a")), encode(item("b", drop=True)), encode(item("c"))]
    assert made.page(raws) == ([raws[0], raws[2]], [], [])
    assert seen == ["a", "c"]


def test_the_reserved_item_yields_nothing_and_reaches_no_user_code() -> None:
    def never(it: Any) -> Any:
        raise AssertionError

    made = transform(never, check=never, reserved=RESERVED)
    idle = transform(reserved=RESERVED)
    other = encode(item("verdigris|beacon", "other"))
    for number in (0, 17):
        beacon = item(*RESERVED.key(number))
        escaped = encode(beacon).replace(b"verdigris", b"\\u0076erdigris")
        for raw in (encode(beacon), escaped):
            assert made.apply(raw) == ()
            assert made.page([raw]) == ([], [], [])
        assert made.image(encode(beacon)) == ((), ())
        assert idle.page([encode(beacon), escaped, other]) == ([other], [], [])


def test_a_numeric_reserved_key_is_known_however_it_is_spelled() -> None:
    schema = KeySchema((("id", "N"),))
    made = Transform([], schema, reserved=Reserved(schema, "-1"))
    other = b'{"id":{"N":"1"}}'
    assert made.page([b'{"id":{"N":"-1.0"}}', b'{"id":{"N":"-117.1E-2"}}', other]) == ([other], [], [])


def test_numbers_of_38_digits_survive_arithmetic() -> None:
    number = Decimal("12345678901234567890123456789012345.67")
    assert results(transform(cents), item(amount=number)) == [
        item(cents=Decimal("1234567890123456789012345678901234567"))
    ]
    exact = transform(lambda it: it | {"n": it["n"] + 1})
    assert results(exact, item(n=number))[0]["n"] == Decimal("12345678901234567890123456789012346.67")
    assert exact.page([encode(item(n=number))]).changed == list(exact.apply(encode(item(n=number))))


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("up", "reason"),
    [
        (lambda it: "x", "up returned a str; it returns an item, a list of items or None"),
        (lambda it: (it, it), "up returned a tuple; it returns an item, a list of items or None"),
        (lambda it: [it, None], "up returned a list whose member 1 is a NoneType"),
        (lambda it: {"pk": "a"}, "up returned an item that cannot be stored: the key attribute `sk` is missing"),
        (lambda it: it | {"sk": 1}, "the key attribute `sk` is a int; the table wants text (S)"),
        (lambda it: it | {"sk": ""}, "the key attribute `sk` is empty"),
        (lambda it: it | {"sk": "x" * 1025}, "the key attribute `sk` has 1,025 bytes; DynamoDB allows 1,024"),
        (lambda it: it | {"pk": "é" * 1025}, "the key attribute `pk` has 2,050 bytes; DynamoDB allows 2,048"),
        (lambda it: it | {"sk": 0.5}, "`sk` is a float"),
        (lambda it: it | {"amount": 0.5}, "up returned an item that cannot be stored: `amount` is a float"),
        (lambda it: it | {"lines": [{"tags": set()}]}, "`lines[0].tags` is an empty set"),
        (lambda it: [it, dict(it)], "up produced two items with one key, pk=a, sk=1"),
        (lambda it: it["nope"], "up failed: KeyError: 'nope' (line "),
    ],
)
def test_a_refusal_names_file_key_and_reason(up: Any, reason: str) -> None:
    error = refusal(transform(up), item())
    assert error.what.startswith("0001_m.py: ")
    assert reason in error.what


def test_the_migration_that_is_at_fault_is_named_in_a_chain() -> None:
    made = transform(lambda it: it, lambda it: it | {"x": 0.5}, lambda it: it)
    assert refusal(made, item()).what.startswith("0002_m.py: ")


def test_the_users_exception_is_kept_with_its_line() -> None:
    def up(it: Any) -> Any:
        return helper(it)

    def helper(it: Any) -> Any:
        raise RuntimeError("no luck")

    error = refusal(transform(up), item())
    line = helper.__code__.co_firstlineno + 1
    assert error.what == f"0001_m.py: up failed: RuntimeError: no luck (line {line})"
    assert isinstance(error.__cause__, RuntimeError)


def test_verify_and_check_refuse_with_their_reason() -> None:
    def positive(it: Any) -> None:
        assert it["n"] >= 0, "a fee is never negative"

    def up(it: Any) -> Any:
        return it | {"n": -1}

    error = refusal(transform(Migration("0001_m.py", up, verify=positive)), item())
    assert error.what.startswith("0001_m.py: verify refused the item: AssertionError: a fee is never negative")
    error = refusal(transform(check=positive), item(n=-1))
    assert error.what.startswith("[app] verify: refused the item: AssertionError: a fee is never negative")
    assert isinstance(error.__cause__, AssertionError)


def test_no_migration_may_produce_the_reserved_key() -> None:
    for number in (0, 3):
        pk, sk = RESERVED.key(number)
        moving = Migration("0001_m.py", lambda it, pk=pk, sk=sk: it | {"pk": pk, "sk": sk}, source=lambda it: item())
        made = transform(moving, reserved=RESERVED)
        assert "a key reserved for Verdigris's beacons" in refusal(made, item()).what


def test_a_wrong_selects_is_the_migrations_fault() -> None:
    with pytest.raises(MigrationError, match=r"not float .*\(0001_m\.py\)|0001_m\.py"):
        transform(Migration("0001_m.py", cents, selects={"a": 0.5}))


def test_keys_of_numbers_and_bytes() -> None:
    schema = KeySchema((("id", "N"), ("part", "B")))
    made = Transform([Migration("0001_m.py", lambda it: it | {"x": 1})], schema)
    (output,) = made.apply(b'{"id":{"N":"1.0"},"part":{"B":"AAE="}}')
    assert output.key == ("1", "AAE=")
    assert output.key == schema.of(orjson.loads(output.raw))
