"""CloudWatch's alarms of one region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verdigris.core.alarms import Alarm, AlarmState
from verdigris.stores.aws_errors import aws_errors

#: DescribeAlarms: at most 100 names a call (API reference). Without `AlarmTypes` it leaves out composite alarms.
_NAMES = 100
_TYPES = ["MetricAlarm", "CompositeAlarm"]


class CloudWatchAlarms:
    """The port `Alarms`. `client` is boto3's for `cloudwatch`."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def states(self, names: Sequence[str]) -> dict[str, Alarm]:
        found: dict[str, Alarm] = {}
        for start in range(0, len(names), _NAMES):
            some = list(names[start : start + _NAMES])
            with aws_errors(", ".join(some)):
                answer = self._client.describe_alarms(AlarmNames=some, AlarmTypes=_TYPES, MaxRecords=_NAMES)
            for alarm in (*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())):
                found[alarm["AlarmName"]] = Alarm(AlarmState(alarm["StateValue"]), alarm.get("StateReason", ""))
        return found
