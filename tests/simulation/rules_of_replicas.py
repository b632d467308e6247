"""Rules of replicas: each function gives the patches that take one away."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

from tests.simulation.rules_of_settling import Patch

from verdigris.phases import redriving, replica_mark, replicas


def last_writes_not_awaited() -> Sequence[Patch]:
    """What the drain settles is not looked for in the other region."""
    return [(replicas, "wait_for_the_last", lambda bench, until_s: None)]


def writes_of_the_dead_forgotten() -> Sequence[Patch]:
    """A later runner goes on where the tail was, and knows only of what it writes itself."""
    return [(replica_mark, "since", lambda bench: None)]


def proof_stands_after_a_redrive() -> Sequence[Patch]:
    """What was settled because somebody said so counts as proven."""
    return [(redriving, "replica_mark", SimpleNamespace(void=lambda bench: None))]


def proven_once() -> Sequence[Patch]:
    """Before the switch nothing more is looked at."""
    return [(replicas, "catch_up", lambda bench: None)]
