"""The HTTP API, the same in every version: logical entities in and out, whatever shape they are stored in.

    PUT     /{kind}/{id}           an entity, whole
    PATCH   /{kind}/{id}           some of its fields, and its new `rev`
    DELETE  /{kind}/{id}?rev=N
    GET     /{kind}/{id}
    POST    /cases/{id}/filings    {"rev": …, "entryId": …, "entry": {…}}: a docket entry, counted on its case
    GET     /users/{id}/work-items
    GET     /search?q=…            documents of cases
    GET     /health

A write that carries `X-Deadline` (Unix time in seconds) is refused with 503 after it: the client may have asked again.
Every answer says in `X-Court-Color` which color gave it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from court.case_index import CaseIndex, DocumentOf
from court.entities import CASES, ENTRIES, KINDS, Entity, Ref
from court.errors import Busy, CourtError, Malformed
from court.layout import Shape
from court.records import Records
from court.settings import Settings

#: The header that says until when a write may be begun.
DEADLINE = "X-Deadline"
#: The header of every answer that says which color gave it.
COLOR = "X-Court-Color"


def build(settings: Settings, shape: Shape, document: DocumentOf) -> Starlette:
    """The application of one version, at one place."""
    court = Court(Records(settings, shape), CaseIndex(settings, document))
    headers = {COLOR: settings.color}

    def endpoint(answer: Callable[[Request, bytes], Any]) -> Callable[[Request], Any]:
        async def handle(request: Request) -> Response:
            body = await request.body()
            try:
                return JSONResponse(await run_in_threadpool(answer, request, body), headers=headers)
            except CourtError as error:
                problem = {"error": type(error).__name__, "message": str(error)}
                return JSONResponse(problem, status_code=error.status, headers=headers)

        return handle

    def health(_request: Request, _body: bytes) -> Entity:
        return {"color": settings.color, "table": settings.table, "index": settings.index}

    one = "/{kind}/{id}"
    return Starlette(
        routes=[
            Route("/health", endpoint(health)),
            Route("/search", endpoint(court.search)),
            Route("/users/{id}/work-items", endpoint(court.assigned)),
            Route("/cases/{id}/filings", endpoint(court.file), methods=["POST"]),
            Route(one, endpoint(court.get), methods=["GET"]),
            Route(one, endpoint(court.put), methods=["PUT"]),
            Route(one, endpoint(court.patch), methods=["PATCH"]),
            Route(one, endpoint(court.delete), methods=["DELETE"]),
        ]
    )


class Court:
    """What each route does, in the order table, then index, then answer."""

    def __init__(self, records: Records, index: CaseIndex) -> None:
        self._records = records
        self._index = index

    def get(self, request: Request, _body: bytes) -> Entity:
        return self._records.get(_ref(request))

    def put(self, request: Request, body: bytes) -> Entity:
        ref, entity = _ref(request), _entity(body)
        _in_time(request)
        self._records.put(ref, entity)
        return self._written(ref)

    def patch(self, request: Request, body: bytes) -> Entity:
        ref, fields = _ref(request), _entity(body)
        _in_time(request)
        self._records.patch(ref, fields)
        return self._written(ref)

    def delete(self, request: Request, _body: bytes) -> Entity:
        ref = _ref(request)
        try:
            rev = int(request.query_params["rev"])
        except (KeyError, ValueError):
            raise Malformed("a deletion needs ?rev=, a whole number") from None
        _in_time(request)
        self._records.delete(ref, rev)
        return self._written(ref)

    def file(self, request: Request, body: bytes) -> Entity:
        case, filing = Ref(CASES, request.path_params["id"]), _entity(body)
        try:
            entry, fields = Ref(ENTRIES, filing["entryId"]), filing["entry"]
        except KeyError:
            raise Malformed("a filing needs rev, entryId and entry") from None
        _in_time(request)
        self._records.file(case, filing["rev"], entry, fields)
        return self._written(case)

    def assigned(self, request: Request, _body: bytes) -> list[str]:
        return self._records.assigned(request.path_params["id"])

    def search(self, request: Request, _body: bytes) -> list[Entity]:
        return self._index.search(request.query_params.get("q", ""))

    def _written(self, ref: Ref) -> Entity:
        if ref.kind == CASES:
            self._index.keep_in_step(ref, self._records.items)
        return {"written": ref.path}


def _ref(request: Request) -> Ref:
    kind = request.path_params["kind"]
    if kind not in KINDS:
        raise Malformed(f"no such kind: {kind}; known are {', '.join(KINDS)}")
    return Ref(kind, request.path_params["id"])


def _entity(body: bytes) -> Entity:
    try:
        found = json.loads(body)
    except ValueError:
        raise Malformed("the body is not JSON") from None
    if not isinstance(found, dict) or type(found.get("rev")) is not int:
        raise Malformed("the body must be an object with a whole number `rev`")
    return found


def _in_time(request: Request) -> None:
    deadline = request.headers.get(DEADLINE)
    if deadline is not None and time.time() > float(deadline):
        raise Busy("the request came after its own deadline")
