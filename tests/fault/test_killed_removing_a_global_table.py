"""Abort and finalize where the table has replicas in two regions: killed, unanswered or refused at every call to AWS.

The same command again ends with nothing left of it: replicas first, each once, and home last. All but that table is in
memory; the deaths between other calls are in `tests/lifecycle/test_several_regions_killed.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import inf
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import pytest
from tests.contract.stores import local_aws
from tests.fault.global_tables import ACTED_AS_SOURCE, Copy, GlobalTable
from tests.fault.scripted import RESET, Answer, Request, answering, fault
from tests.lifecycle.perils import Exposed, Kills
from tests.lifecycle.scenario import Scenario, each_call
from tests.lifecycle.test_finalize import assert_only_green_is_left, baked
from tests.lifecycle.test_killed_anywhere import assert_as_before

from verdigris.core.machine import Event, State
from verdigris.core.model import Phase
from verdigris.errors import Unreachable
from verdigris.stores.dynamodb_admin import DynamoAdmin

EAST, WEST, NORTH = "us-east-1", "us-west-1", "eu-north-1"
OLD, NEW = "court-dev-alpha", "court-dev-beta"
_CHANGES = ("UpdateTable", "DeleteTable")
#: what AWS refuses with, for a while
REFUSALS = {
    "LimitExceededException": "too many operations at once",
    "ResourceInUseException": "another change is under way",
    "ValidationException": ACTED_AS_SOURCE,
}


def answered(request: Request, number: int) -> Answer | None:
    """No peril."""
    return None


@dataclass
class Cloud:
    """One server for all rounds; the table and the peril are the round's."""

    url: str = ""
    table: GlobalTable = field(default_factory=lambda: GlobalTable("", {}))
    #: (request, its number among the changes from 1) → what is answered in place of AWS
    peril: Callable[[Request, int], Answer | None] = answered
    changes: int = 0
    _clients: dict[str | None, Any] = field(default_factory=dict)

    def answer(self, request: Request) -> Answer:
        if request.operation == "ListTagsOfResource":
            return Answer({"Tags": []})
        if request.operation in _CHANGES:
            self.changes += 1
            if (given := self.peril(request, self.changes)) is not None:
                return given
        found = self.table.answer(request)
        assert found, request
        return found

    def begin(self, name: str) -> None:
        """North was made from the west: it is to go before that."""
        self.table = GlobalTable(name, {EAST: Copy(), WEST: Copy(EAST), NORTH: Copy(WEST)}, polls=1)
        self.peril, self.changes = answered, 0

    def assert_gone_in_order(self) -> None:
        assert self.table.changes == [
            (EAST, "UpdateTable", NORTH),
            (EAST, "UpdateTable", WEST),
            (EAST, "DeleteTable", EAST),
        ]
        assert self.table.copies == {}

    def client(self, service: str, region: str | None) -> Any:
        """One for the whole file: it takes longer to make than a round does."""
        if region not in self._clients:
            self._clients[region] = local_aws(self.url, EAST).client(service, region)
        return self._clients[region]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    with answering(made.answer) as script, pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda seconds: None))  # between its attempts
        made.url = script.url
        yield made


class OnAws:
    """A `TableAdmin` of memory tables, of which the one that goes is a table of AWS, too."""

    def __init__(self, scenario: Scenario, cloud: Cloud) -> None:
        self._tables, self._cloud = scenario.world.tables, cloud
        exposed = SimpleNamespace(
            client=lambda service, region: Exposed(cloud.client(service, region), "aws", scenario.kills)
        )
        self._aws = DynamoAdmin(exposed, sleep=lambda seconds: None)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tables, name)

    def delete(self, name: str) -> None:
        assert name == self._cloud.table.name, f"{name} is in use"
        self._aws.delete(name)
        self._tables.delete(name)


class AtAws(Kills):
    """At the calls to AWS only."""

    def __call__(self, port: str, name: str) -> None:
        if port == "aws":
            super().__call__(port, name)


@dataclass
class Ending:
    """A command that removes a table: how it begins, what it is, and what must be left."""

    table: str
    begin: Callable[[int], Scenario]
    end: State
    event: Event
    check: Callable[[Scenario], None]

    def of(self, seed: int, cloud: Cloud) -> Scenario:
        cloud.begin(self.table)
        scenario = self.begin(seed)
        scenario.world.expose = lambda port, name: OnAws(scenario, cloud) if name == "admin" else port
        return scenario

    def again_and_again(self, scenario: Scenario, cloud: Cloud) -> None:
        scenario.command(self.end, self.event)
        cloud.assert_gone_in_order()
        self.check(scenario)


def deployed(seed: int) -> Scenario:
    scenario = Scenario(seed, writes=0)
    scenario.until(Phase.PROVISION)
    return scenario


ENDINGS = {
    "abort": Ending(NEW, deployed, State.ABORTED, Event.ABORT, assert_as_before),
    "finalize": Ending(OLD, baked, State.FINISHED, Event.FINALIZE, assert_only_green_is_left),
}


@pytest.fixture(params=ENDINGS)
def ending(request: pytest.FixtureRequest) -> Ending:
    return ENDINGS[request.param]


def test_killed_at_every_call_to_aws(ending: Ending, cloud: Cloud) -> None:
    killed = 0
    for scenario in each_call(lambda seed: ending.of(seed, cloud), kills=AtAws):
        ending.again_and_again(scenario, cloud)
        killed += len(scenario.kills.killed)
    assert killed > 10, killed


def test_the_answer_to_each_change_is_lost(ending: Ending, cloud: Cloud) -> None:
    """It takes effect, and boto3 sends it again."""
    for nth in (1, 2, 3):
        scenario = ending.of(nth, cloud)
        cloud.peril = Losing(cloud, nth, 1)
        ending.again_and_again(scenario, cloud)


def test_no_attempt_of_a_change_is_answered(ending: Ending, cloud: Cloud) -> None:
    for nth in (1, 2, 3):
        scenario = ending.of(nth, cloud)
        cloud.peril = Losing(cloud, nth)
        with pytest.raises(Unreachable):
            ending.again_and_again(scenario, cloud)
        cloud.peril = answered
        ending.again_and_again(scenario, cloud)


@dataclass
class Losing:
    """The answers to `count` attempts, from the nth on, are lost after what they did."""

    cloud: Cloud
    nth: int
    count: float = inf

    def __call__(self, request: Request, number: int) -> Answer | None:
        if not self.nth <= number < self.nth + self.count:
            return None
        self.cloud.table.answer(request)
        return RESET


@pytest.mark.parametrize("code", REFUSALS)
def test_each_change_is_refused_for_a_while(ending: Ending, code: str, cloud: Cloud) -> None:
    """Longer than boto3 tries by itself. One command is enough."""
    for first in (1, 2, 3):
        scenario = ending.of(first, cloud)

        def refuse(request: Request, number: int, first: int = first) -> Answer | None:
            return fault(code, REFUSALS[code]) if first <= number < first + 10 else None

        cloud.peril = refuse
        ending.again_and_again(scenario, cloud)
