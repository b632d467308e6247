"""The functions that Lambda would call: moto's server keeps their mappings, the test does their work."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from moto.awslambda.models import EventSourceMapping, lambda_backends
from moto.server import ThreadedMotoServer
from tests.project import Project

from verdigris.core.items import decode
from verdigris.core.model import Change, KeySchema
from verdigris.stores.dynamodb_stream import DynamoStream
from verdigris.stores.opensearch_index import OpenSearchIndex
from verdigris.stores.searching import Document

ACCOUNT, REGION = "123456789012", "us-east-1"


@contextmanager
def cloud() -> Iterator[str]:
    """moto's server within this process: a mapping of a stream that another engine has can be put into it."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # it has a line for every request, for a test that fails
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def add_mapping(stream: str, function: str) -> EventSourceMapping:
    """As CI leaves one that it has just made: it runs."""
    spec = {
        "RegionName": REGION,
        "AccountId": ACCOUNT,
        "EventSourceArn": stream,
        "FunctionName": function,
        "FunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}",
        "StartingPosition": "TRIM_HORIZON",
    }
    made = EventSourceMapping(spec)  # type: ignore[abstract]  # moto's own says that it is not
    lambda_backends[ACCOUNT][REGION]._event_source_mappings[made.uuid] = made
    return made


class StreamFunction(ABC):
    """Indexes what a stream gives, while its mapping is on. `read` is how many changes that was."""

    def __init__(self, project: Project, mapping: EventSourceMapping, search: OpenSearchIndex, into: str) -> None:
        key = KeySchema((("pk", "S"), ("sk", "S")))
        self._stream = DynamoStream(project.aws.json("dynamodbstreams"), mapping.event_source_arn, key)
        self._search, self._into = search, into
        self.mapping = mapping
        self._after: dict[str, str | None] = {}
        self._stop = threading.Event()
        self.read = 0

    @abstractmethod
    def body(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """The body of an item's document."""

    @abstractmethod
    def is_indexed(self, item: Mapping[str, Any]) -> bool:
        """Whether such an item has a document."""

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self._work)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _work(self) -> None:
        while not self._stop.wait(0.05):
            for shard in self._stream.shards() if self.mapping.enabled else ():
                page = self._stream.read(shard.id, self._after.get(shard.id))
                self._search.bulk(self._into, [one for change in page.changes for one in self._made(change)])
                self._after[shard.id] = page.last

    def _made(self, change: Change) -> Iterator[Document]:
        self.read += 1
        item = decode(change.new or change.old or b"{}")
        if self.is_indexed(item):
            yield Document(str(item["pk"]), self.body(item) if change.new else None, self.read)
