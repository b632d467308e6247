"""What differs between two items, place by place. Pure.

Items are compared as DynamoDB keeps them: `1.0` is `1`, the order of attributes and of sets is nothing, `"1"` is not
`1`. Maps are compared member by member, lists of one length too; any other value as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from verdigris.core.fingerprint import canonical
from verdigris.core.model import RawItem

#: One value in DynamoDB's JSON: `{"S": "text"}`.
Tagged: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Changed:
    """A value that became another one. Values are in canonical form, here and in `Difference`."""

    old: Tagged
    new: Tagged


@dataclass(frozen=True, slots=True)
class Difference:
    """Place (`fee`, `address.city`, `lines[2].price`) → value; places in the order of their names. Falsy if empty."""

    added: Mapping[str, Tagged]
    removed: Mapping[str, Tagged]
    changed: Mapping[str, Changed]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    @property
    def places(self) -> tuple[str, ...]:
        """Every place where something differs."""
        return tuple(sorted({*self.added, *self.removed, *self.changed}))


def difference(old: RawItem, new: RawItem) -> Difference:
    """What turns `old` into `new`."""
    added: dict[str, Tagged] = {}
    removed: dict[str, Tagged] = {}
    changed: dict[str, Changed] = {}
    if old != new:
        _compare(orjson.loads(canonical(old)), orjson.loads(canonical(new)), "", added, removed, changed)
    return Difference(added, removed, changed)


def whole(item: RawItem) -> Difference:
    """An item that was not there before: every attribute is added."""
    return difference(b"{}", item)


def _compare(
    old: Mapping[str, Tagged],
    new: Mapping[str, Tagged],
    path: str,
    added: dict[str, Tagged],
    removed: dict[str, Tagged],
    changed: dict[str, Changed],
) -> None:
    for name in sorted({*old, *new}):
        place = name if not path or name.startswith("[") else f".{name}"
        place = f"{path}{place}"
        if name not in new:
            removed[place] = old[name]
        elif name not in old:
            added[place] = new[name]
        elif old[name] != new[name]:
            inside = _members(old[name], new[name])
            if inside is None:
                changed[place] = Changed(old[name], new[name])
            else:
                _compare(*inside, place, added, removed, changed)


def _members(old: Tagged, new: Tagged) -> tuple[Mapping[str, Tagged], Mapping[str, Tagged]] | None:
    """Two maps, or two lists of one length, by their members' places; None for all else."""
    if "M" in old and "M" in new:
        return old["M"], new["M"]
    if "L" in old and "L" in new and len(old["L"]) == len(new["L"]):
        return tuple({f"[{index}]": value for index, value in enumerate(one["L"])} for one in (old, new))  # type: ignore[return-value]
    return None


def show(value: Tagged, limit: int = 80) -> str:
    """A value for people, on one line: `"text"`, `12.50`, `true`, `null`, `b"…"`, `["a", 1]`, `{"x": 1}`, `set("a")`.

    Longer ones than `limit` characters end in `…`.
    """
    text = _text(value)
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"


def _text(value: Tagged) -> str:
    ((tag, inner),) = value.items()
    if tag == "M":
        return "{" + ", ".join(f"{_quoted(name)}: {_text(member)}" for name, member in inner.items()) + "}"
    if tag == "L":
        return "[" + ", ".join(map(_text, inner)) + "]"
    if tag in {"SS", "NS", "BS"}:
        return "set(" + ", ".join(_text({tag[0]: member}) for member in inner) + ")"
    if tag == "N":
        return str(inner)
    if tag == "NULL":
        return "null"
    if tag == "BOOL":
        return "true" if inner else "false"
    return _quoted(inner) if tag == "S" else f"b{_quoted(inner)}"


def _quoted(text: str) -> str:
    """As JSON: what could move a terminal's cursor is spelled out."""
    quoted = orjson.dumps(text).decode()
    return quoted if quoted.isprintable() else quoted.encode("ascii", "backslashreplace").decode()
