"""migrations lint: the files read for what goes wrong later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verdigris import survey
from verdigris.config.model import Config
from verdigris.core.model import DataVersion
from verdigris.errors import NotFound, UsageError
from verdigris.migrations.discovery import discover
from verdigris.migrations.lint import Finding, Severity, TableNeeds, lint
from verdigris.shaping import new_shape, written_shape
from verdigris.stores.base import TableShape
from verdigris.wiring import Wiring


@dataclass(frozen=True)
class Linted:
    """What was found. `table` says where the keys and indexes are known from; "" where they are not known."""

    migrations: tuple[str, ...]
    findings: tuple[Finding, ...]
    table: str

    @property
    def counts(self) -> dict[Severity, int]:
        return {severity: sum(one.rule.severity is severity for one in self.findings) for severity in Severity}

    @property
    def ok(self) -> bool:
        return not self.counts[Severity.ERROR]


def lint_migrations(config: Config, env: str | None = None, names: Sequence[str] = ()) -> Linted:
    """Reads the named migrations; else those pending in `env`; else all of the folder.

    With `env` keys and indexes are those of its live table, else those of `[table] shape`; what `[table.destination]`
    changes counts as well. Imports the migrations,
    runs none. Raises UsageError for a name that is none, NotFound if there is no live table.
    """
    files = discover(config.migrations_folder).files
    wanted = set(names)
    if unknown := wanted - {file.name for file in files}:
        raise UsageError(f"no such migration: {', '.join(sorted(unknown))}", where=str(config.migrations_folder))
    wiring = Wiring(config, env) if env else None
    if wiring and not names:
        wanted = set(survey.migrations(wiring).pending)
    elif not names:
        wanted = {file.name for file in files}
    table, live = _live(wiring) if wiring else _shape(config)
    needs = TableNeeds.of(live.create, new_shape(config, live)) if live else TableNeeds()
    chosen = [file for file in files if file.name in wanted]
    found = lint(chosen, (config.migrations_folder, config.root), needs)
    return Linted(tuple(file.name for file in chosen), tuple(found), table)


def _shape(config: Config) -> tuple[str, TableShape | None]:
    shape = written_shape(config)
    return (str(config.root / str(config.table.shape)), shape) if shape else ("", None)


def _live(wiring: Wiring) -> tuple[str, TableShape]:
    table = wiring.names.tables[wiring.journal.flags().source or DataVersion.ALPHA]
    facts = wiring.admin.describe(table)
    if facts is None:
        raise NotFound(f"there is no table {table}", next_command="verdigris migrations lint")
    return table, facts.shape
