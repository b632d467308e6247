"""`verdigris.testing` for a team's own tests: migrations run, refused, proven, without any server."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from verdigris.errors import ItemRefused, MigrationError
from verdigris.testing import assert_deterministic, assert_round_trip, load, migrate

FEE = {"pk": "fee|1", "sk": "fee|1", "kind": "fee", "fee": Decimal("12.50")}
CENTS = """
from decimal import Decimal
selects = {"kind": "fee"}
def up(item):
    return item | {"cents": int(item.pop("fee") * 100)}
def down(item, old):
    return item | {"fee": Decimal(item.pop("cents")) / 100}
def verify(item):
    assert item["cents"] >= 0, "a fee is never negative"
"""
SPLIT = """
def up(item):
    return [item, {"pk": item["pk"], "sk": "mail", "mail": item.pop("mail")}]
def source(item):
    return {"pk": item["pk"], "sk": item["pk"]} if item["sk"] == "mail" else None
def down(items, old):
    (own, mail) = sorted(items, key=lambda item: item["sk"] == "mail")
    return own | {"mail": mail["mail"]}
"""
USER = {"pk": "u|1", "sk": "u|1", "mail": "ada@here"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "migrations"
    made.mkdir()
    (made / "0001_cents.py").write_text(CENTS)
    (made / "0002_split.py").write_text(SPLIT)
    return made


def write(folder: Path, text: str) -> Path:
    (folder / "0009_x.py").write_text(text)
    return folder / "0009_x.py"


# ── migrate ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_items_go_in_and_come_out_as_python(folder: Path) -> None:
    before = dict(FEE)
    assert migrate(folder / "0001_cents.py", FEE) == [{"pk": "fee|1", "sk": "fee|1", "kind": "fee", "cents": 1250}]
    assert before == FEE


def test_what_it_does_not_select_passes_and_what_it_drops_is_gone(folder: Path) -> None:
    assert migrate(str(folder / "0001_cents.py"), USER) == [USER]
    assert migrate(write(folder, "def up(item):\n    return None\n"), USER) == []


def test_several_run_one_after_the_other(folder: Path) -> None:
    second = write(folder, "selects = {'cents': 1250}\ndef up(item):\n    return item | {'currency': 'EUR'}\n")
    (item,) = migrate([folder / "0001_cents.py", load(second)], FEE)
    assert (item["cents"], item["currency"]) == (1250, "EUR")


def test_a_split_with_its_source_checked(folder: Path) -> None:
    assert [item["sk"] for item in migrate(folder / "0002_split.py", USER)] == ["u|1", "mail"]
    wrong = write(folder, SPLIT.replace('"sk": item["pk"]}', '"sk": "other"}'))
    with pytest.raises(ItemRefused, match=r"source of that item returned pk=u\|1, sk=other"):
        migrate(wrong, USER)


def test_refusals_are_those_of_a_deployment(folder: Path) -> None:
    with pytest.raises(ItemRefused, match=r"0001_cents.py: verify refused the item: AssertionError: a fee is never"):
        migrate(folder / "0001_cents.py", FEE | {"fee": Decimal(-1)})
    with pytest.raises(ItemRefused, match="`x` is a float"):
        migrate(write(folder, "def up(item):\n    return item | {'x': 0.5}\n"), USER)
    with pytest.raises(ItemRefused, match="the key attribute `sk` is missing"):
        migrate(folder / "0001_cents.py", {"pk": "a"})

    def check(item: dict[str, object]) -> None:
        raise ValueError("not today")

    with pytest.raises(ItemRefused, match=r"\[app\] verify: refused the item: ValueError: not today"):
        migrate(folder / "0001_cents.py", USER, check=check)


def test_other_keys_other_items_and_stable_ids(folder: Path) -> None:
    text = (
        "from verdigris.migrations import stable_id\n"
        "def up(item, view):\n"
        "    owner = view.get({'id': item['owner']})\n"
        "    return item | {'name': owner and owner['name'], 'ref': stable_id(item, 'ref')}\n"
    )
    file, key = write(folder, text), {"id": "N"}
    (item,) = migrate(file, {"id": 1, "owner": 2}, key=key, others=[{"id": 2, "name": "Ada"}])
    assert item["name"] == "Ada"
    assert migrate(file, {"id": 1, "owner": 3}, key=key) == [item | {"owner": 3, "name": None}]
    assert_deterministic(file, {"id": 1, "owner": 2}, {"id": 5, "owner": 6}, key=key, others=[{"id": 2, "name": "Ada"}])


def test_into_a_table_with_another_key(folder: Path) -> None:
    path = folder / "0003_by_number.py"
    path.write_text("""
def up(item):
    return {"number": int(item["id"]), "name": item["name"]}
def source(item):
    return {"id": str(item["number"])}
def down(item, old):
    return {"id": str(item["number"]), "name": item["name"]}
""")
    item, id_, number = {"id": "7", "name": "x"}, {"id": "S"}, {"number": "N"}
    assert migrate(path, item, key=id_, new_key=number) == [{"number": 7, "name": "x"}]
    with pytest.raises(ItemRefused, match="`number` is missing"):
        migrate([], item, key=id_, new_key=number)
    assert_round_trip(path, item, key=id_, new_key=number)
    assert_deterministic(path, item, key=id_, new_key=number)


def test_the_project_is_where_the_configuration_is(tmp_path: Path) -> None:
    deep = tmp_path / "data" / "migrations"
    deep.mkdir(parents=True)
    (tmp_path / "verdigris.toml").touch()
    (tmp_path / "local_rates.py").write_text("RATE = 2\n")
    (deep / "local_own.py").write_text("OWN = 3\n")
    text = (
        "from local_rates import RATE\nfrom local_own import OWN\ndef up(item):\n    return item | {'n': RATE * OWN}\n"
    )
    assert migrate(write(deep, text), USER)[0]["n"] == 6


@pytest.mark.parametrize(
    ("text", "said"), [("x = 1\n", "has no function `up"), ("def up(item, view, z): pass\n", "other arguments")]
)
def test_files_that_cannot_be_used(folder: Path, text: str, said: str) -> None:
    with pytest.raises(MigrationError, match=said):
        load(write(folder, text))


def test_what_is_no_file_and_no_key(folder: Path) -> None:
    with pytest.raises(MigrationError, match="there is no such file"):
        load(folder / "0404_none.py")
    with pytest.raises(ValueError, match="key is one or two attributes"):
        migrate(folder / "0001_cents.py", FEE, key={"pk": "text"})


# ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_determinism(folder: Path) -> None:
    assert_deterministic([folder / "0001_cents.py", folder / "0002_split.py"], USER | {"kind": "x"})
    varying = write(folder, "import uuid\ndef up(item):\n    return item | {'id': str(uuid.uuid4())}\n")
    with pytest.raises(AssertionError, match=r"0009_x.py gives different results for pk=u\|1, sk=u\|1: `id` is "):
        assert_deterministic(varying, USER)
    with pytest.raises(ItemRefused):
        assert_deterministic(write(folder, "def up(item):\n    raise KeyError('x')\n"), USER)


def test_the_way_back(folder: Path) -> None:
    assert_round_trip(folder / "0001_cents.py", FEE, FEE | {"fee": Decimal("0.01")})
    assert_round_trip(load(folder / "0002_split.py"), USER)
    assert_round_trip(write(folder, "def up(item):\n    return None\ndef down(item, old):\n    return None\n"), USER)


def test_the_way_back_that_loses_something(folder: Path) -> None:
    lossy = write(folder, CENTS.replace('Decimal(item.pop("cents")) / 100', 'int(item["cents"] / 100), "x": 1'))
    with pytest.raises(AssertionError) as error:
        assert_round_trip(lossy, FEE)
    assert str(error.value).splitlines() == [
        "0009_x.py: down(up(item), item) is not item, for pk=fee|1, sk=fee|1:",
        "  + cents  1250",
        "  + x  1",
        "  ~ fee  12.5 → 12",
    ]
    with pytest.raises(AssertionError, match="down returned a NoneType"):
        assert_round_trip(write(folder, "def up(item):\n    return item\ndef down(item, old):\n    pass\n"), USER)


def test_no_way_back_is_no_success(folder: Path) -> None:
    with pytest.raises(AssertionError, match=r"0009_x.py has no `down`"):
        assert_round_trip(write(folder, "def up(item):\n    return item\n"), USER)
