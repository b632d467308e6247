"""Migration files → functions. This is where user code runs for the first time."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from verdigris.core.selection import Selector
from verdigris.core.transform import Migration
from verdigris.errors import ConfigError, MigrationError
from verdigris.migrations.checksum import checksum
from verdigris.migrations.discovery import MigrationFile
from verdigris.migrations.imports import importable, is_projects, run_file

#: The functions of a migration file and what they are called with (design, section 6).
_ARGUMENTS = {"down": ("item", "old"), "verify": ("item",), "source": ("item",)}


def load_migrations(
    files: Sequence[MigrationFile], roots: Sequence[Path], planned: Mapping[str, str] | None = None
) -> tuple[Migration, ...]:
    """Imports the files and returns their migrations, in the order given; the modules under `roots` (the
    migrations' own folder, then the project's) can be imported.

    `planned`: file name → the checksum that the plan was made (and approved) with. Raises MigrationError with the
    file: it does not import (with the line), has no `up`, a function takes other arguments than it is called with,
    `selects` is wrong, or it is not what was planned.
    """
    with importable(roots):
        return tuple(_load(file, roots, (planned or {}).get(file.name)) for file in files)


def load_function(reference: str, project: Path, *, setting: str, arguments: int = 1) -> Callable[..., Any]:
    """The function that a setting names as `module:function`, imported from the project's folder or what is installed.

    `setting` is what the settings file calls it (`[app] verify`), for the message; `arguments` is how many it is
    called with. Raises ConfigError.
    """
    module_name, _, name = reference.partition(":")
    with importable([project]):
        try:
            module = import_module(module_name)
        except (Exception, SystemExit) as error:
            raise _wrong(setting, f"importing {module_name} failed: {_describe(error, [project])}", project) from error
    function: Any = module
    for part in name.split("."):
        function = getattr(function, part, None)
    if not callable(function):
        raise _wrong(setting, f"{module_name} has no function {name}", project)
    problem = _signature_problem(function, arguments)
    if problem:
        raise _wrong(setting, f"{reference} {problem}", project)
    return function  # type: ignore[no-any-return]


def _wrong(setting: str, what: str, project: Path) -> ConfigError:
    return ConfigError(f"{setting}: {what}", faults=(f"{setting}: {what}",), where=str(project))


def _load(file: MigrationFile, roots: Sequence[Path], planned: str | None) -> Migration:
    now = checksum(file.path, roots)
    if planned is not None and now != planned:
        raise MigrationError(
            f"the migration, or a module that it imports, is not what was planned: its checksum was {planned[:12]}… "
            f"and is {now[:12]}…",
            where=str(file.path),
        )
    try:
        module = run_file(file.path)
    except (Exception, SystemExit) as error:
        raise MigrationError(
            f"the migration cannot be imported: {_describe(error, roots)}", where=str(file.path)
        ) from error
    functions = {name: _function(module, name, file) for name in _ARGUMENTS}
    up, reads = _up(module, file)
    if up is None:
        raise MigrationError("the migration has no function `up(item)`", where=str(file.path))
    return Migration(
        name=file.name,
        up=up,
        selects=_selects(module, file),
        down=functions["down"],
        verify=functions["verify"],
        source=functions["source"],
        checksum=now,
        reads=reads,
    )


def _up(module: ModuleType, file: MigrationFile) -> tuple[Callable[..., Any] | None, bool]:
    """`up(item)` or `up(item, view)`, and whether it is the second."""
    up = getattr(module, "up", None)
    if callable(up) and not _signature_problem(up, 2) and _signature_problem(up, 1):
        return up, True
    return _function(module, "up", file), False


def _selects(module: ModuleType, file: MigrationFile) -> Mapping[str, Any] | None:
    selects = getattr(module, "selects", None)
    if selects is None:
        return None
    try:
        Selector(selects)
    except ValueError as error:
        raise MigrationError(str(error), where=str(file.path)) from None
    return dict(selects)


def _function(module: ModuleType, name: str, file: MigrationFile) -> Callable[..., Any] | None:
    function = getattr(module, name, None)
    if function is None:
        return None
    wanted = _ARGUMENTS.get(name, ("item",))
    problem = "is not a function" if not callable(function) else _signature_problem(function, len(wanted))
    if problem:
        raise MigrationError(f"`{name}` {problem}: it is called as {name}({', '.join(wanted)})", where=str(file.path))
    return function  # type: ignore[no-any-return]


def _signature_problem(function: Callable[..., Any], arguments: int) -> str:
    """Why `function` cannot be called with so many positional arguments and return at once; empty if it can."""
    if inspect.iscoroutinefunction(function):
        return "is an async function; it must be a plain one"
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        return "yields; it must return (a list, where there are several)"
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return ""  # built in, without a signature: the first call will tell
    try:
        signature.bind(*[None] * arguments)
    except TypeError:
        return f"takes other arguments, {signature}"
    return ""


def _describe(error: BaseException, roots: Sequence[Path]) -> str:
    """Type, message, and the innermost place in the project's own files, if it went through one."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"SyntaxError: {error.msg} ({Path(error.filename).name}, line {error.lineno})"
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    places = [
        f"{Path(frame.filename).name}, line {frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if is_projects(Path(frame.filename), roots) and Path(frame.filename).parent != Path(__file__).parent
    ]
    return f"{text} ({places[-1]})" if places else text
