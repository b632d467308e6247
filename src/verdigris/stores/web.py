"""JSON over HTTP with services that are not AWS: CI, webhooks, hooks."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import urllib3

from verdigris import errors
from verdigris.stores.backoff import Backoff

log = logging.getLogger(__name__)

#: Seconds to connect, and of silence while an answer is awaited.
_TIMEOUT = urllib3.Timeout(connect=5, read=30)
#: A service that asks for more patience than this is asked again sooner.
_MOST_PATIENCE_S = 60.0
_STATUSES: dict[int, type[errors.StoreError]] = {
    401: errors.AccessRefused,
    403: errors.AccessRefused,
    404: errors.NotFound,
    409: errors.Conflict,
    410: errors.NotFound,
    429: errors.Throttled,
}


@dataclass
class Web:
    """Asks one service. What is not answered, throttled or a server's error is asked again with jittered backoff.

    Redirects are not followed: what is sent is signed, or carries a token, for one address. No error holds a header or
    a query.
    """

    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(timeout=_TIMEOUT))
    backoff: Backoff = field(default_factory=lambda: Backoff(attempts=8, base_s=0.5, cap_s=30.0))

    def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> bytes:
        """The body of a 2xx answer.

        Raises AccessRefused (401, 403), NotFound (404, 410), Conflict (409), Invalid (another 4xx); after every retry
        Throttled and Unreachable: then it may have taken effect.
        """
        attempt = 0
        while True:
            answer = self._attempt(method, url, headers, body)
            if isinstance(answer, bytes):
                return answer
            failure, patience_s = answer
            attempt += 1
            if not isinstance(failure, errors.Throttled | errors.Unreachable):
                raise failure
            if attempt >= self.backoff.attempts:
                failure.what = f"{failure.what}, after {attempt} attempts"
                raise failure
            log.debug("%s %s: %s; again", method, shown(url), failure.what)
            if patience_s:
                self.backoff.sleep(min(patience_s, _MOST_PATIENCE_S))
            else:
                self.backoff.pause(attempt)

    def _attempt(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> bytes | tuple[errors.StoreError, float]:
        try:
            answer = self.pool.request(method, url, body=body, headers=headers, retries=False, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            return errors.Unreachable(f"no answer: {type(error).__name__}", where=shown(url)), 0.0
        if 200 <= answer.status < 300:
            return answer.data
        kind = _STATUSES.get(answer.status, errors.Unreachable if answer.status >= 500 else errors.Invalid)
        patience = answer.headers.get("retry-after", "")
        return kind(f"HTTP {answer.status}", where=shown(url)), float(patience) if patience.isdigit() else 0.0


def shown(url: str) -> str:
    """An address without what may be secret in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def signed(secret: str, id_: str, at_s: int, body: bytes) -> dict[str, str]:
    """The headers of a signed message, as Standard Webhooks has them (github.com/standard-webhooks, spec 1.0.0).

    `webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`. A secret that begins with
    `whsec_` is base64, any other one is taken as it is. Raises Invalid if that cannot be decoded.
    """
    key = secret.encode()
    if secret.startswith("whsec_"):
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            raise errors.Invalid(
                "a secret that begins with whsec_ must be base64",
                state="nothing was sent",
                next_command="mend the secret, then run the command again",
            ) from None
    digest = hmac.new(key, f"{id_}.{at_s}.".encode() + body, hashlib.sha256).digest()
    return {
        "content-type": "application/json",
        "webhook-id": id_,
        "webhook-timestamp": str(at_s),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
