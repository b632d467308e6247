"""Every rule finds its bad example and lets its good one pass; comments ignore; the page says what the rules say."""

from __future__ import annotations

from pathlib import Path

import pytest

from verdigris.core.model import KeySchema
from verdigris.core.planning import NewShape
from verdigris.migrations.discovery import MigrationFile
from verdigris.migrations.lint import RULES, Finding, Rule, Severity, TableNeeds, lint, reference

NEEDS = TableNeeds(frozenset({"pk", "sk"}), {"gsi1pk": ("gsi1",), "gsi1sk": ("gsi1",)})


def write(folder: Path, text: str, name: str = "0001_a.py") -> MigrationFile:
    (folder / name).write_text(text)
    return MigrationFile(name, folder / name)


def found(folder: Path, text: str, needs: TableNeeds = NEEDS) -> list[Finding]:
    return lint([write(folder, text)], [folder], needs)


def codes(folder: Path, body: str, needs: TableNeeds = NEEDS) -> list[tuple[str, int]]:
    """(code, line) of what is found besides the form of the file."""
    return [(one.rule.code, one.line) for one in found(folder, body, needs) if one.rule.code not in FORM]


FORM = {"VM002", "VM011", "VM012"}


# ── the table of rules ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_bad_example_is_found_and_the_good_one_is_not(tmp_path: Path, rule: Rule) -> None:
    bad = found(tmp_path, rule.bad)
    assert rule.code in {one.rule.code for one in bad}
    assert {one.rule.code for one in bad} <= {rule.code, *FORM}
    assert {one.rule.code for one in found(tmp_path, rule.good)} <= FORM - {rule.code}


def test_codes_are_stable_and_given_once() -> None:
    assert [rule.code for rule in RULES] == [f"VM{number:03}" for number in range(len(RULES))]
    assert {rule.code for rule in RULES if rule.severity is not Severity.ERROR} == {
        "VM002", "VM011", "VM012", "VM013", "VM014", "VM016",
    }  # fmt: skip


def test_the_reference_is_current() -> None:
    assert reference.REFERENCE_FILE.read_text("utf-8") == reference.reference_text()


# ── what each rule finds, and what not ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("return item | {'x': float(item['n'])}", "VM001"),
        ("return item | {'x': len(item) / 2}", "VM001"),
        ("return item | {'x': 1e3}", "VM001"),
        ("return item | {'x': item['n'] / 2}", None),
        ("return item | {'x': len(item) // 2}", None),
        ("import random; return item | {'x': random.choice('ab')}", "VM004"),
        ("import random as r; return item | {'x': r.Random(item['pk']).random()}", None),
        ("from uuid import uuid4 as new; return item | {'x': str(new())}", "VM004"),
        ("from uuid import uuid5, NAMESPACE_DNS; return item | {'x': str(uuid5(NAMESPACE_DNS, item['pk']))}", None),
        ("import secrets; return item | {'x': secrets.token_hex()}", "VM004"),
        ("import os; return item | {'x': os.urandom(4)}", "VM004"),
        ("import time; return item | {'x': int(time.time())}", "VM005"),
        ("import time; return item | {'x': time.strftime('%Y')}", "VM005"),
        ("import time; return item | {'x': time.strftime('%Y', time.gmtime(int(item['n'])))}", None),
        ("import datetime as dt; return item | {'x': dt.datetime.now(dt.UTC).isoformat()}", "VM005"),
        ("from datetime import date; return item | {'x': date.today().isoformat()}", "VM005"),
        ("from datetime import datetime; return item | {'x': datetime.fromisoformat(item['n']).year}", None),
        ("return item | {'x': hash(item['pk'])}", "VM006"),
        ("return item | {'x': id(item)}", "VM006"),
        ("id = item['pk']; return item | {'x': id}", None),
        ("tags = {'a', item['pk']}; return item | {'x': ','.join(tags)}", "VM006"),
        ("tags = {'a', item['pk']}; return item | {'x': ','.join(sorted(tags))}", None),
        ("return item | {'x': [tag for tag in {'a', item['pk']}]}", "VM006"),
        ("return item | {'x': sorted(tag for tag in {'a', item['pk']})}", None),
        ("return item | {'x': [*set(item['pk']) | {'a'}]}", "VM006"),
        ("return item | {'x': {'a', item['pk']}}", None),
        ("return item | {'x': next(iter({'a', item['pk']}))}", "VM006"),
        ("return item | {'x': set(item['pk']).pop()}", "VM006"),
        ("return item | {name: 1 for name in {'a', 'b'}}", None),
        ("import os; return item | {'x': os.getenv('A')}", "VM007"),
        ("return item | {'x': open('/etc/hostname').read()}", "VM007"),
        ("import requests; return item", "VM008"),
        ("from urllib.request import urlopen; return item", "VM008"),
        ("from urllib.parse import quote; return item | {'x': quote(item['pk'])}", None),
        ("print(item); return item", "VM014"),
        ("KEPT.append(item['pk']); return item", "VM015"),
        ("KEPT[item['pk']] = 1; return item", "VM015"),
        ("kept = []; kept.append(item['pk']); return item | {'x': kept}", None),
        ("item['sk'] = 'fee|' + item['id']; return item", "VM003"),
        ("item.update(sk='fee'); return item", "VM003"),
        ("return [item, {'pk': item['pk'], 'sk': 'x'}]", "VM003"),
        ("return {'pk': item['pk'], 'sk': item.get('sk'), 'n': 1}", None),
        ("del item['gsi1pk']; return item", "VM010"),
        ("item.pop('gsi1sk', None); return item", "VM010"),
        ("[item.pop(name) for name in ('gsi1pk', 'x')]; return item", "VM010"),
        ("return item | {'gsi1pk': item.pop('gsi1pk')}", None),
        ("item.pop('other'); return item", None),
    ],
)  # fmt: skip
def test_what_is_found_and_what_is_not(tmp_path: Path, line: str, code: str | None) -> None:
    text = f"KEPT = []\n\n\ndef up(item):\n    {line}\n"
    assert set(codes(tmp_path, text)) == ({(code, 5)} if code else set())


@pytest.mark.parametrize(
    ("handler", "finds"),
    [
        ("except:\n        pass", True),
        ("except (KeyError, Exception) as error:\n        item['x'] = str(error)", True),
        ("except Exception as error:\n        raise ValueError('no') from error", False),
        ("except KeyError:\n        pass", False),
    ],
)
def test_swallowed_exceptions(tmp_path: Path, handler: str, finds: bool) -> None:
    text = f"def up(item):\n    try:\n        item['x'] = item['y']\n    {handler}\n    return item\n"
    assert codes(tmp_path, text) == ([("VM009", 4)] if finds else [])


def test_a_key_may_be_set_where_source_says_from_where_and_in_down(tmp_path: Path) -> None:
    text = "def up(item):\n    return item | {'sk': 'x'}\ndef source(item):\n    return {'pk': item['pk'], 'sk': 'y'}\n"
    assert codes(tmp_path, text) == []
    assert (
        codes(tmp_path, "def up(item):\n    return item\ndef down(item, old):\n    return item | {'sk': 'x'}\n") == []
    )


def test_without_knowledge_of_the_table_keys_and_indexes_are_nothing_special(tmp_path: Path) -> None:
    assert codes(tmp_path, "def up(item):\n    item.pop('gsi1pk')\n    return item | {'sk': 'x'}\n", TableNeeds()) == []


def test_keys_and_indexes_of_a_table() -> None:
    gsi = {"IndexName": "by-mail", "KeySchema": [{"AttributeName": "mail"}, {"AttributeName": "pk"}]}
    lsi = {"IndexName": "by-date", "KeySchema": [{"AttributeName": "pk"}, {"AttributeName": "date"}]}
    create = {"KeySchema": [{"AttributeName": "pk"}], "GlobalSecondaryIndexes": [gsi], "LocalSecondaryIndexes": [lsi]}
    assert TableNeeds.of(create) == TableNeeds(frozenset({"pk"}), {"mail": ("by-mail",), "date": ("by-date",)})


@pytest.mark.parametrize(
    ("selects", "finds"),
    [
        ("{'kind': ['Fee', None, True, -1]}", False),
        ("{'n': Decimal('1.5')}", False),
        ("{'kind': KIND}", True),
        ("None", False),
    ],
)
def test_selects_is_a_literal(tmp_path: Path, selects: str, finds: bool) -> None:
    text = f"from decimal import Decimal\nKIND = 'a'\nselects = {selects}\ndef up(item):\n    return item\n"
    assert codes(tmp_path, text) == ([("VM013", 3)] if finds else [])


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("def up(item:\n    pass\n", 1, "this is not valid Python"),
        ("x = 1\nimport nothing_like_it\ndef up(item):\n    return item\n", 2, "ModuleNotFoundError"),
        ("x = 1\n", 1, "the migration has no function `up(item)`"),
        ("selects = {}\ndef up(item):\n    return item\n", 1, "`selects` must be a dict"),
    ],
)
def test_what_cannot_be_loaded(tmp_path: Path, text: str, line: int, said: str) -> None:
    one = next(one for one in found(tmp_path, text) if one.rule.code == "VM000")
    assert one.line == line
    assert said in one.what


def test_what_drops_all_needs_no_verify_and_no_down(tmp_path: Path) -> None:
    assert [one.rule.code for one in found(tmp_path, "def up(item):\n    return None\n")] == ["VM002"]


def test_helpers_of_the_folder_are_read_once_and_for_behaviour_only(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("import random\n\nTAX = 0.19\n")
    files = [
        write(tmp_path, f"from helper import TAX\ndef up(item): return item\n# {n}\n", f"000{n}_a.py") for n in (1, 2)
    ]
    helpers = [one for one in lint(files, [tmp_path], NEEDS) if one.file.name == "helper.py"]
    assert [(one.rule.code, one.line) for one in helpers] == [("VM001", 3)]


# ── comments ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_comment_ignores_its_codes_on_its_line_only(tmp_path: Path) -> None:
    text = (
        "import uuid\n"
        "def up(item):\n"
        "    item['a'] = str(uuid.uuid4())  # verdigris: ignore[VM004]\n"
        "    item['b'] = 0.5  # verdigris: ignore[VM004, VM001]\n"
        "    return item | {'c': 0.5}\n"
    )
    assert codes(tmp_path, text) == [("VM016", 4), ("VM001", 5)]


def test_a_comment_on_a_line_of_its_own_is_about_the_file(tmp_path: Path) -> None:
    text = "# verdigris: ignore[VM002, VM011]\n# verdigris: ignore[VM012]\ndef up(item):\n    return item\n"
    assert found(tmp_path, text) == []


def test_what_is_no_code_and_what_cannot_be_ignored(tmp_path: Path) -> None:
    text = "# verdigris: ignore[VM999]\nx = 'verdigris: ignore[VM001]'\ndef up(): pass  # verdigris: ignore[VM000]\n"
    whats = {one.rule.code: one.what for one in found(tmp_path, text) if one.rule.code not in FORM}
    assert whats.keys() == {"VM000", "VM016"}
    assert whats["VM016"] == "there is no rule VM999" or "VM000" in whats["VM016"]


def test_where_the_key_changes_the_old_one_says_whose_an_item_is(tmp_path: Path) -> None:
    old = {"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}
    new = {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [
            {"IndexName": "by-x", "KeySchema": [{"AttributeName": name} for name in ("x", "id", "pk")]}
        ],
    }
    shape = NewShape(new, KeySchema((("pk", "S"),)), KeySchema((("id", "S"),)))
    needs = TableNeeds.of(old, shape)
    assert needs == TableNeeds(frozenset({"pk"}), {"x": ("by-x",), "pk": ("by-x",)}, rekeyed=True)
    assert codes(tmp_path, "def up(item):\n    return item | {'id': item['pk']}\n", needs) == []
    lost = "def up(item):\n    item['id'] = item.pop('pk')\n    return item\n"
    assert codes(tmp_path, lost, needs) == [("VM003", 2), ("VM010", 2)]
    named = lost + "\n\ndef source(item):\n    return {'pk': item['id']}\n"
    assert codes(tmp_path, named, needs) == [("VM010", 2)]
    assert codes(tmp_path, "def up(item):\n    item.pop('x')\n    return item\n", needs) == [("VM010", 2)]
