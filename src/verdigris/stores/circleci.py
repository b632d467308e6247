"""CircleCI: an approval job of a workflow is approved when a phase is passed (API v2).

https://circleci.com/docs/api/v2/: GET /workflow/{id}/job, POST /workflow/{id}/approve/{approval_request_id}.
The token must be a personal one: project tokens are of API v1 only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

import msgspec

from verdigris.core.announcing import Announcement
from verdigris.core.records import Evidence
from verdigris.errors import AccessRefused, Conflict, Invalid, NotFound, StoreError, Unreachable
from verdigris.stores.web import Web

WORKFLOW = "CIRCLE_WORKFLOW_ID"
_WAITING, _DONE = "on_hold", "success"
#: States of a job that its workflow has not come to yet.
_BEFORE = frozenset({"blocked", "not_running", "queued", "not_run"})
_LOOK_S = 5.0


class _Job(msgspec.Struct):
    name: str
    status: str = ""
    type: str = ""
    approval_request_id: str = ""


class _Jobs(msgspec.Struct):
    items: list[_Job] = []
    next_page_token: str | None = None


@dataclass(frozen=True)
class CircleCi:
    """A `Notifier` that approves the job `job`. `token` gives the API token; `environ` is where the runner runs.

    `patience_s`: how long the workflow may take to come to the job.
    """

    job: str
    token: Callable[[], str]
    environ: Mapping[str, str]
    sleep: Callable[[float], None]
    url: str = "https://circleci.com"
    patience_s: float = 300.0
    web: Web = field(default_factory=Web)

    @property
    def name(self) -> str:
        return f"circleci {self.job}"

    def here(self) -> str:
        """The workflow of the job that we run in."""
        return self.environ.get(WORKFLOW, "")

    def tell(self, what: Announcement, place: str) -> Evidence:
        """Approves the job, unless it is approved already.

        Raises NotFound if it is not known which workflow, or if that has no such job; Conflict if the job can no longer
        be approved.
        """
        if not place:
            raise NotFound(
                f"no run of this deployment was in a CircleCI job: {WORKFLOW} is not set",
                where=f"[[notify]] job = {self.job!r}",
                state="nothing was approved",
                next_command=f"{WORKFLOW}=<the workflow's id> verdigris deploy ENV",
            )
        job = self._awaited(place)
        if job.status != _DONE:
            self._approve(place, job)
        return {"workflow": place, "job": self.job}

    def _awaited(self, workflow: str) -> _Job:
        """The job, when the workflow has come to it."""
        left_s = self.patience_s
        while (job := self._job(workflow)).status in _BEFORE and left_s > 0:
            self.sleep(_LOOK_S)
            left_s -= _LOOK_S
        if job.status not in (_WAITING, _DONE):
            raise Conflict(
                f"the approval job {self.job!r} is {job.status}, and cannot be approved",
                where=self._where(workflow),
                state="nothing was approved",
                next_command="look at the workflow, then: verdigris deploy ENV",
            )
        return job

    def _approve(self, workflow: str, job: _Job) -> None:
        path = f"/workflow/{quote(workflow, safe='')}/approve/{quote(job.approval_request_id, safe='')}"
        try:
            self._ask("POST", path, workflow)
        except (Conflict, Invalid, NotFound, Unreachable):
            # An attempt whose answer was lost, or a person, may have approved it meanwhile.
            if self._job(workflow).status != _DONE:
                raise

    def _job(self, workflow: str) -> _Job:
        found: list[str] = []
        page = ""
        while True:
            path = f"/workflow/{quote(workflow, safe='')}/job{page}"
            jobs = msgspec.json.decode(self._ask("GET", path, workflow), type=_Jobs)
            approvals = [job for job in jobs.items if job.type == "approval"]
            for job in approvals:
                if job.name == self.job:
                    return job
            found += [job.name for job in approvals]
            if not jobs.next_page_token:
                raise NotFound(
                    f"the workflow has no approval job {self.job!r}; it has: {', '.join(found) or 'none'}",
                    where=self._where(workflow),
                    state="nothing was approved",
                    next_command="mend [[notify]] job, then: verdigris deploy ENV",
                )
            page = f"?page-token={quote(jobs.next_page_token, safe='')}"

    def _ask(self, method: str, path: str, workflow: str) -> bytes:
        try:
            return self.web.ask(method, f"{self.url}/api/v2{path}", {"Circle-Token": self.token()})
        except AccessRefused as error:
            raise AccessRefused(
                f"CircleCI refused the token ({error.what}): it has expired, was revoked, or is no personal API token",
                where=self._where(workflow),
                state="nothing was approved",
                next_command="make a new token, put it where [[notify]] token says, then: verdigris deploy ENV",
            ) from None
        except StoreError as error:
            error.where = self._where(workflow)
            raise

    def _where(self, workflow: str) -> str:
        return f"{self.url}, workflow {workflow}"
