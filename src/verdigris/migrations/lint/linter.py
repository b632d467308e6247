"""All checks over all files, and the comments that ignore some of what they find.

# verdigris: ignore[VM010]            on a line: what is found on that line
# verdigris: ignore[VM011, VM012]     on a line of its own: what is found about the file as a whole
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from verdigris.errors import MigrationError
from verdigris.migrations.discovery import MigrationFile
from verdigris.migrations.lint.behaviour import behaviour
from verdigris.migrations.lint.form import TableNeeds, attributes, form
from verdigris.migrations.lint.hits import Hit
from verdigris.migrations.lint.keeping import kept, set_order
from verdigris.migrations.lint.names import Names
from verdigris.migrations.lint.rules import BY_CODE, Rule
from verdigris.migrations.loading import load_migrations
from verdigris.migrations.local_modules import local_modules, parse

_COMMENT = re.compile(r"#\s*verdigris:\s*ignore\[([^\]]*)\]")


@dataclass(frozen=True)
class Finding:
    """One rule that does not hold; `line` counts from 1."""

    rule: Rule
    file: Path
    line: int
    what: str


def lint(files: Sequence[MigrationFile], roots: Sequence[Path], needs: TableNeeds) -> list[Finding]:
    """Everything found in the files, and in the modules of their own folder that they import; by file and line.

    Imports the migrations, to see whether they load; runs none of their functions.
    """
    migrations = {file.path.resolve() for file in files}
    found: list[Finding] = []
    helpers: dict[Path, None] = {}
    for file in files:
        try:
            found += _findings(file.path, _migration(file, roots, needs), _source(file.path))
            beside = local_modules(file.path, roots)
        except MigrationError as error:
            found.append(Finding(BY_CODE["VM000"], file.path, _line(error), error.what))
            continue
        helpers.update((path, None) for path in beside if path.parent == file.path.resolve().parent)
    for path in sorted(set(helpers) - migrations):
        found += _findings(path, _code(parse(path)), _source(path))
    return sorted(found, key=lambda one: (str(one.file), one.line, one.rule.code))


def _migration(file: MigrationFile, roots: Sequence[Path], needs: TableNeeds) -> list[Hit]:
    tree = parse(file.path)
    hits = [*form(tree), *attributes(tree, needs), *_code(tree)]
    try:
        load_migrations([file], roots)
    except MigrationError as error:
        hits.append(Hit("VM000", _line(error), error.what))
    return hits


def _code(tree: ast.Module) -> Iterator[Hit]:
    """What holds for helper modules as well."""
    names = Names(tree)
    yield from behaviour(tree, names)
    yield from set_order(tree, names)
    yield from kept(tree)


def _findings(path: Path, hits: Iterable[Hit], source: str) -> Iterator[Finding]:
    """What no comment ignores, and comments that ignore nothing."""
    comments = dict(_comments(source))
    used: set[tuple[int, str]] = set()
    for hit in dict.fromkeys(hits):
        lines = [
            line
            for line, (alone, codes) in comments.items()
            if hit.code in codes and (alone if hit.whole else line == hit.line)
        ]
        used.update((line, hit.code) for line in lines)
        if not lines or hit.code == "VM000":
            yield Finding(BY_CODE[hit.code], path, hit.line, hit.what)
    for line, (_, codes) in comments.items():
        for code in codes:
            if (line, code) not in used:
                what = f"nothing to ignore: no {code} here" if code in BY_CODE else f"there is no rule {code}"
                yield Finding(BY_CODE["VM016"], path, line, what)


def _comments(source: str) -> Iterator[tuple[int, tuple[bool, tuple[str, ...]]]]:
    """Line → whether the comment stands alone on it, and the codes that it ignores."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and (match := _COMMENT.search(token.string)):
            codes = tuple(code.strip() for code in match[1].split(",") if code.strip())
            yield token.start[0], (not token.line[: token.start[1]].strip(), codes)


def _source(path: Path) -> str:
    """The text, decoded as Python does."""
    with tokenize.open(path) as file:
        return file.read()


def _line(error: MigrationError) -> int:
    """Where a message names a line of the file."""
    match = re.search(rf"\((?:{re.escape(Path(error.where).name)}, )?line (\d+)\)", error.what)
    return int(match[1]) if match else 1
