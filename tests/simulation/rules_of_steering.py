"""Rules of budgets and pauses: each function gives the patches that take one away."""

from __future__ import annotations

from collections.abc import Sequence

from tests.simulation.rules_of_settling import Patch

from verdigris.core.control import Control
from verdigris.stores.pace import Pace


def paused_between_phases_only() -> Sequence[Patch]:
    """A pause lets no phase begin, and stops no page of one that is under way."""
    return [(Pace, "page", Pace.poll)]


def resume_not_heard() -> Sequence[Patch]:
    plain = Pace._take_up

    def take_up(self: Pace, control: Control | None) -> None:
        if not self._paused:
            plain(self, control)

    return [(Pace, "_take_up", take_up)]
