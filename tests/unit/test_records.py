from __future__ import annotations

import typing

import msgspec
import pytest

from verdigris.core import records
from verdigris.core.machine import Event
from verdigris.core.model import Color, DataVersion, Kind, Phase
from verdigris.core.planned_indexes import PlannedIndex
from verdigris.core.planning import PHASES, PendingMigration, Plan
from verdigris.core.records import Body, Record, from_json, to_json

PLAN = Plan(
    env="dev",
    kind=Kind.MIGRATE,
    before=Color.BLUE,
    after=Color.GREEN,
    source=DataVersion.ALPHA,
    destination=DataVersion.BETA,
    source_table="a",
    destination_table="b",
    deploy_table="c",
    indexes=(PlannedIndex("case", "case-alpha", "case-beta", "case"),),
    migrations=(PendingMigration("0001_a.py", "sum"),),
    phases=PHASES[Kind.MIGRATE],
    notes=("zwei „Zeilen“\n",),
)
BODIES: tuple[Body, ...] = (
    records.Started(PLAN),
    records.PhaseBegan(Phase.BACKFILL),
    records.Intent(Phase.BACKFILL, "mark"),
    records.Outcome(Phase.BACKFILL, "mark", {"at_s": 1.5, "stream": "arn", "none": None, "list": ["a"], "yes": True}),
    records.PhaseDone(Phase.BACKFILL, {}),
    records.Failed(Phase.VERIFY, "unverified", "what", "where", "state", "verdigris status"),
    records.Gate("switch-4be1c0d2", Phase.SWITCH, "digest", "2026-01-31T12:00:00+00:00", records.OnExpiry.BACK),
    records.Said(Event.APPROVED, "me", "looks good", "digest", "switch-4be1c0d2"),
    records.Flipped(None, Color.BLUE),
    records.Flipped(Color.BLUE, Color.GREEN),
    records.Mended("me", (PendingMigration("0001_a.py", "another sum"),)),
    records.Lost(1764100000.25),
    records.Undone(Phase.PROVISION),
    records.Closed(),
)


def test_every_kind_of_record_is_tried() -> None:
    assert {type(body) for body in BODIES} == set(typing.get_args(Body))


@pytest.mark.parametrize("body", BODIES, ids=lambda body: type(body).__name__)
def test_round_trip(body: Body) -> None:
    record = Record(3, 7, "2026-01-01T00:00:00.000+00:00", 12, body)
    assert from_json(to_json(record)) == record
    assert from_json(to_json(record).encode()) == record


def test_the_digest_survives_the_journal() -> None:
    body = from_json(to_json(Record(1, 1, "", 1, records.Started(PLAN)))).body
    assert isinstance(body, records.Started)
    assert body.plan.digest == PLAN.digest


@pytest.mark.parametrize("text", ["{}", '{"v": 1}', "[]", "nothing", '{"v": 1, "body": {"type": "unheard-of"}}'])
def test_what_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        from_json(text)


def test_a_newer_version_is_refused_whatever_it_looks_like() -> None:
    newer = msgspec.structs.replace(Record(1, 1, "", 1, records.Closed()), v=records.VERSION + 1)
    with pytest.raises(ValueError, match="version 2"):
        from_json(to_json(newer))
    with pytest.raises(ValueError, match="version 2"):
        from_json('{"v": 2, "quite": "different"}')


def test_what_a_later_version_adds_to_a_record_of_this_version_is_read_past() -> None:
    record = Record(1, 1, "", 1, records.PhaseBegan(Phase.BAKE))
    assert from_json(to_json(record)[:-1] + ',"more":[1]}') == record
