"""A webhook that is told of phases that are passed, by a signed message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from verdigris.core.announcing import Announcement
from verdigris.core.records import Evidence
from verdigris.errors import AccessRefused
from verdigris.stores.web import Web, shown, signed


@dataclass(frozen=True)
class Webhook:
    """A `Notifier` that posts to `url`. `secret` gives the signing secret, `now` seconds since the epoch.

    The receiver knows a message that comes again by its `webhook-id`.
    """

    url: str
    secret: Callable[[], str]
    now: Callable[[], float]
    web: Web = field(default_factory=Web)

    @property
    def name(self) -> str:
        return f"webhook {shown(self.url)}"

    def here(self) -> str:
        return ""

    def tell(self, what: Announcement, place: str) -> Evidence:
        body = msgspec.json.encode(what.body)
        try:
            self.web.ask("POST", self.url, signed(self.secret(), what.id, int(self.now()), body), body)
        except AccessRefused as error:
            error.what = f"the webhook refused the message ({error.what}): does it know the signing secret?"
            raise
        return {}
