"""Several pointers as one: set in a stated order, each read back, and in the reverse order on the way back."""

from __future__ import annotations

from collections.abc import Sequence

from verdigris.core.model import Color
from verdigris.errors import Conflict, StoreError
from verdigris.stores.base import Pointer, TrafficPointer


class OrderedPointers:
    """A `LivePointer` over traffic pointers without compare-and-set. What a dead run left half done is set again."""

    def __init__(self, pointers: Sequence[TrafficPointer]) -> None:
        self._pointers = pointers

    def read(self) -> Pointer:
        """The color that all of them name. Raises Conflict if they disagree."""
        found = [(pointer.name, pointer.read()) for pointer in self._pointers]
        if len({live for _, live in found}) > 1:
            raise Conflict(
                "the pointers disagree: " + ", ".join(f"{name} → {live or 'none'}" for name, live in found),
                next_command="verdigris doctor ENV",
            )
        return Pointer(found[0][1])

    def register(self, color: Color, address: str) -> None:
        """They know their colors by name."""

    def demand(self, color: Color) -> None:
        for pointer in self._pointers:
            pointer.demand(color)

    def set(self, expected: Color | None, new: Color, token: str, *, back: bool = False) -> None:
        """As `LivePointer.set`; nothing is moved if one of them names a third thing."""
        order = list(reversed(self._pointers)) if back else list(self._pointers)
        try:
            lives = [pointer.read() for pointer in order]
        except StoreError as error:
            error.state = f"no pointer was moved: {self._standing()}; the same command moves them"
            raise
        for pointer, live in zip(order, lives, strict=True):
            if live not in (expected, new):
                raise Conflict(
                    f"traffic goes to {live or 'neither color'} there, not to {expected or 'neither color'}",
                    where=pointer.name,
                    state=f"no pointer was moved: {self._standing()}",
                    next_command="verdigris doctor ENV",
                )
        for pointer, live in zip(order, lives, strict=True):
            try:
                if live is not new:
                    _move(pointer, new)
            except StoreError as error:
                error.state = f"{self._standing()}; the same command moves the rest"
                raise

    def _standing(self) -> str:
        """Where each of them leads by now: of one that gave no answer it is not known what came of a move."""
        return ", ".join(f"{pointer.name} → {_said(pointer)}" for pointer in self._pointers)


def _said(pointer: TrafficPointer) -> str:
    try:
        return pointer.read() or "neither color"
    except StoreError:
        return "not known"


def _move(pointer: TrafficPointer, new: Color) -> None:
    pointer.set(new)
    if (live := pointer.read()) is not new:
        raise StoreError(f"it was set to {new}, and says {live or 'neither color'}", where=pointer.name)
