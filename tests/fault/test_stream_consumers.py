"""Consumers that take their time, as Lambda's do: the adapter and whole deployments, on a scripted control plane."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.contract.control_plane import aws
from tests.fault.event_source_mappings import Lambda, Mapping, serving
from tests.lifecycle.consumed import BETA, DECLARED, MAILER, READER
from tests.lifecycle.scenario import Scenario

from verdigris.core.machine import Event, State
from verdigris.core.model import Phase
from verdigris.errors import NotFound, PhaseFailed
from verdigris.stores.lambda_consumers import LambdaConsumers
from verdigris.stores.outside import DISABLED, ENABLED

STREAM = "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/2026"


@pytest.fixture
def cloud() -> Iterator[Lambda]:
    with serving(Lambda()) as made:
        yield made


@pytest.fixture
def consumers(cloud: Lambda) -> LambdaConsumers:
    client = aws(cloud.url).client("lambda")
    return LambdaConsumers(lambda: client, dict)


@pytest.fixture
def scenario(cloud: Lambda, consumers: LambdaConsumers) -> Scenario:
    """Before provision. Verdigris builds its index."""
    made = Scenario(1, writes=0.1)
    made.world.lambdas, made.world.consumers = consumers, DECLARED
    return made


def stream(scenario: Scenario) -> str:
    facts = scenario.world.tables.describe(BETA)
    assert facts is not None
    assert facts.stream is not None
    return facts.stream


def provisioned(scenario: Scenario) -> str:
    """Its table's stream, after provision; nothing reads it yet."""
    scenario.until(Phase.PROVISION)
    return stream(scenario)


# ── the adapter ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_page_is_read(cloud: Lambda, consumers: LambdaConsumers) -> None:
    made = {cloud.add(STREAM, f"reader-{number}:live") for number in range(5)}
    cloud.add(STREAM + "-other", "reader")
    found = consumers.of(STREAM)
    assert {one.id for one in found} == made
    assert found[0].function == "reader-0:live"


def test_a_change_passes_through_its_states(cloud: Lambda, consumers: LambdaConsumers) -> None:
    mapping = cloud.add(STREAM, "reader")
    assert consumers.turn(mapping, on=False)
    assert not consumers.turn(mapping, on=False), "it takes no orders while it is on its way"
    assert [consumers.of(STREAM)[0].state for _ in range(4)] == ["Disabling", "Disabling", DISABLED, DISABLED]
    assert consumers.turn(mapping, on=True)
    assert [consumers.of(STREAM)[0].state for _ in range(3)] == ["Enabling", "Enabling", ENABLED]
    assert (cloud.refused, len(cloud.asked)) == (1, 2)


def test_one_that_is_gone_cannot_be_turned(consumers: LambdaConsumers) -> None:
    with pytest.raises(NotFound):
        consumers.turn("00000000-0000-0000-0000-000000000009", on=True)


def test_a_server_that_fails_is_asked_again(cloud: Lambda, consumers: LambdaConsumers) -> None:
    mapping = cloud.add(STREAM, "reader")
    cloud.failures = [500, 429]
    assert [one.id for one in consumers.of(STREAM)] == [mapping]


# ── deployments ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_on_its_way_is_waited_for(cloud: Lambda, scenario: Scenario) -> None:
    """Creating, and then Enabled before it can be turned off; on again when the data is whole."""
    scenario.world.consumers = DECLARED
    arn = provisioned(scenario)
    mapping = cloud.add(arn, READER, "Creating", going=ENABLED, left=3)
    cloud.add(arn, MAILER, DISABLED)
    scenario.until(Phase.BACKFILL)
    assert cloud.states() == {READER: DISABLED, MAILER: DISABLED}
    assert cloud.asked == [(mapping, False)]
    scenario.until(Phase.REINDEX)
    assert cloud.states() == {READER: DISABLED, MAILER: ENABLED}
    scenario.command(State.BAKED)
    assert cloud.states() == {READER: ENABLED, MAILER: ENABLED}
    assert scenario.verdict() == []
    scenario.writing = False
    scenario.command(State.RETURNED, Event.ROLLBACK)
    scenario.command(State.ABORTED, Event.ABORT)
    assert cloud.states() == {READER: DISABLED, MAILER: DISABLED}


def test_one_that_is_never_disabled_is_the_end_of_patience(cloud: Lambda, scenario: Scenario) -> None:
    cloud.looks = 1 << 30
    scenario.world.consumers = DECLARED[:1]
    arn = provisioned(scenario)
    cloud.add(arn, READER)
    began_s = scenario.world.clock()
    with pytest.raises(PhaseFailed, match="is Disabling after 15 minutes, and not Disabled") as caught:
        scenario.until(Phase.BACKFILL)
    assert 900 <= scenario.world.clock() - began_s < 960
    assert caught.value.next_command == "verdigris deploy dev"
    assert scenario.world.items("beta") == {}
    cloud.mappings = {id_: Mapping(arn, READER, DISABLED) for id_ in cloud.mappings}
    scenario.until(Phase.VERIFY)


def test_one_that_appears_while_another_is_waited_for_is_disabled_too(cloud: Lambda, scenario: Scenario) -> None:
    scenario.world.consumers = DECLARED
    arn = provisioned(scenario)
    cloud.add(arn, READER)

    def appear() -> None:
        if cloud.asked and len(cloud.mappings) == 1:
            cloud.add(arn, MAILER)

    cloud.listed = appear
    scenario.until(Phase.BACKFILL)
    assert cloud.states() == {READER: DISABLED, MAILER: DISABLED}


def test_one_that_is_deleted_while_it_is_waited_for_is_no_hindrance(cloud: Lambda, scenario: Scenario) -> None:
    scenario.world.consumers = DECLARED[:1]
    arn = provisioned(scenario)
    cloud.add(arn, READER)
    cloud.listed = lambda: cloud.mappings.clear() if cloud.asked else None
    scenario.until(Phase.VERIFY)
    assert len(cloud.asked) == 1


def test_one_that_is_deleted_before_it_is_asked_is_no_hindrance(cloud: Lambda, scenario: Scenario) -> None:
    scenario.world.consumers = DECLARED[:1]
    arn = provisioned(scenario)
    mapping = cloud.add(arn, READER)
    looks = []

    def vanish() -> None:
        looks.append(mapping)
        if len(looks) == 3:
            cloud.mappings.pop(mapping)

    cloud.listed = vanish
    scenario.until(Phase.BACKFILL)
    assert cloud.states() == {}
