"""`verdigris migrations test` on a terminal: colors by what happened."""

from __future__ import annotations

import click
from tests.unit.cli import sample

from verdigris.cli.migrations_test import _shape, _text
from verdigris.commands.trying import Trials
from verdigris.core.items import encode
from verdigris.core.model import KeySchema
from verdigris.core.transform import Migration, Transform
from verdigris.core.trial import Trial


def test_colors_say_what_became_of_each() -> None:
    lines = list(_text(sample.TRIALS))
    assert [click.unstyle(line) for line in lines] == [
        "pk=case|1, sk=case|1: changed",
        "  0001_cents.py",
        "    - fee       12.5",
        "    + feeCents  1250",
        '    ~ status    "open" → "Open"',
        "pk=case|2, sk=case|2: refused",
        "  0001_cents.py: up failed: KeyError: 'fee' (line 9)",
        "collision: pk=person|1, sk=person; pk=person|2, sk=person both come to pk=seat|1, sk=seat",
        "312 items of court-dev-alpha: 310 untouched, 1 changed, 1 refused, 1 collision",
    ]
    assert lines[2] == f"    {click.style('- fee', fg='red')}       {click.style('12.5', fg='red')}"
    assert lines[3] == f"    {click.style('+ feeCents', fg='green')}  {click.style('1250', fg='green')}"
    assert click.style("refused", fg="red", bold=True) in lines[5]


def test_each_key_is_shown_by_its_own_table() -> None:
    """Between two migrations an item may have none."""
    old, new = KeySchema((("id", "S"),)), KeySchema((("n", "N"), ("kind", "S")))
    half = Migration("0001_half.py", lambda item: {"half": 5})
    whole = Migration("0002_whole.py", lambda item: {"n": item["half"], "kind": "x"})
    transform = Transform([half, whole], old, destination=new)
    tried = Trial(transform).try_item(("7",), encode({"id": "7"}))
    found = Trials(
        "dev", "alpha", old, new, ("0001_half.py", "0002_whole.py"), 1, (tried,), {("5", "x"): (("7",), ("8",))}
    )
    assert [click.unstyle(line) for line in _text(found)] == [
        "id=7: moved",
        "  0001_half.py",
        "    → an item without a key",
        "      + half  5",
        '      - id    "7"',
        "  0002_whole.py of an item without a key",
        "    → n=5, kind=x",
        "      - half  5",
        '      + kind  "x"',
        "      + n     5",
        "collision: id=7; id=8 both come to n=5, kind=x",
        "1 item of alpha: 1 moved, 1 collision",
    ]
    (item,) = _shape(found)["items"]
    assert (item["key"], item["outputs"]) == ({"id": {"S": "7"}}, [{"n": {"N": "5"}, "kind": {"S": "x"}}])
    assert [step["key"] for step in item["steps"]] == [{"id": {"S": "7"}}, None]
