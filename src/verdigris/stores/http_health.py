"""A health check: one address that answers with the expected status."""

from __future__ import annotations

from dataclasses import dataclass, field

import urllib3

from verdigris.stores.web import shown


@dataclass(frozen=True)
class HttpHealth:
    """The port `HealthCheck`. One request a look: how often it must fail is not decided here. Redirects are not
    followed: a status that is expected is the address's own."""

    url: str
    status: int = 200
    timeout_s: float = 5.0
    pool: urllib3.PoolManager = field(default_factory=urllib3.PoolManager)

    @property
    def name(self) -> str:
        return shown(self.url)

    def look(self) -> str:
        timeout = urllib3.Timeout(total=self.timeout_s)
        try:
            answer = self.pool.request("GET", self.url, timeout=timeout, retries=False, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            return f"no answer: {type(error).__name__}"
        return "" if answer.status == self.status else f"HTTP {answer.status} instead of {self.status}"
