"""init: the first files of a project."""

from __future__ import annotations

from pathlib import Path

from verdigris.config.model import FILE_NAME
from verdigris.config.template import template
from verdigris.migrations import scaffold


def init(folder: Path, app: str) -> tuple[list[Path], list[Path]]:
    """Writes verdigris.toml, migrations/ and one example; returns what was written and what was there already."""
    file, migrations = folder / FILE_NAME, folder / "migrations"
    written: list[Path] = []
    kept: list[Path] = []
    if file.exists():
        kept.append(file)
    else:
        file.write_text(template(app), encoding="utf-8")
        written.append(file)
    if migrations.exists():
        kept.append(migrations)
    else:
        migrations.mkdir(parents=True)
        written.append(scaffold.new_migration(migrations, "example"))
    return written, kept
