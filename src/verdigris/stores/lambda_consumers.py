"""The readers of a table's stream that Lambda runs: event source mappings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from verdigris.core.consuming import Reading
from verdigris.errors import Conflict
from verdigris.stores.aws_errors import aws_errors
from verdigris.stores.lambda_metrics import function_readings
from verdigris.stores.outside import StreamConsumer


class LambdaConsumers:
    """The port `StreamConsumers`. `client` gives boto3's for `lambda`, `metrics` the one for `cloudwatch`.

    States and their changes: Lambda's API reference, EventSourceMappingConfiguration. A change answers 202 and takes
    "up to several minutes" (Lambda Developer Guide, "Using Lambda with DynamoDB"); there is no waiter for it.
    """

    def __init__(self, client: Callable[[], Any], metrics: Callable[[], Any]) -> None:
        self._client = client
        self._metrics = metrics

    def of(self, stream: str) -> Sequence[StreamConsumer]:
        with aws_errors(stream):
            pages = self._client().get_paginator("list_event_source_mappings").paginate(EventSourceArn=stream)
            return [_consumer(mapping) for page in pages for mapping in page["EventSourceMappings"]]

    def turn(self, consumer: str, *, on: bool) -> bool:
        try:
            with aws_errors(consumer):
                self._client().update_event_source_mapping(UUID=consumer, Enabled=on)
        except Conflict:
            return False
        return True

    def longest_s(self, consumer: StreamConsumer) -> float:
        with aws_errors(consumer.function):
            return float(self._client().get_function_configuration(FunctionName=consumer.function)["Timeout"])

    def readings(self, consumer: StreamConsumer, from_s: float, to_s: float) -> Sequence[Reading]:
        return function_readings(self._metrics(), consumer.function, from_s, to_s)


def _consumer(mapping: dict[str, Any]) -> StreamConsumer:
    return StreamConsumer(
        id=mapping["UUID"],
        function=mapping["FunctionArn"].partition(":function:")[2],
        state=mapping["State"],
        since_s=mapping["LastModified"].timestamp(),
        start=mapping.get("StartingPosition", ""),
    )
