"""Which files of a project a Python file imports, found by reading, never by running."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from verdigris.errors import MigrationError


def local_modules(file: Path, roots: Sequence[Path]) -> list[Path]:
    """The files under `roots` that `file` imports, directly or not, packages' `__init__.py` included, in no order.

    `import` statements anywhere in a file count, also inside functions; imports by computed name are not seen.
    A module that is not under a root (the standard library, installed packages) does not count. Raises
    MigrationError for a file that is not valid Python or cannot be read.
    """
    found: dict[Path, None] = {}
    todo = [file.resolve()]
    while todo:
        current = todo.pop()
        for name in _imported_names(current, roots):
            for path in _files_of(name, roots):
                if path not in found and path != file.resolve():
                    found[path] = None
                    todo.append(path)
    return list(found)


def _imported_names(file: Path, roots: Sequence[Path]) -> Iterator[str]:
    for node in ast.walk(parse(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join(part for part in (_package(file, roots, node.level), base) if part)
            yield base
            # `from package import name`: the name may be a module of the package.
            yield from (f"{base}.{alias.name}" if base else alias.name for alias in node.names)


def parse(file: Path) -> ast.Module:
    """A file of Python. Raises MigrationError."""
    try:
        return ast.parse(file.read_bytes(), filename=str(file))
    except SyntaxError as error:
        line = f" (line {error.lineno})" if error.lineno else ""
        raise MigrationError(f"this is not valid Python: {error.msg}{line}", where=str(file)) from error
    except ValueError as error:
        raise MigrationError(f"this is not valid Python: {error}", where=str(file)) from error
    except OSError as error:
        raise MigrationError(f"the file cannot be read: {error.strerror}", where=str(file)) from error


def _package(file: Path, roots: Sequence[Path], level: int) -> str:
    """The dotted name of the package that `level` dots mean inside `file`."""
    folder = file.parent
    for _ in range(level - 1):
        folder = folder.parent
    for root in roots:
        if folder.is_relative_to(root.resolve()):
            return ".".join(folder.relative_to(root.resolve()).parts)
    return ""


def _files_of(name: str, roots: Sequence[Path]) -> Iterator[Path]:
    """The files that importing `name` runs: the module and the packages around it."""
    parts = name.split(".") if name else []
    for root in roots:
        for length in range(1, len(parts) + 1):
            module = root.joinpath(*parts[:length])
            for path in (module.with_name(module.name + ".py"), module / "__init__.py"):
                if path.is_file():
                    yield path.resolve()
