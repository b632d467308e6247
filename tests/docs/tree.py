"""The source tree as the tests of this folder read it: modules, their imports, and the pages of the documentation."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src"
DOCS = ROOT / "docs"
#: Every page that people read, the ones beside the code included.
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *(ROOT / "examples").rglob("*.md")])


@dataclass(frozen=True)
class Module:
    """One file of the package. `name` is dotted."""

    name: str
    path: Path

    @property
    def package(self) -> str:
        """What of Verdigris it belongs to: `verdigris.phases.tail` → `phases`, `verdigris.runner` → `runner`."""
        return package_of(self.name)

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text("utf-8"))

    def imports(self) -> Iterator[str]:
        """Dotted names, those inside functions too; `from a import b` gives `a.b` where that is a module."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{self.name}: a relative import"
                base = node.module or ""
                for alias in node.names:
                    yield f"{base}.{alias.name}" if _is_module(f"{base}.{alias.name}") else base


def modules() -> list[Module]:
    return [Module(_dotted(path), path) for path in sorted((SRC / "verdigris").rglob("*.py"))]


def package_of(name: str) -> str:
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "verdigris"


def _dotted(path: Path) -> str:
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _is_module(name: str) -> bool:
    place = SRC.joinpath(*name.split("."))
    return place.is_dir() or place.with_suffix(".py").is_file()
