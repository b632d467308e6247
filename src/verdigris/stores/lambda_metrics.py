"""What CloudWatch knows of a function that is given a stream's changes.

`IteratorAge`: "how old the last record in the batch was when processing finished", in milliseconds (Lambda Developer
Guide, "Monitoring with CloudWatch Logs" of DynamoDB streams); `Errors` and `Throttles`: calls that failed or were
refused. All in `AWS/Lambda`, by `FunctionName`; of an alias or version by `Resource`, too ("Types of metrics").
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from verdigris.core.consuming import MINUTE_S, Reading
from verdigris.errors import AccessRefused, Unreachable
from verdigris.stores.aws_errors import WHO_AM_I, aws_errors

_AGE, _FAILURES = "IteratorAge", ("Errors", "Throttles")


def function_readings(client: Any, function: str, from_s: float, to_s: float) -> Sequence[Reading]:
    """By minutes. `client` is boto3's for `cloudwatch`; `function`: with `:` and an alias where only that is meant."""
    found: dict[str, dict[float, float]] = {name: {} for name in (_AGE, *_FAILURES)}
    with aws_errors(function):
        pages = client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=[_query(function, _AGE, "Maximum"), *(_query(function, one, "Sum") for one in _FAILURES)],
            StartTime=datetime.fromtimestamp(from_s // MINUTE_S * MINUTE_S, UTC),
            EndTime=datetime.fromtimestamp(to_s, UTC),
            ScanBy="TimestampAscending",
        )
        for result in (result for page in pages for result in page["MetricDataResults"]):
            _demand_whole(function, result)
            times = (at.timestamp() for at in result["Timestamps"])
            found[_NAMES[result["Id"]]] |= dict(zip(times, result["Values"], strict=True))
    ages = found[_AGE]
    failed = {at: sum(found[one].get(at, 0) for one in _FAILURES) for one in _FAILURES for at in found[one]}
    return [
        Reading(at, ages[at] / 1000 if at in ages else None, round(failed.get(at, 0)))
        for at in sorted(ages.keys() | {at for at, number in failed.items() if number})
    ]


_NAMES = {name.lower(): name for name in (_AGE, *_FAILURES)}


def _query(function: str, metric: str, statistic: str) -> dict[str, Any]:
    name, _, alias = function.partition(":")
    dimensions = [{"Name": "FunctionName", "Value": name}]
    if alias:
        dimensions.append({"Name": "Resource", "Value": function})
    of = {"Namespace": "AWS/Lambda", "MetricName": metric, "Dimensions": dimensions}
    return {"Id": metric.lower(), "MetricStat": {"Metric": of, "Period": round(MINUTE_S), "Stat": statistic}}


def _demand_whole(function: str, result: dict[str, Any]) -> None:
    """Raises where CloudWatch says that it does not know (API reference, MetricDataResult)."""
    said = result.get("StatusCode")
    if said == "Forbidden":
        raise AccessRefused(f"CloudWatch does not show {result['Id']}", where=function, next_command=WHO_AM_I)
    if said == "InternalError":
        raise Unreachable(f"CloudWatch does not know {result['Id']} just now", where=function)
