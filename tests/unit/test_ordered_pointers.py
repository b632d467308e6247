"""Several pointers as one: their order, the way back, and what a run left that died in between."""

from __future__ import annotations

import pytest

from verdigris.core.model import Color
from verdigris.errors import Conflict, StoreError, Unreachable
from verdigris.stores.pointers.ordered import OrderedPointers

BLUE, GREEN = Color.BLUE, Color.GREEN


class Remembered:
    """A `TrafficPointer` in memory; `moves` is shared, and `broken` makes the next `set` fail."""

    def __init__(self, name: str, moves: list[str], live: Color | None = BLUE) -> None:
        self.name = name
        self.live = live
        self.broken = self.deaf = False
        self._moves = moves

    def read(self) -> Color | None:
        return self.live

    def demand(self, color: Color) -> None:
        """Both are there."""

    def set(self, color: Color) -> None:
        if self.broken:
            raise Unreachable("no answer")
        self._moves.append(f"{self.name} {color}")
        if not self.deaf:
            self.live = color


def three() -> tuple[list[Remembered], list[str]]:
    moves: list[str] = []
    return [Remembered(name, moves) for name in ("public", "internal", "flag")], moves


def test_they_move_in_order_and_back_in_reverse() -> None:
    some, moves = three()
    pointers = OrderedPointers(some)
    pointers.set(BLUE, GREEN, "t")
    assert pointers.read().live is GREEN
    pointers.set(GREEN, BLUE, "t", back=True)
    assert moves == ["public green", "internal green", "flag green", "flag blue", "internal blue", "public blue"]


def test_what_was_left_half_done_is_finished() -> None:
    some, moves = three()
    some[1].broken = True
    with pytest.raises(Unreachable) as caught:
        OrderedPointers(some).set(BLUE, GREEN, "t")
    where = "public → green, internal → blue, flag → blue"
    assert caught.value.state == f"{where}; the same command moves the rest"
    with pytest.raises(Conflict, match="public → green, internal → blue"):
        OrderedPointers(some).read()
    some[1].broken = False
    OrderedPointers(some).set(BLUE, GREEN, "t")
    assert moves == ["public green", "internal green", "flag green"]


def test_nothing_moves_where_one_of_them_shows_a_third_thing() -> None:
    some, moves = three()
    some[2].live = None
    with pytest.raises(Conflict) as caught:
        OrderedPointers(some).set(BLUE, GREEN, "t")
    assert (caught.value.where, moves) == ("flag", [])
    where = "public → blue, internal → blue, flag → neither color"
    assert caught.value.state == f"no pointer was moved: {where}"


def test_each_is_read_back() -> None:
    some, _ = three()
    some[0].deaf = True
    with pytest.raises(StoreError, match="was set to green, and says blue"):
        OrderedPointers(some).set(BLUE, GREEN, "t")


def test_two_of_one_name_that_disagree_are_no_agreement() -> None:
    some = [Remembered("public", [], GREEN), Remembered("public", [], BLUE)]
    with pytest.raises(Conflict, match="public → green, public → blue"):
        OrderedPointers(some).read()
