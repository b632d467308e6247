"""What outlives an item: the order of sets, and what a file keeps between calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from verdigris.migrations.lint.hits import Hit
from verdigris.migrations.lint.names import Names

#: These make something of a set that has the set's order.
_ORDERED = {"list", "tuple", "iter", "next", "enumerate", "zip", "map", "filter", "reversed"}
#: What is made inside of these has no order any more.
_ORDER_FREE = {"sorted", "set", "frozenset", "sum", "min", "max", "any", "all", "len", "dict"}
_SET_METHODS = {"union", "intersection", "difference", "symmetric_difference", "copy"}
_CHANGES = {
    "add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "setdefault",
    "update",
}  # fmt: skip
_FUNCTIONS = (ast.FunctionDef, ast.Lambda)


# ── the order of sets ────────────────────────────────────────────────────────────────────────────────────────────────


def set_order(tree: ast.Module, names: Names) -> Iterator[Hit]:
    """Places where the order of a set gets into something that has an order."""
    sets = _Sets(tree, names)
    free = {
        id(argument)
        for node in ast.walk(tree)
        if names.called(node) in _ORDER_FREE
        for argument in node.args  # type: ignore[attr-defined]
    }
    for node in ast.walk(tree):
        for source in _taken_in_order(node, names, free):
            if sets.holds(source):
                yield Hit("VM006", source.lineno, f"`{ast.unparse(source)}` has another order in every process")


def _taken_in_order(node: ast.AST, names: Names, free: set[int]) -> Iterator[ast.expr]:
    """The expressions that `node` takes one member after the other from, where their order stays visible."""
    if isinstance(node, ast.For):
        yield node.iter
    elif isinstance(node, (ast.ListComp, ast.GeneratorExp)) and id(node) not in free:
        yield from (part.iter for part in node.generators)
    elif isinstance(node, (ast.List, ast.Tuple)):
        yield from (member.value for member in node.elts if isinstance(member, ast.Starred))
    elif isinstance(node, ast.Call) and id(node) not in free:
        if names.called(node) in _ORDERED or _method(node) == "join":
            yield from node.args
        elif _method(node) == "pop" and not node.args and isinstance(node.func, ast.Attribute):
            yield node.func.value


class _Sets:
    """Which expressions are surely sets."""

    def __init__(self, tree: ast.Module, names: Names) -> None:
        self._names = names
        self._known: set[str] = set()
        others: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                targets = {target.id for target in node.targets if isinstance(target, ast.Name)}
                (self._known if self.holds(node.value) else others).update(targets)
        self._known -= others

    def holds(self, node: ast.expr) -> bool:
        if isinstance(node, (ast.Set, ast.SetComp)):
            return True
        if isinstance(node, ast.Name):
            return node.id in self._known
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitOr, ast.BitAnd, ast.Sub, ast.BitXor)):
            return self.holds(node.left) or (not isinstance(node.op, ast.Sub) and self.holds(node.right))
        if isinstance(node, ast.Call):
            if self._names.called(node) in {"set", "frozenset"}:
                return True
            return (
                isinstance(node.func, ast.Attribute) and node.func.attr in _SET_METHODS and self.holds(node.func.value)
            )
        return False


def _method(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


# ── what is kept between calls ───────────────────────────────────────────────────────────────────────────────────────


def kept(tree: ast.Module) -> Iterator[Hit]:
    """Places where a function changes what belongs to the file."""
    shared = {
        target.id
        for node in tree.body
        for target in (node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)])
        if isinstance(target, ast.Name)
    }
    for function in (node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)):
        for node in ast.walk(function):
            if isinstance(node, ast.Global):
                yield Hit("VM015", node.lineno, f"`global {', '.join(node.names)}` is kept from one item to the next")
            elif (changed := _changed(node)) in shared - _own(function):
                yield Hit("VM015", node.lineno, f"`{changed}` is changed, and kept from one item to the next")  # type: ignore[attr-defined]


def _changed(node: ast.AST) -> str | None:
    """The name of what a node changes in place."""
    inside: ast.AST | None = None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
        inside = node.func.value
    elif isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, (ast.Store, ast.Del)):
        inside = node.value
    return inside.id if isinstance(inside, ast.Name) else None


def _own(function: ast.FunctionDef | ast.Lambda) -> set[str]:
    """The names that are the function's own."""
    own = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return own | {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
