"""Migration files → functions, and every way in which a file can be wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from verdigris.core.transform import Migration
from verdigris.errors import ConfigError, MigrationError
from verdigris.migrations import imports
from verdigris.migrations.checksum import checksum
from verdigris.migrations.discovery import MigrationFile
from verdigris.migrations.loading import load_function, load_migrations


@pytest.fixture(autouse=True)
def _unchanged_interpreter() -> Iterator[None]:
    imports.forget()
    path, modules = list(sys.path), set(sys.modules)
    yield
    imports.forget()
    assert sys.path == path
    assert not {name for name in set(sys.modules) - modules if name.startswith(("verdigris_migration", "local_"))}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "migrations"
    made.mkdir()
    return made


def load(folder: Path, text: str, name: str = "0001_a.py", planned: dict[str, str] | None = None) -> Migration:
    path = folder / name
    path.write_text(text)
    (migration,) = load_migrations([MigrationFile(name, path)], [folder, folder.parent], planned)
    return migration


def test_everything_that_a_file_says_is_read(folder: Path) -> None:
    migration = load(
        folder,
        "from __future__ import annotations\n"
        "selects = {'type': ['Fee']}\n"
        "def up(item, *, shout: bool = False): return item | {'x': 'y'}\n"
        "def down(item, old=None): return item\n"
        "verify = lambda item: None\n"
        "def source(*items): return items[0]\n",
    )
    assert (migration.name, migration.selects) == ("0001_a.py", {"type": ["Fee"]})
    assert migration.up({}) == {"x": "y"}
    assert None not in (migration.down, migration.verify, migration.source)
    assert migration.checksum == checksum(folder / "0001_a.py", [folder, folder.parent])


def test_local_modules_of_the_folder_and_the_project_can_be_imported(folder: Path) -> None:
    (folder / "local_rates.py").write_text("RATE = 2\n")
    (folder.parent / "local_app").mkdir()
    (folder.parent / "local_app/money.py").write_text("CENTS = 100\n")
    text = (
        "import dataclasses, local_rates\n"
        "@dataclasses.dataclass\nclass Fee:\n    n: 'int' = 0\n"
        "def up(item):\n    from local_app.money import CENTS\n    return {'n': local_rates.RATE * CENTS + Fee().n}\n"
    )
    assert load(folder, text).up({}) == {"n": 200}
    assert not list(folder.parent.rglob("__pycache__"))


def test_two_versions_of_one_project_do_not_mix(tmp_path: Path) -> None:
    ups = []
    for version in ("v1", "v2"):
        folder = tmp_path / version / "migrations"
        folder.mkdir(parents=True)
        (folder.parent / "local_shape.py").write_text(f"VERSION = '{version}'\n")
        (folder.parent / "local_lazy.py").write_text(f"LAZY = '{version}'\n")
        ups.append(
            load(
                folder,
                "import local_shape\n"
                "def up(item):\n    import local_lazy\n"
                "    return {'v': local_shape.VERSION, 'lazy': local_lazy.LAZY}\n",
            ).up
        )
        assert ups[-1]({}) == {"v": version, "lazy": version}
    assert [up({})["v"] for up in ups] == ["v1", "v2"]


def test_a_file_or_module_that_changed_is_read_anew(folder: Path) -> None:
    text = "import local_x\ndef up(item): return {'x': local_x.X, 'own': %d}\n"
    for n in (1, 2):
        (folder / "local_x.py").write_text(f"X = {n}" + "\n" * n)
        assert load(folder, text % n).up({}) == {"x": n, "own": n}


def test_what_was_approved_is_what_runs(folder: Path) -> None:
    text = "def up(item): return item\n"
    load(folder, text)
    planned = {"0001_a.py": checksum(folder / "0001_a.py", [folder])}
    load(folder, text, planned=planned)
    with pytest.raises(MigrationError, match="is not what was planned"):
        load(folder, "raise SystemExit('never run')\n", planned=planned)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = 1\n\n1 / 0\n", "cannot be imported: ZeroDivisionError: division by zero (0001_a.py, line 3)"),
        ("import local_nope\n", "ModuleNotFoundError: No module named 'local_nope' (0001_a.py, line 1)"),
        ("import local_bad\n", "KeyError: 'x' (local_bad.py, line 2)"),
        ("import json\njson.loads('')\n", "(0001_a.py, line 2)"),
        ("import sys\nsys.exit(3)\n", "cannot be imported: SystemExit: 3"),
        ("def up(item:\n", "not valid Python"),
        ("def down(item, old): return item\n", "the migration has no function `up(item)`"),
        ("up = 3\n", "`up` is not a function: it is called as up(item)"),
        ("def up(): pass\n", "`up` takes other arguments, (): it is called as up(item)"),
        (
            "def up(item, view, more): pass\n",
            "`up` takes other arguments, (item, view, more): it is called as up(item)",
        ),
        ("def up(item, *, key): pass\n", "`up` takes other arguments"),
        ("async def up(item): pass\n", "`up` is an async function"),
        ("def up(item): yield item\n", "`up` yields; it must return"),
        (
            "def up(item): pass\ndef down(item): pass\n",
            "`down` takes other arguments, (item): it is called as down(item, old)",
        ),
        ("def up(item): pass\ndef verify(): pass\n", "`verify` takes other arguments"),
        ("def up(item): pass\nsource = {}\n", "`source` is not a function"),
        ("def up(item): pass\nselects = 'Fee'\n", "`selects` must be a dict"),
        ("def up(item): pass\nselects = {}\n", "`selects` must be a dict"),
        ("def up(item): pass\nselects = {'n': 1.5}\n", "not float"),
    ],
)
def test_what_is_wrong_names_the_file(folder: Path, text: str, reason: str) -> None:
    (folder / "local_bad.py").write_text("x = {}\nx['x']\n")
    with pytest.raises(MigrationError) as caught:
        load(folder, text)
    assert reason in caught.value.what
    assert caught.value.where == str(folder / "0001_a.py")


def test_an_up_that_takes_a_view_reads(folder: Path) -> None:
    assert not load(folder, "def up(item): return item\n").reads
    assert not load(folder, "def up(item, extra=None): return item\n").reads
    assert load(folder, "def up(item, view): return item\n").reads


def test_functions_that_settings_name_are_loaded_from_the_project(tmp_path: Path) -> None:
    (tmp_path / "local_search").mkdir()
    (tmp_path / "local_search/documents.py").write_text(
        "class Case:\n    @staticmethod\n    def of(item): return item\ndef case(item): return 1, item\nX = 1\n"
    )

    def function(reference: str) -> Any:
        return load_function(reference, tmp_path, setting="[[index]] document")

    assert function("local_search.documents:case")({}) == (1, {})
    assert function("local_search.documents:Case.of")({}) == {}
    for reference, reason in (
        ("local_search.documents:nope", "local_search.documents has no function nope"),
        ("local_search.documents:X", "has no function X"),
        ("local_search.nope:case", "importing local_search.nope failed: ModuleNotFoundError"),
        ("local_search.documents:Case", "takes other arguments"),
    ):
        with pytest.raises(ConfigError) as caught:
            function(reference)
        assert caught.value.what.startswith("[[index]] document: ")
        assert reason in caught.value.what


def test_loading_a_function_leaves_the_migrations_modules_in_reach(folder: Path) -> None:
    (folder / "local_late.py").write_text("X = 1\n")
    (folder.parent / "local_checks.py").write_text("def check(item): pass\n")
    migration = load(folder, "def up(item):\n    import local_late\n    return {'x': local_late.X}\n")
    load_function("local_checks:check", folder.parent, setting="[app] verify")
    assert migration.up({}) == {"x": 1}
