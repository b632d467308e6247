"""The rules: what each code means, why, and how to mend it. Codes are stable: never given to another rule.

`docs/reference/lint.md` is generated from this table; `bad` must be found by its rule and `good` by none (tested).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad. Only errors make `migrations lint` fail."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Rule:
    """One rule. `bad` and `good` are whole files (without the docstring and `verify` that all should have)."""

    code: str
    severity: Severity
    title: str
    why: str
    mend: str
    bad: str
    good: str


def _up(body: str, before: str = "") -> str:
    return f"{before}{before and chr(10) * 2}def up(item):\n    return {body}\n"


_SPLIT = """def up(item):
    return item | {"sk": "fee|" + item["id"]}
"""
_SOURCE = """

def source(item):
    return {"pk": item["pk"], "sk": item["id"]} if item["sk"].startswith("fee|") else None
"""

RULES = (
    Rule(
        "VM000",
        Severity.ERROR,
        "the file cannot be loaded",
        "It is not valid Python, fails when it is imported, has no `up`, or a function takes other arguments than it "
        "is called with. A deployment would stop at it.",
        "mend what the message names",
        "def up():\n    return None\n",
        _up("item"),
    ),
    Rule(
        "VM001",
        Severity.ERROR,
        "a float",
        "A float is not the number that is written: `0.1` is 0.1000000000000000055…. DynamoDB keeps decimal numbers of "
        "38 digits, and an item with a float in it is refused.",
        'use Decimal("0.1"), or whole numbers',
        _up('item | {"fee": item["fee"] * 1.19}'),
        _up('item | {"fee": item["fee"] * Decimal("1.19")}', "from decimal import Decimal\n"),
    ),
    Rule(
        "VM002",
        Severity.WARNING,
        "no docstring",
        "The first line of the file is what people read when they approve a plan.",
        "say in one line, at the top of the file, what is different afterwards",
        _up("item"),
        '"""Fees are kept in cents."""\n\n\n' + _up("item"),
    ),
    Rule(
        "VM003",
        Severity.ERROR,
        "a key attribute is set, and there is no `source`",
        "Where an output does not sit at its source's own key, `source(item)` says whose it is. Without it nothing is "
        "lost either: every such output is claimed, durably, which costs two more writes each; but the way back cannot "
        "tell which item it belongs to. So it should be a decision, not an oversight. Where "
        "`[table.destination]` gives the table another key, what is set or removed is an attribute of the old one.",
        "add `source(item)`, which returns the source item's key, or None for items that are none of this migration's; "
        "where the output does not hold enough to tell, say so on that line: # verdigris: ignore[VM003]",
        _SPLIT,
        _SPLIT + _SOURCE,
    ),
    Rule(
        "VM004",
        Severity.ERROR,
        "randomness",
        "A migration runs several times for one item: when it is copied, when it changes, when it is verified. What "
        "comes out differently each time can never be verified.",
        'use stable_id(item, "name") of verdigris.migrations, an id that is a function of the item\'s key',
        _up('item | {"id": str(uuid.uuid4())}', "import uuid\n"),
        _up('item | {"id": stable_id(item, "contact")}', "from verdigris.migrations import stable_id\n"),
    ),
    Rule(
        "VM005",
        Severity.ERROR,
        "the clock",
        "A migration runs several times for one item, hours apart; it must give the same each time.",
        "take the time from the item, or write it into the file as a constant",
        _up('item | {"migratedAt": datetime.now().isoformat()}', "from datetime import datetime\n"),
        _up('item | {"migratedAt": MIGRATED_AT}', 'MIGRATED_AT = "2026-11-23T00:00:00Z"\n'),
    ),
    Rule(
        "VM006",
        Severity.ERROR,
        "an order or a number that every process makes anew",
        "The order of a set, `hash()` and `id()` differ from process to process. (DynamoDB's own sets have no order: a "
        "set that is stored as a set is fine.)",
        "use sorted(…), or a tuple",
        _up('item | {"tags": list({"open", item["kind"]})}'),
        _up('item | {"tags": sorted({"open", item["kind"]})}'),
    ),
    Rule(
        "VM007",
        Severity.ERROR,
        "the machine: environment variables, files, other programs",
        "A migration runs on several machines, later again in CI, and must give the same everywhere.",
        "write the value into the file, or into a module beside it: both are covered by the checksum",
        _up('item | {"region": os.environ["AWS_REGION"]}', "import os\n"),
        _up('item | {"region": "us-east-1"}'),
    ),
    Rule(
        "VM008",
        Severity.ERROR,
        "the network",
        "A migration runs millions of times, and again whenever an item changes; what another service says may differ "
        "each time, and what it is told is told again.",
        "read other items through the view, `up(item, view)`; export what another service knows into the table first",
        _up("item", "import boto3\n"),
        "def up(item, view):\n"
        '    owner = view.get({"pk": item["owner"], "sk": item["owner"]})\n'
        '    return item | {"ownerName": owner["name"] if owner else None}\n',
    ),
    Rule(
        "VM009",
        Severity.ERROR,
        "an exception is swallowed",
        "What a migration cannot handle must be refused: then the item is named, and nothing is lost. Swallowed, it is "
        "a half-made item that nobody looks at.",
        "catch the one exception that you mean, or let it go",
        'def up(item):\n    try:\n        item["n"] = int(item["n"])\n    except Exception:\n        pass\n'
        "    return item\n",
        'def up(item):\n    try:\n        item["n"] = int(item["n"])\n    except ValueError:\n        item["n"] = 0\n'
        "    return item\n",
    ),
    Rule(
        "VM010",
        Severity.ERROR,
        "an attribute is removed that an index needs",
        "An item without the key attribute of an index is not in that index: queries stop finding it. Known from "
        "`[table] shape`, or from the live table where an environment is given, and from `[table.destination]`.",
        "keep the attribute; or, if the item is to leave the index, say so: `# verdigris: ignore[VM010]`",
        'def up(item):\n    item.pop("gsi1pk")\n    return item\n',
        'def up(item):\n    return item | {"gsi1pk": item.pop("gsi1pk").lower()}\n',
    ),
    Rule(
        "VM011",
        Severity.WARNING,
        "no `verify`",
        "`verify(item)` says what must be true of each item afterwards, and refuses what is not, before it is served.",
        "add `verify(item)`, which raises (`assert item[\"amountCents\"] >= 0`)",
        _up("item"),
        _up("item") + '\n\ndef verify(item):\n    assert item["amountCents"] >= 0, "a fee is never negative"\n',
    ),
    Rule(
        "VM012",
        Severity.NOTE,
        "no `down`",
        "`down(item, old)` is the way back: with it a rollback loses nothing that was written after the switch.",
        "add `down(item, old)`, where `old` is what `up` was given, or None for an item born later",
        _up("item"),
        _up("item") + "\n\ndef down(item, old):\n    return item\n",
    ),
    Rule(
        "VM013",
        Severity.WARNING,
        "`selects` is not a literal",
        "What a migration touches should be plain from its file. What is computed when it is imported may be something "
        "else on another machine.",
        'write the values out: selects = {"entityName": ["Fee", "Refund"]}',
        "selects = dict(kind=max('Fee', 'Refund'))\n\n\n" + _up("item"),
        'selects = {"kind": ["Fee", "Refund"]}\n\n\n' + _up("item"),
    ),
    Rule(
        "VM014",
        Severity.WARNING,
        "print()",
        "It is called once for each of millions of items, several times, in several processes.",
        "remove it; `verdigris migrations test` shows what becomes of an item",
        "def up(item):\n    print(item)\n    return item\n",
        _up("item"),
    ),
    Rule(
        "VM015",
        Severity.ERROR,
        "something is kept from one item to the next",
        "Items come in any order, in several threads and processes, and several times: a counter counts nothing.",
        "compute it from the item alone",
        "count = 0\n\n\ndef up(item):\n    global count\n    count += 1\n    return item | {\"number\": count}\n",
        _up('item | {"number": int(item["sk"].rpartition("|")[2])}'),
    ),
    Rule(
        "VM016",
        Severity.WARNING,
        "a comment ignores what is not there",
        "A comment that ignores nothing hides the next finding on its line.",
        "remove the comment",
        _up("item  # verdigris: ignore[VM001]"),
        _up('item | {"ratio": 0.5 > item["x"]}  # verdigris: ignore[VM001]'),
    ),
)  # fmt: skip

BY_CODE = {rule.code: rule for rule in RULES}
