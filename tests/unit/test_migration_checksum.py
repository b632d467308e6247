"""Checksums: over the file and the local modules that it imports, found without running anything."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from verdigris.errors import MigrationError
from verdigris.migrations.checksum import checksum, code_checksum
from verdigris.migrations.local_modules import local_modules


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "migrations/0001_a.py": "import json, boto3, helper\nfrom court import entities\nraise SystemExit\n",
        "migrations/helper.py": "def f():\n    import lazy\n",
        "lazy.py": "import helper\n",
        "court/__init__.py": "from .base import x\n",
        "court/base.py": "from . import deep\nfrom .deep import inner as other\n",
        "court/entities.py": "import court.entities\n",
        "court/deep/__init__.py": "",
        "court/deep/inner.py": "from .. import sibling\n",
        "court/unrelated.py": "",
        "court/sibling.py": "",
        "spaces/named.py": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def seen(project: Path, file: str) -> set[str]:
    found = local_modules(project / file, [project / "migrations", project])
    return {path.relative_to(project.resolve()).as_posix() for path in found}


def test_local_modules_are_found_through_every_form_of_import(project: Path) -> None:
    assert seen(project, "migrations/0001_a.py") == {
        "migrations/helper.py",
        "lazy.py",
        "court/__init__.py",
        "court/base.py",
        "court/entities.py",
        "court/deep/__init__.py",
        "court/deep/inner.py",
        "court/sibling.py",
    }


def test_packages_without_init_files_are_found(project: Path) -> None:
    (project / "migrations/0002_b.py").write_text("from spaces import named\n")
    assert seen(project, "migrations/0002_b.py") == {"spaces/named.py"}


def test_every_byte_of_what_is_imported_counts_and_nothing_else(project: Path) -> None:
    def now() -> str:
        return checksum(project / "migrations/0001_a.py", [project / "migrations", project])

    before = now()
    (project / "court/unrelated.py").write_text("x = 1\n")
    assert now() == before
    for name in ("migrations/0001_a.py", "migrations/helper.py", "lazy.py", "court/deep/inner.py"):
        last = now()
        path = project / name
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
        assert now() != last, name
    last = now()
    (project / "court/deep/inner.py").rename(project / "court/deep/inner2.py")
    assert now() != last


def test_a_file_on_its_own_has_the_checksum_of_its_bytes(project: Path) -> None:
    path = project / "migrations/0003_c.py"
    path.write_bytes(b"def up(item):\r\n    return item\n")
    assert checksum(path, [project]) == sha256(path.read_bytes()).hexdigest()


def test_the_same_files_elsewhere_have_the_same_checksum(project: Path) -> None:
    copy = project / "copy"
    for name in ("migrations/0004_d.py", "copy/migrations/0004_d.py"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("import helper\n")
    (copy / "migrations/helper.py").write_bytes((project / "migrations/helper.py").read_bytes())
    (copy / "lazy.py").write_bytes((project / "lazy.py").read_bytes())
    one = checksum(project / "migrations/0004_d.py", [project / "migrations", project])
    assert one == checksum(copy / "migrations/0004_d.py", [copy / "migrations", copy])


def test_what_cannot_be_read_names_the_file(project: Path) -> None:
    bad = project / "migrations/0005_e.py"
    bad.write_text("x = (\n")
    with pytest.raises(MigrationError, match=r"not valid Python: .* \(line 1\) \(.*0005_e\.py\)"):
        checksum(bad, [project])
    bad.write_bytes(b"x = 1\0")
    with pytest.raises(MigrationError, match="not valid Python"):
        checksum(bad, [project])
    (project / "lazy.py").write_text("def f(:\n")
    with pytest.raises(MigrationError, match=r"lazy\.py"):
        checksum(project / "migrations/0001_a.py", [project / "migrations", project])
    with pytest.raises(MigrationError, match="cannot be read"):
        checksum(project / "migrations/0099_gone.py", [project])


def test_the_code_of_a_function_is_its_module_and_what_that_imports(tmp_path: Path) -> None:
    (tmp_path / "search").mkdir()
    (tmp_path / "search" / "documents.py").write_text("from search import titles\n")
    (tmp_path / "search" / "titles.py").write_text("SHORT = 1\n")
    before = code_checksum("search.documents:case", tmp_path)
    assert before == checksum(tmp_path / "search" / "documents.py", [tmp_path])
    (tmp_path / "search" / "titles.py").write_text("SHORT = 2\n")
    assert code_checksum("search.documents:case", tmp_path) != before
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "__init__.py").write_text("")
    assert code_checksum("pages:page", tmp_path)
    assert code_checksum("json:loads", tmp_path) == "", "installed"
