"""The flags against the journal: what a deployment itself makes of them never counts as somebody's hand."""

from __future__ import annotations

import pytest
from tests.unit.test_records import PLAN
from tests.unit.test_snapshot import FORTH, TO_THE_GATE, folded

from verdigris.core.flags import Flags
from verdigris.core.machine import Event
from verdigris.core.model import Color, DataVersion, Phase
from verdigris.core.records import Body, Intent, Outcome, Said
from verdigris.core.standing import disagreements, left

BEFORE = Flags(Color.BLUE, DataVersion.ALPHA, DataVersion.ALPHA)
DURING = Flags(Color.BLUE, DataVersion.ALPHA, DataVersion.BETA, migrate=True)
SWITCHED = Flags(Color.GREEN, DataVersion.ALPHA, DataVersion.BETA, migrate=True)
AFTER = Flags(Color.GREEN, DataVersion.BETA, DataVersion.BETA)
SET = Outcome(Phase.PROVISION, "set-flags", {})
APPROVED, ABORT = Said(Event.APPROVED, "me"), Said(Event.ABORT, "me")
SETTLING = Intent(Phase.FINALIZE, "settle-flags")


@pytest.mark.parametrize(
    ("bodies", "flags"),
    [
        ((), BEFORE),
        ((Intent(Phase.PROVISION, "set-flags"),), BEFORE),
        ((Intent(Phase.PROVISION, "set-flags"),), DURING),
        ((SET,), DURING),
        ((SET, ABORT), DURING),
        ((SET, ABORT), BEFORE),
        ((SET, *TO_THE_GATE, APPROVED, FORTH), SWITCHED),
        ((SET, *TO_THE_GATE, APPROVED, FORTH, SETTLING), SWITCHED),
        ((SET, *TO_THE_GATE, APPROVED, FORTH, SETTLING), AFTER),
    ],
)
def test_as_the_deployment_left_them(bodies: tuple[Body, ...], flags: Flags) -> None:
    assert PLAN.moves_data
    assert disagreements(folded(*bodies), flags) == []


@pytest.mark.parametrize(
    ("bodies", "flags", "said"),
    [
        ((), AFTER, ["current-color is green, and was blue"]),
        (
            (SET,),
            Flags(None, DataVersion.ALPHA, DataVersion.BETA, migrate=True),
            ["current-color is not set, and was blue"],
        ),
        ((SET,), BEFORE, ["destination-table-version is alpha, and was beta", "migrate is false, and was true"]),
        ((SET, *TO_THE_GATE, APPROVED, FORTH), DURING, ["current-color is blue, and was green"]),
        ((SET, ABORT), AFTER, ["current-color is green, and was blue", "source-table-version is beta, and was alpha"]),
    ],
)
def test_as_somebody_left_them(bodies: tuple[Body, ...], flags: Flags, said: list[str]) -> None:
    assert disagreements(folded(*bodies), flags)[: len(said)] == said


@pytest.mark.parametrize(
    ("bodies", "name", "value", "expected"),
    [
        ((), "current-color", Color.BLUE, True),
        ((), "current-color", Color.GREEN, False),
        ((), "migrate", True, False),
        ((SET,), "migrate", True, True),
        ((SET,), "migrate", False, False),
        ((SET,), "destination-table-version", DataVersion.BETA, True),
        ((SET,), "destination-table-version", DataVersion.ALPHA, False),
        ((SET, *TO_THE_GATE, APPROVED, FORTH), "current-color", Color.GREEN, True),
        ((SET, *TO_THE_GATE, APPROVED, FORTH, SETTLING), "source-table-version", DataVersion.BETA, False),
    ],
)
def test_only_what_the_deployment_left_puts_a_flag_back(
    bodies: tuple[Body, ...], name: str, value: Color | DataVersion | bool, expected: bool
) -> None:
    assert left(folded(*bodies), name, value) is expected
