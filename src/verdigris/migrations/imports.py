"""Importing a project's Python: two versions of one project can be loaded by one process, one after the other."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import sysconfig
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import ModuleType


@dataclass
class _Loaded:
    """What was put into sys.path and sys.modules. It stays there, for imports that run when a function is called."""

    roots: list[Path] = field(default_factory=list)
    #: modules that are none of the project's
    others: set[str] = field(default_factory=set)
    #: module → file → what the file looked like
    modules: dict[str, tuple[Path, object]] = field(default_factory=dict)


_lock = threading.RLock()
_loaded = _Loaded()


@contextmanager
def importable(roots: Sequence[Path]) -> Iterator[None]:
    """Inside, the modules under `roots` can be imported. One thread at a time; leaves no `__pycache__`.

    Modules that an earlier use imported are shared, unless it was for another project or one of their files has
    changed: then all of them are forgotten by the interpreter, though not by the functions that were loaded with them.
    """
    wanted = [root.resolve() for root in roots]
    with _lock:
        _adopt()
        if not set(wanted) <= set(_loaded.roots) or any(_look(file) != look for file, look in _loaded.modules.values()):
            forget()
            sys.path[:0] = map(str, wanted)
            _loaded.roots.extend(wanted)
            _loaded.others.update(sys.modules)
        importlib.invalidate_caches()
        writes_no_bytecode = sys.dont_write_bytecode
        sys.dont_write_bytecode = True
        try:
            yield
        finally:
            sys.dont_write_bytecode = writes_no_bytecode
            _adopt()


def forget() -> None:
    """Takes everything that was loaded out of sys.path and sys.modules again."""
    with _lock:
        _adopt()
        for root in _loaded.roots:
            if str(root) in sys.path:
                sys.path.remove(str(root))
        for name in _loaded.modules:
            sys.modules.pop(name, None)
        _loaded.roots.clear()
        _loaded.others.clear()
        _loaded.modules.clear()


def run_file(path: Path) -> ModuleType:
    """The module of one file under a name of its own, run from its bytes, anew each time."""
    unique = f"verdigris_migration_{sha256(str(path.resolve()).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(unique, path)
    if spec is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[unique] = module
    exec(compile(path.read_bytes(), str(path), "exec", dont_inherit=True), module.__dict__)
    return module


def is_projects(file: Path, roots: Sequence[Path]) -> bool:
    """Whether `file` lies under a root and is not of a Python that was installed there."""
    place = file.resolve()
    pythons = [Path(sysconfig.get_path(kind)).resolve() for kind in ("stdlib", "purelib", "platlib")]
    installed = any(place.is_relative_to(python) for python in pythons)
    installed = installed or bool({"site-packages", "dist-packages"} & set(place.parts))
    return not installed and any(place.is_relative_to(root.resolve()) for root in roots)


def _adopt() -> None:
    """Notes the project's modules that were imported since, also by functions while they ran."""
    if not _loaded.roots:
        return
    for name in set(sys.modules) - _loaded.others - set(_loaded.modules):
        file = _local_file(name, sys.modules.get(name))
        if file is None:
            _loaded.others.add(name)
        else:
            _loaded.modules[name] = (file, _look(file))


def _look(file: Path) -> object:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _local_file(name: str, module: ModuleType | None) -> Path | None:
    """The module's file (or folder) if it is the project's: not Verdigris, nothing installed inside the project."""
    places = [getattr(module, "__file__", None), *getattr(module, "__path__", [])]
    place = next((place for place in places if place), None)
    if place is None or name.partition(".")[0] == "verdigris":
        return None
    file = Path(place).resolve()
    return file if is_projects(file, _loaded.roots) else None
