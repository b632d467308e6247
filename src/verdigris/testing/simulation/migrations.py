"""The migrations of the simulated application, as the core runs them; `application.due` says by hand what they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verdigris.core.model import KeySchema
from verdigris.core.transform import Migration

Plain = dict[str, Any]


def _tripled(item: Plain) -> Plain:
    return item | {"w": item["v"] * 3}


def _parted(item: Plain) -> list[Plain]:
    return [item, {"id": item["id"] + "/c", "kind": "c", "v": item["v"]}]


def _whole(item: Plain) -> Plain | None:
    return {"id": item["id"].removesuffix("/c")} if item["kind"] == "c" else None


def _moved(item: Plain) -> Plain:
    return {"id": f"place{item['to']}", "kind": "moved", "v": item["v"]}


def _moved_owned(item: Plain) -> Plain:
    return {"id": f"place{item['to']}", "kind": "moved", "owner": item["id"], "v": item["v"]}


def _keyless(item: Plain) -> Plain:
    """Between two migrations an item needs no key where the deployment gives it another one."""
    return {"half": item["to"], "v": item["v"]}


def _placed(item: Plain) -> Plain:
    return {"to": item["half"], "kind": "moved", "v": item["v"]}


def _placed_alone(item: Plain) -> Plain:
    return {"to": item["to"], "kind": "moved", "v": item["v"]}


def _placed_owned(item: Plain) -> Plain | None:
    if item["kind"] == "d":
        return None
    return {"to": item["to"], "kind": "moved", "owner": item["id"], "v": item["v"]}


def _owner(item: Plain) -> Plain | None:
    return {"id": item["owner"]} if item["kind"] == "moved" else None


def _seeing(item: Plain, view: Any) -> Plain:
    seen = view.get({"id": f"i{item['to']}"})
    return item | {"seen": seen["v"] if seen else -1}


def _careful(up: Callable[[Plain], Plain]) -> Callable[[Plain], Plain]:
    """Refuses items of the kind "x"."""

    def careful(item: Plain) -> Plain:
        if item["kind"] == "x":
            raise ValueError("an item of a kind that nobody has thought of")
        return up(item)

    return careful


_DROP = Migration("drop.py", up=lambda item: None, selects={"kind": "d"})
_TRIPLE = Migration("triple.py", up=_tripled, selects={"kind": "p"})
_PART = Migration("part.py", up=_parted, selects={"kind": "s"}, source=_whole)
MIGRATIONS: dict[str, tuple[Migration, ...]] = {
    "same": (_TRIPLE,),
    "drop": (_DROP,),
    "ttl": (Migration("triple.py", up=_tripled),),
    "split": (_PART,),
    "mixed": (_TRIPLE, _DROP, _PART),
    "moved-owner": (Migration("moved.py", up=_moved_owned, selects={"kind": "m"}, source=_owner), _DROP),
    "moved": (Migration("moved.py", up=_moved, selects={"kind": "m"}), _DROP),
    "view": (Migration("view.py", up=_seeing, selects={"kind": "r"}, reads=True),),
    "rekeyed": (
        Migration("keyless.py", up=_keyless, selects={"kind": "m"}),
        Migration("placed.py", up=_placed, selects={"half": list(range(20))}),
        _DROP,
    ),
    "rekeyed-owner": (Migration("placed.py", up=_placed_owned, selects={"kind": ["m", "d"]}, source=_owner),),
    "rekeyed-view": (Migration("view.py", up=_seeing, selects={"kind": "r"}, reads=True),),
    "picky": (Migration("triple.py", up=_careful(_tripled), selects={"kind": ["p", "x"]}),),
    "picky-moved": (Migration("moved.py", up=_careful(_moved), selects={"kind": ["m", "x"]}),),
    "picky-owner": (Migration("moved.py", up=_careful(_moved_owned), selects={"kind": ["m", "x"]}, source=_owner),),
    "picky-rekeyed": (Migration("placed.py", up=_careful(_placed_alone), selects={"kind": ["m", "x"]}),),
    "crowded": (Migration("moved.py", up=_moved, selects={"kind": "m"}),),
    "crowded-owner": (Migration("moved.py", up=_moved_owned, selects={"kind": "m"}, source=_owner),),
    "crowded-rekeyed": (Migration("placed.py", up=_placed_alone, selects={"kind": "m"}),),
}
#: What is left of them once somebody has thought of the kind "x".
MENDED: dict[str, tuple[Migration, ...]] = {
    "picky": (Migration("triple.py", up=_tripled, selects={"kind": ["p", "x"]}),),
    "picky-moved": (Migration("moved.py", up=_moved, selects={"kind": ["m", "x"]}),),
    "picky-owner": (Migration("moved.py", up=_moved_owned, selects={"kind": ["m", "x"]}, source=_owner),),
    "picky-rekeyed": (Migration("placed.py", up=_placed_alone, selects={"kind": ["m", "x"]}),),
}
#: The destination's key where a migration comes with another one. What no migration selects has it already.
REKEYED = {name: KeySchema((("to", "N"), ("kind", "S"))) for name in MIGRATIONS if "rekeyed" in name}
