"""A color's application: `PUT /7 {"kind": "Case", "n": 3}` and `DELETE /7`, kept in the shape of its data version."""

from __future__ import annotations

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import shapes  # type: ignore[import-not-found]

_migrations = shapes.SIMPLE if os.environ["VERDIGRIS_VERSION"] == "beta" else frozenset()
_table = os.environ["VERDIGRIS_TABLE"]
_dynamodb = boto3.client("dynamodb", endpoint_url=os.environ["VERDIGRIS_DYNAMODB_URL"])


def keep(number: int, value: dict[str, Any] | None) -> None:
    items = shapes.second(number, shapes.Thing(**value), {}, _migrations) if value else []
    kept = {shapes.key_of(item) for item in items}
    requests: list[Any] = [{"Put": {"TableName": _table, "Item": shapes.encoded(item)}} for item in items]
    pk, sk = shapes.own_key(number)
    requests += [
        {"Delete": {"TableName": _table, "Key": shapes.encoded({"pk": pk, "sk": key})}}
        for key in (sk, f"contact|{sk}")
        if (pk, key) not in kept
    ]
    _dynamodb.transact_write_items(TransactItems=requests)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(200)

    def do_PUT(self) -> None:
        keep(int(self.path[1:]), json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self._answer(200)

    def do_DELETE(self) -> None:
        keep(int(self.path[1:]), None)
        self._answer(200)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        """Nothing."""


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
