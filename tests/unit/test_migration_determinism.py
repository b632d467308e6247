"""Every way in which a migration can depend on more than its item is found; what depends on the item alone is not."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from verdigris.core.items import encode
from verdigris.core.model import Key, KeySchema
from verdigris.core.trial import Sampled
from verdigris.errors import MigrationError
from verdigris.migrations.child import OTHER_READ
from verdigris.migrations.determinism import Varying, differing, prove
from verdigris.migrations.discovery import MigrationFile

SCHEMA = KeySchema((("pk", "S"), ("sk", "S")))


def case(number: int = 1, reads: Mapping[Key, bytes | None] | None = None) -> Sampled:
    return Sampled((f"p{number}", "s"), encode({"pk": f"p{number}", "sk": "s", "n": number}), reads or {})


def found(folder: Path, text: str, *cases: Sampled, more: str | None = None) -> list[Varying]:
    files = [write(folder, "0001_a.py", text)]
    if more is not None:
        files.append(write(folder, "0002_b.py", more))
    return list(differing(files, [folder], SCHEMA, cases or (case(1), case(2), case(3))))


def write(folder: Path, name: str, text: str) -> MigrationFile:
    (folder / name).write_text(text)
    return MigrationFile(name, folder / name)


def up(expression: str, imports: str = "") -> str:
    return f"{imports}\ndef up(item):\n    return item | {{'x': {expression}}}\n"


SOURCES = {
    "random": up("str(random.random())", "import random"),
    "a random choice of two": up("random.choice('ab')", "import random"),
    "uuid4": up("str(uuid.uuid4())", "import uuid"),
    "uuid1": up("str(uuid.uuid1())", "import uuid"),
    "secrets": up("secrets.token_hex()", "import secrets"),
    "os.urandom": up("os.urandom(8)", "import os"),
    "whole seconds": up("int(time.time())", "import time"),
    "nanoseconds": up("time.time_ns()", "import time"),
    "the monotonic clock": up("int(time.monotonic())", "import time"),
    "a date in words": up("time.strftime('%Y-%m-%d')", "import time"),
    "the local time": up("time.localtime().tm_hour", "import time"),
    "now": up("datetime.now().isoformat()", "from datetime import datetime"),
    "now in UTC": up("dt.datetime.now(dt.timezone.utc).year", "import datetime as dt"),
    "utcnow": up(
        "datetime.utcnow().hour", "import warnings\nfrom datetime import datetime\nwarnings.simplefilter('ignore')"
    ),
    "today": up("date.today().isoformat()", "from datetime import date"),
    "an age in days": up(
        "(datetime.now() - datetime.fromisoformat('2026-01-01')).days", "from datetime import datetime"
    ),
    "the order of a set": up("list({'a', 'b', 'c', 'd'})"),
    "the first of two": up("next(iter({'open', 'closed'}))"),
    "the order of the item's own set": up("'|'.join({item['pk'], item['sk'], 'x', 'y'})"),
    "hash": up("hash(item['pk'])"),
    "the address of an object": up("id(object())"),
    "the process": up("os.getpid()", "import os"),
    "a counter": "n = 0\ndef up(item):\n    global n\n    n += 1\n    return item | {'x': n}\n",
    "what was seen before": "seen = []\ndef up(item):\n    seen.append(item['n'])\n    return item | {'x': seen[:]}\n",
}


@pytest.mark.parametrize("text", SOURCES.values(), ids=SOURCES)
def test_every_source_of_variation_is_found(tmp_path: Path, text: str) -> None:
    varying = found(tmp_path, text)
    assert varying
    assert varying[0].migration == "0001_a.py"
    assert varying[0].what.startswith("`x")


def test_what_depends_on_the_item_alone_passes(tmp_path: Path) -> None:
    text = (
        "from datetime import datetime, timezone\nfrom decimal import Decimal\n"
        "from verdigris.migrations import stable_id\n"
        "def up(item):\n"
        "    tags = {'b', 'a', item['pk']}\n"
        "    at = datetime.fromtimestamp(int(item['n']), timezone.utc)\n"
        "    assert isinstance(at, datetime)\n"
        "    print('hello')\n"
        "    return item | {'tags': tags, 'order': sorted(tags), 'at': at.isoformat(), 'id': stable_id(item, 'x'),\n"
        "                   'half': item['n'] / 3, **{name: 1 for name in tags}}\n"
    )
    assert found(tmp_path, text) == []


def test_no_item_means_no_process(tmp_path: Path) -> None:
    assert list(differing([], [tmp_path], SCHEMA, [])) == []


def test_outputs_may_come_in_any_order_but_not_under_any_key(tmp_path: Path) -> None:
    text = (
        "def up(item):\n    return [item | {{'sk': sk}} for sk in {values}]\n"
        "def source(item):\n    return {{'pk': item['pk'], 'sk': 's'}}\n"
    )
    assert found(tmp_path, text.format(values="{'a', 'b', 'c', 's'}")) == []
    (varying, *_) = found(tmp_path, text.format(values="[str(random.random())]") + "import random\n")
    assert varying.what.startswith("the keys of what it returns: pk=p1, sk=0.")


def test_a_random_selection_or_refusal_is_found(tmp_path: Path) -> None:
    text = "import random\nselects = {'n': [random.choice([1, 2]), 7]}\ndef up(item):\n    return item | {'x': 1}\n"
    assert "selects the item in one process and not in another" in found(tmp_path, text)[0].what
    text = "import time\ndef up(item):\n    assert time.gmtime().tm_year < 2027, 'too late'\n    return item\n"
    assert (
        "refused in one process only: 0001_a.py: up failed: AssertionError: too late" in found(tmp_path, text)[0].what
    )


def test_an_item_that_is_always_refused_is_not_this_proofs_business(tmp_path: Path) -> None:
    assert found(tmp_path, "def up(item):\n    raise ValueError({'a', 'b', 'c'}, object())\n") == []


def test_the_migration_that_varies_is_named_not_the_one_after_it(tmp_path: Path) -> None:
    varying = found(tmp_path, up("1"), more=up("hash('a')"))
    assert varying[0].migration == "0002_b.py"


def test_the_error_names_migration_item_attribute_and_both_values(tmp_path: Path) -> None:
    file = write(tmp_path, "0001_a.py", up("str(uuid.uuid4())", "import uuid"))
    with pytest.raises(
        MigrationError, match=r'0001_a.py gives different results for one item: `x` is "[-0-9a-f]{36}" / "'
    ) as error:
        prove([file], [tmp_path], SCHEMA, [case(7)])
    assert error.value.where == "pk=p7, sk=s"
    assert error.value.next_command.startswith("verdigris migrations lint")
    prove([write(tmp_path, "0002_b.py", up("1"))], [tmp_path], SCHEMA, [case(7)])


def test_other_items_are_what_was_read_the_first_time(tmp_path: Path) -> None:
    text = "def up(item, view):\n    return item | {'x': view.get({'pk': 'other', 'sk': 's'})['v']}\n"
    other = encode({"pk": "other", "sk": "s", "v": 9})
    assert found(tmp_path, text, case(1, {("other", "s"): other})) == []
    assert [varying.what for varying in found(tmp_path, text, case(1))] == [OTHER_READ]


def test_that_nothing_was_there_is_an_answer_too(tmp_path: Path) -> None:
    text = "def up(item, view):\n    return item | {'x': view.get({'pk': 'other', 'sk': 's'})}\n"
    assert found(tmp_path, text, case(1, {("other", "s"): None})) == []


def test_a_process_that_dies_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    text = f"import os\nif os.getpid() != {os.getpid()}:\n    raise SystemExit('gone')\ndef up(item): return item\n"
    with pytest.raises(MigrationError, match=r"in a process of their own: it ended with 1: .*gone"):
        found(tmp_path, text)
