"""CircleCI's API v2 as far as approvals go, as it documents them: workflows with jobs, in pages; personal tokens."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

TOKEN = "CCIPAT_planted_token"
_PAGE = 2


class CircleCi:
    """What the service remembers. `faults` are answered first: a status, or None for a connection that breaks."""

    def __init__(self) -> None:
        self.workflows: dict[str, list[dict[str, Any]]] = {}
        self.tokens = {TOKEN}
        self.faults: list[int | None] = []
        self.approvals: list[tuple[str, str]] = []
        #: so many approvals are made and not answered
        self.lost_answers = 0
        self.url = ""
        self.asked = 0

    def workflow(self, id_: str, *approvals: str, status: str = "on_hold") -> None:
        """A workflow that builds, then waits for these approval jobs."""
        jobs = [{"id": f"build-{n}", "name": f"build-{n}", "type": "build", "status": "success"} for n in range(3)]
        self.workflows[id_] = jobs + [
            {"id": name, "name": name, "type": "approval", "status": status, "approval_request_id": f"request-{name}"}
            for name in approvals
        ]

    def status(self, workflow: str, job: str) -> str:
        return next(str(one["status"]) for one in self.workflows[workflow] if one["name"] == job)

    def set_status(self, workflow: str, job: str, status: str) -> None:
        next(one for one in self.workflows[workflow] if one["name"] == job)["status"] = status

    def answer(self, method: str, target: str, token: str) -> tuple[int, dict[str, Any]]:
        self.asked += 1
        url = urlsplit(target)
        if token not in self.tokens:
            return 401, {"message": "You must log in first."}
        if method == "GET" and (found := re.fullmatch(r"/api/v2/workflow/([^/]+)/job", url.path)):
            jobs = self.workflows.get(found[1])
            if jobs is None:
                return 404, {"message": "Workflow not found"}
            start = int(parse_qs(url.query).get("page-token", ["0"])[0])
            more = start + _PAGE < len(jobs)
            return 200, {"items": jobs[start : start + _PAGE], "next_page_token": str(start + _PAGE) if more else None}
        if method == "POST" and (found := re.fullmatch(r"/api/v2/workflow/([^/]+)/approve/([^/]+)", url.path)):
            return self._approve(found[1], found[2])
        return 404, {"message": "Not found"}

    def _approve(self, workflow: str, request: str) -> tuple[int, dict[str, Any]]:
        for job in self.workflows.get(workflow, []):
            if job.get("approval_request_id") == request and job["status"] == "on_hold":
                job["status"] = "success"
                self.approvals.append((workflow, job["name"]))
                return 202, {"message": "Accepted."}
        return 400, {"message": "Job is not awaiting approval"}


class _Handler(BaseHTTPRequestHandler):
    service: ClassVar[CircleCi]

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def _answer(self, method: str) -> None:
        service = self.service
        self.rfile.read(int(self.headers.get("content-length", 0)))
        if service.faults:
            status: int | None = service.faults.pop(0)
            body: dict[str, Any] = {"message": "an error on purpose"}
        else:
            status, body = service.answer(method, self.path, self.headers.get("circle-token", ""))
        if method == "POST" and service.lost_answers:
            service.lost_answers -= 1
            status = None
        if status is None:
            self.close_connection = True
            return
        answer = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def circleci() -> Iterator[CircleCi]:
    """The service on a free port of 127.0.0.1."""
    service = CircleCi()
    handler = type("Handler", (_Handler,), {"service": service})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
