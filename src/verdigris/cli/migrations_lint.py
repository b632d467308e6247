"""`verdigris migrations lint`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from verdigris.cli.call import Call, Command, pass_call
from verdigris.cli.output import Output
from verdigris.cli.words import plural

if TYPE_CHECKING:
    from verdigris.commands.linting import Linted

_COLORS = {"error": "red", "warning": "yellow", "note": "cyan"}


@click.command(
    "lint",
    cls=Command,
    examples=(
        "verdigris migrations lint",
        "verdigris migrations lint prod",
        "verdigris migrations lint 0002_fee_in_cents.py",
    ),
)
@click.argument("words", nargs=-1, metavar="[ENV] [NAME...]")
@pass_call
def command(call: Call, words: tuple[str, ...]) -> int:
    """Read migrations for what goes wrong later.

    All of the folder; with ENV the pending ones, against its live table; or the named ones. The rules stand in
    docs/reference/lint.md. Imports them, runs none. Exits with 1 if there are errors.
    """
    from verdigris import commands

    named = bool(words) and not words[0].endswith(".py")
    config = call.load()
    env = config.environment(words[0]).name if named else None
    found = commands.lint_migrations(config, env, words[1:] if named else words)
    then = f"verdigris migrations test {env or ''}".rstrip() if found.ok else f"mend the errors, then: {call.typed}"
    output = Output(call)
    output.data({**_shape(found), "next_command": then}, _text(found))
    output.next(then)
    return 0 if found.ok else 1


def _text(found: Linted) -> Iterator[str]:
    for one in found.findings:
        severity = click.style(one.rule.severity, fg=_COLORS[one.rule.severity], bold=True)
        yield f"{_shown(one.file)}:{one.line}: {one.rule.code} {severity}: {one.what}"
        yield click.style(f"    {one.rule.mend}", dim=True)
    if not found.table:
        yield "keys and indexes are not known (VM003, VM010): set [table] shape, or name an environment"
    counts = [plural(number, severity) for severity, number in found.counts.items() if number]
    yield f"{plural(len(found.migrations), 'migration')}: {', '.join(counts) or 'nothing found'}"


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _shape(found: Linted) -> dict[str, object]:
    return {
        "migrations": list(found.migrations),
        "table": found.table or None,
        "ok": found.ok,
        "counts": {severity.value: number for severity, number in found.counts.items()},
        "findings": [
            {
                "code": one.rule.code,
                "severity": one.rule.severity,
                "file": str(one.file),
                "line": one.line,
                "what": one.what,
                "why": one.rule.why,
                "mend": one.rule.mend,
            }
            for one in found.findings
        ],
    }
