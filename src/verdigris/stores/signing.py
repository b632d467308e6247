"""Signature Version 4 for the one kind of request that the data path sends: POST / with a JSON body.

botocore's own signer costs 150 µs a request, a sixth of the whole client's work on a batch of 25; this one keeps
the day's signing key and costs about 20 µs. A test holds it byte-equal to botocore's.
Source: AWS General Reference, "Create a signed AWS API request".
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Protocol


class FrozenCredentials(Protocol):
    """Access key, secret key and session token that belong together."""

    @property
    def access_key(self) -> str: ...

    @property
    def secret_key(self) -> str: ...

    @property
    def token(self) -> str | None: ...


class Signer:
    """Signs requests to one host for one service and region. Safe to share between threads."""

    def __init__(self, *, service: str, region: str, host: str) -> None:
        self._service = service
        self._region = region
        self._host = host
        self._key: tuple[str, str, bytes] = ("", "", b"")

    def headers(
        self, credentials: FrozenCredentials, *, content_type: str, target: str, body: bytes, at: datetime
    ) -> dict[str, str]:
        """All headers of the request, the signature included. `at` is the signing date, in UTC."""
        date = at.strftime("%Y%m%dT%H%M%SZ")
        headers = {"content-type": content_type, "host": self._host, "x-amz-date": date}
        if credentials.token:
            headers["x-amz-security-token"] = credentials.token
        headers["x-amz-target"] = target
        names = ";".join(headers)
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        request = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{date[:8]}/{self._region}/{self._service}/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        signature = _hmac(self._signing_key(credentials.secret_key, date[:8]), text).hex()
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}"
        )
        return headers

    def _signing_key(self, secret: str, day: str) -> bytes:
        known_secret, known_day, key = self._key  # read and replaced as one object: no lock needed
        if known_secret != secret or known_day != day:
            key = _hmac(f"AWS4{secret}".encode(), day)
            for part in (self._region, self._service, "aws4_request"):
                key = _hmac(key, part)
            self._key = (secret, day, key)
        return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
