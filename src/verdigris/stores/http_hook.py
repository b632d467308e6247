"""A hook that is a service of the user's, asked over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from verdigris.core.hooking import Asked, Reply, Status
from verdigris.errors import Invalid
from verdigris.stores.web import Web, shown, signed


class _Answer(msgspec.Struct):
    status: Status
    reason: str = ""


@dataclass(frozen=True)
class HttpHook:
    """A `Hook` that posts the question to `url` and takes the answer from the JSON that comes back.

    `secret` signs it, where there is one (as webhooks are); `now` gives seconds since the epoch.
    """

    name: str
    url: str
    secret: Callable[[], str] | None
    now: Callable[[], float]
    web: Web = field(default_factory=Web)

    def ask(self, what: Asked) -> Reply:
        body = msgspec.json.encode(what.body())
        headers = {"content-type": "application/json", "webhook-id": what.id}
        if self.secret:
            headers = signed(self.secret(), what.id, int(self.now()), body)
        said = self.web.ask("POST", self.url, headers, body)
        try:
            answer = msgspec.json.decode(said, type=_Answer)
        except msgspec.DecodeError as error:
            raise Invalid(
                f"the answer of a hook must be JSON with a status of {', '.join(Status)}: {error}",
                where=shown(self.url),
                next_command="mend the service, then run the command again",
            ) from None
        return Reply(answer.status, answer.reason)
