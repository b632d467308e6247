"""The live pointer of the local front door: a client of its control port."""

from __future__ import annotations

from typing import Any

import orjson
import urllib3
from urllib3.util import Retry

from verdigris.core.model import Color
from verdigris.errors import Conflict, Invalid, StoreError, Unreachable
from verdigris.stores.base import Pointer

_TIMEOUT_S = 10.0
#: Every call is safe to repeat; one that may have arrived is repeated once.
_RETRIES = Retry(total=4, connect=4, read=1, status=0, redirect=0, backoff_factor=0.1, allowed_methods=None)
_ERRORS: dict[str, type[StoreError]] = {error.code: error for error in (Conflict, Invalid, Unreachable)}


class FrontDoor:
    """A `LivePointer` and `Fence` over the control port at `control_url`. Safe to share between threads.

    `url` is where the users' traffic goes in (not needed to control it).
    """

    def __init__(self, control_url: str, url: str = "") -> None:
        self.control_url = control_url.rstrip("/")
        self.url = url
        self._http = urllib3.PoolManager(retries=_RETRIES, maxsize=4)

    def read(self) -> Pointer:
        value = self._call("GET", "pointer")
        live = Color(value["live"]) if value["live"] else None
        return Pointer(live, value["addresses"], value["fence"], value["sealed"])

    def register(self, color: Color, address: str) -> None:
        self._call("POST", "register", {"color": color, "address": address})

    def demand(self, color: Color) -> None:
        """What was registered runs: the switch has looked at the application itself."""

    def fence(self, token: str, deadline_s: float) -> None:
        self._call("POST", "fence", {"token": token, "deadline_s": deadline_s}, _TIMEOUT_S + deadline_s)

    def seal(self, token: str) -> None:
        self._call("POST", "seal", {"token": token})

    def set(self, expected: Color | None, new: Color, token: str, *, back: bool = False) -> None:
        self._call("POST", "set", {"expected": expected, "new": new, "token": token})

    def release(self, token: str) -> None:
        self._call("POST", "release", {"token": token})

    def _call(self, method: str, verb: str, value: Any = None, timeout_s: float = _TIMEOUT_S) -> Any:
        try:
            response = self._http.request(
                method,
                f"{self.control_url}/_verdigris/{verb}",
                body=None if value is None else orjson.dumps(value),
                headers={"Content-Type": "application/json"},
                timeout=urllib3.Timeout(connect=2.0, read=timeout_s),
            )
            answer = orjson.loads(response.data)
        except (urllib3.exceptions.HTTPError, orjson.JSONDecodeError) as error:
            raise Unreachable(
                f"the front door does not answer ({type(error).__name__})",
                where=self.control_url,
                state="unknown whether it took the request; it is safe to repeat",
                next_command="verdigris local status",
            ) from error
        if response.status != 200:
            raise _ERRORS.get(answer.get("error", ""), StoreError)(
                answer.get("message", f"the front door answered {response.status}"),
                where=self.control_url,
                state=answer.get("state", ""),
                next_command="verdigris status ENV",
            )
        return answer
