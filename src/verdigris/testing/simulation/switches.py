"""At which steps the schedule turns to another actor: drawn as the run goes, or the list of an earlier run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from typing import NamedTuple


class Switch(NamedTuple):
    """At `step` the actor number `pick` of those who can (modulo their count) goes on; `forced`: the one that ran
    cannot."""

    step: int
    pick: int
    forced: bool = False


class Switches:
    """Drawn: about every `every` steps, and whenever the actor that ran cannot go on. `made` keeps them."""

    def __init__(self, dice: Random, every: float) -> None:
        self._dice = dice
        self._scale = -1.0 / math.log1p(-1.0 / every) if every > 1 else 0.0
        self.made: list[Switch] = []
        self.next_step = 0
        self._draw(0)

    def take(self, count: int) -> int:
        """The number of the actor that goes on now, at `next_step`."""
        step = self.next_step
        pick = int(self._dice.random() * count)
        self.made.append(Switch(step, pick))
        self._draw(step)
        return pick

    def forced(self, step: int, count: int) -> int:
        """The same, where the actor that ran cannot go on."""
        if step >= self.next_step:
            self._draw(step)
        if count == 1:
            return 0
        pick = int(self._dice.random() * count)
        self.made.append(Switch(step, pick, forced=True))
        return pick

    def _draw(self, step: int) -> None:
        self.next_step = step + 1 + int(-math.log(1.0 - self._dice.random()) * self._scale)


class Replayed(Switches):
    """The switches of an earlier run, or what is left of them; the first of those who can, where it says nothing."""

    def __init__(self, switches: Sequence[Switch]) -> None:
        self.made = []
        self._picks: dict[tuple[int, bool], list[int]] = {}
        for step, pick, forced in switches:
            self._picks.setdefault((step, forced), []).append(pick)
        self._steps = sorted({switch.step for switch in switches if not switch.forced}, reverse=True)
        self._pass(0)

    def take(self, count: int) -> int:
        step = self.next_step
        self._pass(step)
        return self._pick(step, count, forced=False)

    def forced(self, step: int, count: int) -> int:
        self._pass(step)
        return self._pick(step, count, forced=True) if count > 1 else 0

    def _pick(self, step: int, count: int, *, forced: bool) -> int:
        picks = self._picks.get((step, forced))
        if not picks:
            return 0
        pick = picks.pop(0)
        self.made.append(Switch(step, pick, forced))
        return pick % count

    def _pass(self, step: int) -> None:
        while self._steps and self._steps[-1] <= step:
            self._steps.pop()
        self.next_step = self._steps[-1] if self._steps else -1
