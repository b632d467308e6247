"""Alarms: what an alarm may say, and what that means to a deployment that is watched. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AlarmState(StrEnum):
    """The states of a CloudWatch alarm."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class OnAlarm(StrEnum):
    """What a deployment does by itself when an alarm fires while it is watched."""

    #: goes back, unless that would leave behind what was written to the new color
    BACK = "back"
    #: goes back in any case
    BACK_LOSSY = "back-lossy"
    #: stops and says so
    STAY = "stay"


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm as it stands; `reason` is the service's own, for people."""

    state: AlarmState
    reason: str = ""
