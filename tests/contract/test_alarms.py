"""The contract of `Alarms`: CloudWatch's against moto's server, and those in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest
from tests.contract.control_plane import aws, control_plane, put_alarm

from verdigris.core.alarms import Alarm, AlarmState
from verdigris.errors import Unreachable
from verdigris.stores.cloudwatch import CloudWatchAlarms
from verdigris.stores.memory_watches import MemoryAlarms
from verdigris.stores.outside import Alarms


@dataclass
class Made:
    """`put` makes an alarm of this name, in this state."""

    alarms: Alarms
    put: Callable[[str, AlarmState, str], object]


@pytest.fixture(scope="module")
def cloud() -> Iterator[str]:
    with control_plane() as url:
        yield url


@pytest.fixture(params=["memory", "cloudwatch"])
def made(request: pytest.FixtureRequest) -> Made:
    if request.param == "memory":
        memory = MemoryAlarms()
        return Made(memory, lambda name, state, reason: memory.known.update({name: Alarm(state, reason)}))
    client = aws(request.getfixturevalue("cloud")).client("cloudwatch")
    return Made(CloudWatchAlarms(client), partial(put_alarm, client))


@pytest.mark.parametrize("state", list(AlarmState))
def test_an_alarm_says_its_state(made: Made, state: AlarmState) -> None:
    made.put(f"court-{state}", state, "so it is")
    assert made.alarms.states([f"court-{state}"]) == {f"court-{state}": Alarm(state, "so it is")}


def test_an_alarm_that_is_not_there_is_left_out(made: Made) -> None:
    made.put("court-errors", AlarmState.OK, "fine")
    assert list(made.alarms.states(["court-errors", "no-such-alarm"])) == ["court-errors"]
    assert made.alarms.states([]) == {}


def test_more_alarms_than_one_call_may_name(made: Made) -> None:
    names = [f"court-many-{number}" for number in range(130)]
    for name in names:
        made.put(name, AlarmState.OK, "fine")
    assert sorted(made.alarms.states(names)) == sorted(names)


def test_nobody_answers() -> None:
    client = aws("http://127.0.0.1:1").client("cloudwatch")
    with pytest.raises(Unreachable):
        CloudWatchAlarms(client).states(["court-errors"])
