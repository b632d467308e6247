"""migrations list, new, record, repair."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from verdigris import survey
from verdigris.commands.sessions import session
from verdigris.config.model import Config
from verdigris.errors import UsageError
from verdigris.migrations import scaffold
from verdigris.migrations.state import Comparison
from verdigris.wiring import Hooks, Wiring


def list_migrations(config: Config, env: str) -> Comparison:
    """Pending and applied, changed and missing. Imports no user code."""
    return survey.migrations(Wiring(config, env))


def new_migration(config: Config, name: str) -> Path:
    """Writes the next migration's file; returns its path."""
    return scaffold.new_migration(config.migrations_folder, name)


def record_migrations(config: Config, env: str, names: Sequence[str], *, hooks: Hooks | None = None) -> list[str]:
    """Records migrations as applied without running them: the data has been through them already."""
    wiring = Wiring(config, env)
    checksums, _ = survey.migration_files(wiring)
    unknown = [name for name in names if name not in checksums]
    if unknown:
        raise UsageError(
            f"no such migration: {', '.join(unknown)}",
            where=str(config.migrations_folder),
            next_command=f"verdigris migrations list {env}",
        )
    with session(wiring, f"migrations record {env}", hooks or Hooks(), create=True):
        wiring.journal.record_applied({name: checksums[name] for name in names})
    return list(names)


def repair_migrations(config: Config, env: str, *, hooks: Hooks | None = None) -> tuple[list[str], list[str]]:
    """Accepts the folder as it is. Returns the files that were recorded as they are now (changed ones, and those whose
    record was gone) and the missing ones that were forgotten."""
    wiring = Wiring(config, env)
    checksums, _ = survey.migration_files(wiring)
    with session(wiring, f"migrations repair {env}", hooks or Hooks(), create=True):
        found = survey.migrations(wiring)
        accepted = [*found.changed, *found.forgotten]
        wiring.journal.record_applied({name: checksums[name] for name in accepted})
        wiring.journal.forget_applied(found.missing)
    return accepted, list(found.missing)
