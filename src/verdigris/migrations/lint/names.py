"""What names in a file mean: `dt.now` after `from datetime import datetime as dt` is `datetime.datetime.now`."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator


class Names:
    """The names of one file, read, never run."""

    def __init__(self, tree: ast.Module) -> None:
        self._imported = dict(_imports(tree))
        bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        bound |= {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
        bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        self._builtins = set(dir(builtins)) - bound - self._imported.keys()

    def meaning(self, node: ast.AST) -> str:
        """The dotted name that a name or attribute stands for: imported, or a built-in; "" for all else."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        root = self._imported.get(node.id, node.id if node.id in self._builtins else "")
        return ".".join([root, *reversed(parts)]) if root else ""

    def called(self, node: ast.AST) -> str:
        """What a call calls; "" where it is no call, or of nothing known."""
        return self.meaning(node.func) if isinstance(node, ast.Call) else ""


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(name in the file, dotted name)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0],) * 2
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def references(tree: ast.AST, names: Names) -> Iterator[tuple[ast.expr, str]]:
    """Every whole name or attribute that means something known: `os.environ.get` once, not its parts."""
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Name, ast.Attribute)) and id(node) not in inner and (meaning := names.meaning(node)):
            yield node, meaning


def strings(tree: ast.Module) -> dict[str, tuple[str, ...]]:
    """Names that stand for known texts: constants of the file, and what loops over such constants."""
    found: dict[str, tuple[str, ...]] = {}
    for constant in tree.body:
        if isinstance(constant, ast.Assign) and (values := _texts(constant.value, found)):
            found.update((target.id, values) for target in constant.targets if isinstance(target, ast.Name))
    for node in ast.walk(tree):
        match node:
            case (
                ast.For(target=ast.Name(id=name), iter=looped)
                | ast.comprehension(target=ast.Name(id=name), iter=looped)
            ):
                found.update({name: values} if (values := _texts(looped, found)) else {})
    return found


def _texts(node: ast.expr, known: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return (node.value,)
    if isinstance(node, ast.Name):
        return known.get(node.id, ())
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return tuple(text for member in node.elts for text in _texts(member, known))
    return ()


def texts_of(node: ast.expr | None, known: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The texts that an expression may be, as far as that is plain."""
    return () if node is None else _texts(node, known)
