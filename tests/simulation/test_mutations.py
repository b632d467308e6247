"""The checker has teeth, two: each rule of the protocol, taken away from the production core, is found missing."""

from __future__ import annotations

import re

import pytest
from tests.simulation.mutations import MUTATIONS, Mutation
from tests.simulation.rules_of_switching import planted

from verdigris.testing.simulation import Allowed, simulate

#: What a missing rule does to data; an exception would only say that the mutation is badly made.
HARM = re.compile(
    r"^(lost|extra|stale)[ :]|had to repair|Unverified|switched while|an aborted deployment left|"
    r"the alias names|while the deployment was paused|"
    r"wrote .* into the source|does not end|NotFound: no table|the table .* is gone"
)
#: What verify mends, and what it says of that: the tail knows nothing of what the backfill did.
FOUND = re.compile("though it was settled|had to repair")


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_missing_rule_is_found(mutation: Mutation) -> None:
    report = mutation.caught()
    assert report is not None, f"{mutation.seeds} schedules without this rule, and none was bad"
    assert HARM.search(report.wrong[0]), report.wrong
    assert mutation.said in report.wrong[0], report.wrong
    assert simulate(report.seed, mutation.allowed).ok, "bad with the rule in place, too"


def test_there_are_enough_of_them() -> None:
    names = {mutation.name for mutation in MUTATIONS}
    assert len(names) == len(MUTATIONS) >= 20


def test_verify_repairs_what_the_backfill_spoiled() -> None:
    """The other half of "verify trusts counts": the planted faults alone are found by verify, and mended."""
    mutation = Mutation("planted", planted, Allowed(faults=0))
    with mutation.applied():
        reports = [simulate(seed, mutation.allowed) for seed in range(60)]
    assert all(FOUND.search(wrong) for report in reports for wrong in report.wrong)
    assert sum(any("had to repair" in wrong for wrong in report.wrong) for report in reports) > 5
