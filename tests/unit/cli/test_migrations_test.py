"""`verdigris migrations test` on a terminal: colors by what happened."""

from __future__ import annotations

import click
from tests.unit.cli import sample

from verdigris.cli.migrations_test import _text


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
        "collision: pk=person|1, sk=person; pk=person|2, sk=person all come to pk=seat|1, sk=seat",
        "312 items of court-dev-alpha: 310 untouched, 1 changed, 1 refused, 1 collision",
    ]
    assert lines[2] == f"    {click.style('- fee', fg='red')}       {click.style('12.5', fg='red')}"
    assert lines[3] == f"    {click.style('+ feeCents', fg='green')}  {click.style('1250', fg='green')}"
    assert click.style("refused", fg="red", bold=True) in lines[5]
