"""What a migration's file should hold, and what it does to the attributes that keys and indexes need."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from verdigris.core.planning import NewShape
from verdigris.migrations.lint.hits import Hit
from verdigris.migrations.lint.names import strings, texts_of

#: Functions that make no destination items.
_NOT_UP = {"down", "source", "verify"}


@dataclass(frozen=True)
class TableNeeds:
    """The attributes that the live table's key and the next one's indexes are made of (index attribute → names of
    indexes). `rekeyed`: the next table has another key; whose an item is, the attributes of this one say."""

    keys: frozenset[str] = frozenset()
    indexed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rekeyed: bool = False

    @classmethod
    def of(cls, create: Mapping[str, Any], new: NewShape | None = None) -> TableNeeds:
        """From the body of a CreateTable request, and from what `[table.destination]` makes of the table."""
        keys = _key_names(create)
        after = new.create if new else create
        indexed: dict[str, tuple[str, ...]] = {}
        for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
            for index in after.get(kind, ()):
                for part in index["KeySchema"]:
                    if (name := part["AttributeName"]) not in _key_names(after):
                        indexed[name] = (*indexed.get(name, ()), index["IndexName"])
        return cls(keys, indexed, new is not None and new.key != new.key_before)


def _key_names(create: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(part["AttributeName"] for part in create.get("KeySchema", ()))


def form(tree: ast.Module) -> Iterator[Hit]:
    """What the file lacks."""
    if not ast.get_docstring(tree):
        yield Hit("VM002", 1, "the file has no docstring", whole=True)
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)} | set(_assigned(tree))
    drops = _drops_all(tree)  # then nothing is left to verify, and what was dropped is still in the old table
    if "verify" not in defined and not drops:
        yield Hit("VM011", 1, "nothing says what must be true afterwards: there is no `verify`", whole=True)
    if "down" not in defined and not drops:
        yield Hit("VM012", 1, "there is no way back: no `down`", whole=True)
    selects = _assigned(tree).get("selects")
    if selects is not None and not _is_literal(selects):
        yield Hit("VM013", selects.lineno, f"`selects` is computed: `{ast.unparse(selects)}`")


def _drops_all(tree: ast.Module) -> bool:
    """Whether `up` is plain to return nothing, ever."""
    ups = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "up"]
    values = [node.value for up in ups for node in ast.walk(up) if isinstance(node, ast.Return)]
    return bool(ups) and all(value is None or ast.unparse(value) == "None" for value in values)


def _assigned(tree: ast.Module) -> dict[str, ast.expr]:
    """The names that the file gives a value, each with its last one."""
    found: dict[str, ast.expr] = {}
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        value = getattr(node, "value", None)
        if value is not None:
            found.update((target.id, value) for target in targets if isinstance(target, ast.Name))
    return found


def _is_literal(node: ast.expr) -> bool:
    match node:
        case ast.Constant():
            return True
        case ast.Dict():
            return all(part is not None and _is_literal(part) for part in (*node.keys, *node.values))
        case ast.List() | ast.Tuple() | ast.Set():
            return all(map(_is_literal, node.elts))
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
            return True
        case ast.Call(func=ast.Name(id="Decimal"), args=[argument], keywords=[]):
            return _is_literal(argument)
    return False


# ── keys and indexes ─────────────────────────────────────────────────────────────────────────────────────────────────


def attributes(tree: ast.Module, needs: TableNeeds) -> Iterator[Hit]:
    """Key attributes that are set without a `source`; attributes of indexes that are taken away for good."""
    known = strings(tree)
    parts = [node for node in tree.body if getattr(node, "name", "") not in _NOT_UP]
    nodes = [node for part in parts for node in ast.walk(part)]
    given, taken = list(_given(nodes, known)), list(_taken(nodes, known))
    kept = {name for name, _, _ in given}
    if not any(isinstance(node, ast.FunctionDef) and node.name == "source" for node in tree.body):
        for name, value, line in given:
            if name in needs.keys and not _is_same(value, name):
                yield Hit("VM003", line, f"the key attribute `{name}` is set, and there is no `source`")
        for name, line in taken if needs.rekeyed else ():
            if name in needs.keys and name not in kept:
                yield Hit("VM003", line, f"`{name}` of the old key is removed, and there is no `source`")
    for name, line in taken:
        if name in needs.indexed and name not in kept:
            indexes = ", ".join(needs.indexed[name])
            yield Hit("VM010", line, f"`{name}` is removed, a key attribute of the index {indexes}")


def _given(nodes: list[ast.AST], known: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, ast.expr | None, int]]:
    """Attributes that get a value: (name, the value where it is plain, line)."""
    asked = [node for node in nodes if isinstance(node, ast.Call) and _function(node) == "get"]
    asked_for = {id(argument) for node in asked for argument in node.args}
    for node in nodes:
        if isinstance(node, ast.Dict) and id(node) not in asked_for:
            for key, value in zip(node.keys, node.values, strict=True):
                yield from ((name, value, value.lineno) for name in texts_of(key, known))
        elif isinstance(node, ast.DictComp):
            yield from ((name, node.value, node.lineno) for name in texts_of(node.key, known))
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Subscript):
                    yield from ((name, node.value, node.lineno) for name in texts_of(target.slice, known))
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Subscript):
            yield from ((name, None, node.lineno) for name in texts_of(node.target.slice, known))
        elif isinstance(node, ast.Call) and _function(node) in {"update", "dict"}:
            yield from ((one.arg, one.value, node.lineno) for one in node.keywords if one.arg)


def _taken(nodes: list[ast.AST], known: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, int]]:
    """Attributes that are removed: `del item["x"]`, `item.pop("x")`."""
    for node in nodes:
        if isinstance(node, ast.Delete):
            for target in node.targets:
                if isinstance(target, ast.Subscript):
                    yield from ((name, node.lineno) for name in texts_of(target.slice, known))
        elif isinstance(node, ast.Call) and _function(node) == "pop" and node.args:
            yield from ((name, node.lineno) for name in texts_of(node.args[0], known))


def _function(node: ast.Call) -> str:
    """The last part of what is called."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _is_same(value: ast.expr | None, name: str) -> bool:
    """Whether a value is some item's own attribute of that name: `item["pk"]`, `item.get("pk")`."""
    if isinstance(value, ast.Subscript):
        return isinstance(value.slice, ast.Constant) and value.slice.value == name
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in {"get", "pop"}:
        return bool(value.args) and isinstance(value.args[0], ast.Constant) and value.args[0].value == name
    return False
