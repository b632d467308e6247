"""Checksums: whether a migration is still what was applied."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from verdigris.errors import MigrationError
from verdigris.migrations.local_modules import local_modules


def checksum(file: Path, roots: Sequence[Path]) -> str:
    """SHA-256 (hex) over a migration's bytes and those of every module under `roots` that it imports, directly or not.

    For a file that imports nothing of the project it is what `sha256sum` prints; otherwise it is taken of the lines
    that `sha256sum` prints for the file and, sorted by path, its modules (paths relative to their root). Bytes are
    bytes: other line endings are another checksum. Runs nothing. Raises MigrationError for a file that cannot be read
    or is not valid Python.
    """
    modules = local_modules(file, roots)
    own = _digest(file)
    if not modules:
        return own
    names = sorted((_relative(module, roots), module) for module in modules)
    lines = [f"{own}  {file.name}\n", *(f"{_digest(module)}  {name}\n" for name, module in names)]
    return sha256("".join(lines).encode()).hexdigest()


def code_checksum(reference: str, root: Path) -> str:
    """The checksum of the module that `module:function` names, where it is a file under `root`; "" where it is
    installed, since then its version belongs to the lock file."""
    module = root.joinpath(*reference.partition(":")[0].split("."))
    for file in (module.with_name(module.name + ".py"), module / "__init__.py"):
        if file.is_file():
            return checksum(file, [root])
    return ""


def _digest(file: Path) -> str:
    try:
        return sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise MigrationError(f"the file cannot be read: {error.strerror}", where=str(file)) from error


def _relative(file: Path, roots: Sequence[Path]) -> str:
    for root in roots:
        if file.is_relative_to(root.resolve()):
            return file.relative_to(root.resolve()).as_posix()
    return file.name
