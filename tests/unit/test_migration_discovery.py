"""Which files of the folder are migrations, what is said about the others, and the text of a new one."""

from __future__ import annotations

from pathlib import Path

import pytest

from verdigris.errors import MigrationError, UsageError
from verdigris.migrations.checksum import checksum
from verdigris.migrations.discovery import Found, discover
from verdigris.migrations.loading import load_migrations
from verdigris.migrations.scaffold import file_name, new_migration, text


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_text("raise SystemExit('never run')")


def test_migrations_come_in_the_order_of_their_whole_names(tmp_path: Path) -> None:
    touch(tmp_path, "0010_b.py", "0002-a.py", "0001_z.py", "helpers.py", "__init__.py", "README.md")
    found = discover(tmp_path)
    assert [file.name for file in found.files] == ["0001_z.py", "0002-a.py", "0010_b.py"]
    assert [file.number for file in found.files] == [1, 2, 10]
    assert found.notes == ()


def test_one_number_twice_is_said(tmp_path: Path) -> None:
    touch(tmp_path, "0002_b.py", "0002-a.py", "0003_c.py")
    (note,) = discover(tmp_path).notes
    assert note.text == "0002-a.py and 0002_b.py share the number 0002; they run in the order of their whole names"
    assert note.files == ("0002-a.py", "0002_b.py")


@pytest.mark.parametrize(
    "name", ["002_a.py", "00002_a.py", "0002a.py", "0002.py", "0002_a b.py", "0002_a.PY", "2_a.py"]
)
def test_a_near_miss_is_said(tmp_path: Path, name: str) -> None:
    touch(tmp_path, name)
    found = discover(tmp_path)
    assert found.files == ()
    assert found.notes[0].text.startswith(f"{name} is ignored: the name of a migration is four digits")


def test_a_folder_is_no_migration(tmp_path: Path) -> None:
    (tmp_path / "0002_a").mkdir()
    (tmp_path / "0003_b.py").mkdir()
    assert [note.text for note in discover(tmp_path).notes] == [
        f"{name} is ignored: a migration is one file, not a folder" for name in ("0002_a", "0003_b.py")
    ]


def test_an_empty_folder_is_fine_and_a_missing_one_is_not(tmp_path: Path) -> None:
    assert discover(tmp_path) == Found((), ())
    with pytest.raises(MigrationError, match="there is no folder of migrations") as missing:
        discover(tmp_path / "nope")
    assert missing.value.next_command.startswith("verdigris migrations new NAME")
    touch(tmp_path, "file")
    with pytest.raises(MigrationError, match="this is a file"):
        discover(tmp_path / "file")


def test_a_new_migration_gets_the_next_number_and_can_be_loaded(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    assert new_migration(folder, "Amount in cents").name == "0001_amount_in_cents.py"
    touch(folder, "0041-x.py")
    path = new_migration(folder, 'Drop "old" é\\ users.')
    assert path.name == "0042_drop_old_e_users.py"
    (migration,) = load_migrations(discover(folder).files[-1:], [folder, tmp_path])
    assert migration.up({"pk": "a"}) == {"pk": "a"}
    assert (migration.selects, migration.down, migration.verify) == (None, None, None)
    assert path.read_text(encoding="utf-8").startswith('"""Drop \'old\' é users."""\n')


def test_the_commented_lines_of_a_new_migration_are_right(tmp_path: Path) -> None:
    lines = [line.removeprefix("# ") for line in text("x").splitlines()]
    (tmp_path / "0001_x.py").write_text("\n".join(line for line in lines if not line.startswith("What it")))
    (migration,) = load_migrations(discover(tmp_path).files, [tmp_path])
    assert migration.selects == {"entityName": "Fee"}
    assert migration.down is not None
    assert migration.verify is not None
    with pytest.raises(AssertionError, match="a fee is never negative"):
        migration.verify({"amountCents": -1})


def test_a_name_needs_a_letter_or_digit() -> None:
    assert file_name(7, "0002_x.py") == "0007_0002_x.py"
    for number, name in ((1, "…"), (1, ""), (10_000, "x")):
        with pytest.raises(UsageError):
            file_name(number, name)


def test_a_link_that_leads_nowhere_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "0001_gone.py").symlink_to("nowhere.py")
    (file,) = discover(tmp_path).files
    with pytest.raises(MigrationError, match="cannot be read"):
        checksum(file.path, [tmp_path])
