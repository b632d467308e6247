"""Rules of the protocol taken away from a runner, as the simulation's mutations do: chaos must notice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tests.simulation import rules_of_settling as settling
from tests.simulation import rules_of_switching as switching
from tests.simulation.rules_of_settling import Patch

from verdigris.phases import verify


def _verify_repairs_nothing() -> Sequence[Patch]:
    """Verify believes that both sides are the same: so what others left undone stays."""
    return [(verify, "suspects", lambda *arguments: iter(()))]


RULES: Mapping[str, Callable[[], Sequence[Patch]]] = {
    "position-before-write": settling.position_before_write,
    "page-before-write": settling.page_kept_before_write,
    "deletes-not-written": settling.deletes_not_written,
    "claims-not-kept": settling.claims_not_kept,
    "readers-not-settled": settling.readers_not_settled,
    "late-writes-forgotten": switching.late_writes_forgotten,
    "takeover-without-bound": switching.takeover_without_bound,
    "verify-repairs-nothing": _verify_repairs_nothing,
}


def apply(names: str) -> None:
    """Takes these rules (joined by commas) away from this process for good."""
    for name in names.split(","):
        for where, attribute, instead in RULES[name]():
            setattr(where, attribute, instead)
