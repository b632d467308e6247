"""Imports point inward: cli → commands → runner → phases → stores, engines, journal → core. Read from the sources."""

from __future__ import annotations

import ast
import sys

import pytest
from tests.docs.tree import Module, modules, package_of

_INNER = {"core", "errors"}
_PORTS = _INNER | {"stores", "engines", "journal"}

#: package → what of Verdigris it may import besides itself
MAY: dict[str, set[str]] = {
    "verdigris": set(),
    "errors": set(),
    "core": {"errors"},
    "config": _INNER,
    "engines": _INNER,
    "stores": _INNER,
    "migrations": _INNER,
    "journal": _INNER,
    "local": _INNER | {"stores"},
    # The fault proxy forwards as the front door does; the kit loads migrations as a deployment does; the simulation
    # puts a bench together, as the workbench does.
    "testing": _PORTS | {"local", "migrations", "phases", "runner"},
    "phases": _PORTS,
    "runner": _INNER | {"phases"},
    # These compose everything (what stands around a deployment, an environment's adapters, its facts, a runner's
    # bench), so nothing else has to.
    "drivers": _PORTS | {"config", "local", "phases"},
    "wiring": _PORTS | {"config", "connections", "drivers", "local", "phases", "traffic"},
    "connections": _INNER | {"config", "local", "stores"},
    "traffic": _INNER | {"config", "stores"},
    "watched": _INNER | {"config", "phases", "stores"},
    "shaping": _INNER | {"config", "stores"},
    "indexes": _INNER | {"config", "migrations", "stores", "wiring"},
    "survey": _INNER | {"indexes", "migrations", "shaping", "stores", "wiring"},
    "workbench": _PORTS | {"drivers", "migrations", "phases", "shaping", "watched", "wiring"},
    "commands": _PORTS
    | {"config", "drivers", "indexes", "migrations", "phases", "runner", "shaping", "survey", "wiring", "workbench"},
    "demo": _INNER | {"local", "commands", "config"},
    # What it shows are the types of inner layers; what it does goes through commands.
    "cli": _INNER | {"commands", "config", "demo", "journal", "local", "migrations", "phases"},
}

#: (module, what it imports) → why
EXCEPTIONS = {
    ("verdigris.journal.dynamodb", "verdigris.stores.aws_errors"): "one mapping of AWS errors for every adapter",
}

#: Inside phases only the ports are known; which adapter is behind them is the wiring's business.
PORTS = {
    "verdigris.stores.base",
    "verdigris.stores.outside",
    "verdigris.stores.searching",
    "verdigris.engines.base",
    "verdigris.journal.journal",
    "verdigris.journal.quarantine",
}

#: The standard library as far as it neither waits, nor asks the clock, nor touches the world; and two JSON parsers.
PURE = {
    "__future__", "abc", "array", "binascii", "collections", "contextlib", "contextvars", "dataclasses", "datetime",
    "decimal", "enum", "functools",
    "hashlib", "itertools", "math", "msgspec", "operator", "orjson", "re", "struct", "traceback", "typing", "uuid",
    "zlib",
    "sys",  # byteorder
    "types",  # MappingProxyType
}  # fmt: skip
IMPURE_CALLS = {"now", "utcnow", "today", "open", "print", "input", "uuid1", "uuid4"}

#: top-level module → packages whose adapters may speak it
FOREIGN = {
    "boto3": {"stores"},
    "botocore": {"stores", "journal", "connections"},
    "urllib3": {"stores", "local"},
    "click": {"cli"},
    "rich": {"cli"},
    "greenlet": {"testing"},
    "starlette": {"local"},
    "uvicorn": {"local"},
    "pydantic": {"config"},
}

MODULES = modules()
ids = [module.name for module in MODULES]
parametrized = pytest.mark.parametrize("module", MODULES, ids=ids)


@parametrized
def test_imports_point_inward(module: Module) -> None:
    allowed = MAY[module.package] | {module.package}
    for name in module.imports():
        if package_of(name) in allowed or not name.startswith("verdigris.") or (module.name, name) in EXCEPTIONS:
            continue
        pytest.fail(f"{module.name} imports {name}: {module.package} may import {', '.join(sorted(allowed))} only")


@parametrized
def test_foreign_libraries_stay_at_the_edge(module: Module) -> None:
    for name in module.imports():
        packages = FOREIGN.get(name.partition(".")[0])
        assert packages is None or module.package in packages, f"{module.name} imports {name}"


@pytest.mark.parametrize("module", [m for m in MODULES if m.package in ("phases", "runner")], ids=lambda m: m.name)
def test_phases_know_ports_and_no_adapters(module: Module) -> None:
    for name in module.imports():
        if package_of(name) in ("stores", "engines", "journal"):
            assert name in PORTS, f"{module.name} imports {name}, which is no port"


@pytest.mark.parametrize("module", [m for m in MODULES if m.package in ("core", "errors")], ids=lambda m: m.name)
def test_the_core_is_pure(module: Module) -> None:
    for name in module.imports():
        top = name.partition(".")[0]
        assert top == "verdigris" or top in PURE, f"{module.name} imports {name}"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            assert name not in IMPURE_CALLS, f"{module.name}, line {node.lineno}: {name}()"


def test_the_tables_are_about_what_exists() -> None:
    packages = {module.package for module in MODULES}
    assert packages <= MAY.keys(), "a new package: say here what it may import"
    assert all(name in ids for pair in EXCEPTIONS for name in pair)
    assert PURE - {"msgspec", "orjson"} <= sys.stdlib_module_names
