"""Writers that never stop, each with its part of the ledger; a write that is not acknowledged is sent again."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import urllib3
from tests.chaos.estate import shapes
from tests.chaos.estate.ledger import Changes, Ledger
from tests.project import Project

#: Sends one transaction; returns whether it was acknowledged.
Send = Callable[[Changes], bool]


class Writer:
    """Writes in a thread until it leaves the `with`, `pause_s` between two writes."""

    def __init__(self, ledger: Ledger, send: Send, pause_s: float = 0.005, number: int = 0) -> None:
        self._ledger = ledger
        self._send = send
        self._pause_s = pause_s
        self._number = number
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write, name=f"writer-{number}")
        self._error: BaseException | None = None

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        if self._error:
            raise self._error

    def _write(self) -> None:
        try:
            while not self._stop.wait(self._pause_s):
                changes = self._ledger.next(self._number)
                while not self._send(changes):  # even when it must stop: whether it took place would not be known
                    time.sleep(self._pause_s)
                self._ledger.take(changes)
        except BaseException as error:
            self._error = error


def fill(project: Project, ledger: Ledger, count: int) -> None:
    """Loads the ledger's first things into alpha."""
    project.raw("alpha").write([json.dumps(shapes.encoded(item)).encode() for item in ledger.fill(count)])


def to_table(project: Project) -> Send:
    """Straight into the source table."""
    source, client = project.raw("alpha"), project.aws.client("dynamodb")

    def send(changes: Changes) -> bool:
        if len(changes) > 1:
            client.transact_write_items(TransactItems=[_operation(source.name, *change) for change in changes.items()])
            return True
        puts = [shapes.encoded(shapes.first(number, thing)) for number, thing in changes.items() if thing]
        gone = [shapes.own_key(number) for number, thing in changes.items() if not thing]
        source.write([json.dumps(put).encode() for put in puts], gone)
        return True

    return send


def to_door(url: Callable[[], str]) -> Send:
    """Through the front door, to whatever color is live. A door that was killed may come back at another `url`."""
    http = urllib3.PoolManager(retries=False, timeout=30)

    def send(changes: Changes) -> bool:
        ((number, thing),) = changes.items()
        try:
            if thing is None:
                answer = http.request("DELETE", f"{url()}/{number}")
            else:
                answer = http.request("PUT", f"{url()}/{number}", json=thing._asdict())
        except urllib3.exceptions.HTTPError:
            return False
        return answer.status == 200

    return send


def _operation(table: str, number: int, thing: shapes.Thing | None) -> Any:
    if thing is None:
        pk, sk = shapes.own_key(number)
        return {"Delete": {"TableName": table, "Key": shapes.encoded({"pk": pk, "sk": sk})}}
    return {"Put": {"TableName": table, "Item": shapes.encoded(shapes.first(number, thing))}}
