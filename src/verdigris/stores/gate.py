"""The rules of the live pointer and its fence, as a state machine without I/O: time is a parameter, in seconds.

    open ──fence──▶ fenced ──seal──▶ sealed          writes: pass │ held │ held, after the deadline refused
      ▲               │ deadline: lapses  │
      └── release, set ┴──────────────────┘          reads pass always

Every front door uses it: the one in memory and the one that is a process.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from verdigris.core.model import Color
from verdigris.errors import Conflict, Unreachable
from verdigris.stores.base import Pointer

READS = frozenset({"GET", "HEAD", "OPTIONS"})


class Verdict(Enum):
    """What becomes of a request now."""

    PASS = "pass"
    HOLD = "hold"
    REFUSE = "refuse"


class Gate:
    """Where the traffic goes, who fences it, and how many writes are under way."""

    def __init__(
        self,
        live: Color | None = None,
        addresses: Mapping[str, str] | None = None,
        sealed_by: str | None = None,
    ) -> None:
        self.live = live
        self.addresses = dict(addresses or {})
        self.sealed = sealed_by is not None
        self.writes = 0
        self._token = sealed_by
        # A sealed fence found after a restart is past its deadline: nobody knows how long it has stood.
        self.deadline = float("-inf")
        self._lapsed: str | None = None

    def pointer(self, now: float) -> Pointer:
        self._lapse(now)
        return Pointer(self.live, dict(self.addresses), self._token, self.sealed)

    def register(self, color: Color, address: str) -> None:
        self.addresses[color.value] = address

    def verdict(self, method: str, now: float) -> Verdict:
        """What a request of `method` does now. A write that passes is under way from `began` to `ended`."""
        self._lapse(now)
        if self._token is None or method in READS:
            return Verdict.PASS
        return Verdict.HOLD if now < self.deadline else Verdict.REFUSE

    def began(self) -> None:
        self.writes += 1

    def ended(self) -> None:
        self.writes -= 1

    def fence(self, token: str, now: float, deadline_s: float) -> None:
        """Holds writes from now on; the holder asks `quiet` until it says yes. Raises Conflict if another has it."""
        self._lapse(now)
        if self._token not in (None, token):
            raise Conflict(f"the fence is held by {self._token}", where="front door", state="nothing changed")
        self._token, self.deadline, self._lapsed = token, now + deadline_s, None

    def quiet(self, token: str, now: float) -> bool:
        """Whether the writes that were under way have ended.

        Raises Unreachable once the fence has lapsed before that, Conflict if somebody else lifted it.
        """
        self._lapse(now)
        if self._token != token:
            self._lost(token)
        if self.writes == 0:
            return True
        if now >= self.deadline:  # a sealed fence, fenced again by its holder
            raise _still_writing(self.writes)
        return False

    def seal(self, token: str, now: float) -> None:
        """From now the fence does not lapse. Raises Conflict if it has lapsed or is another's."""
        self._lapse(now)
        if self._token != token:
            raise Conflict(
                f"{token} holds no fence" + (f": {self._token} does" if self._token else " (any more)"),
                where="front door",
                state="not sealed; the traffic goes where it went",
            )
        self.sealed = True

    def set(self, expected: Color | None, new: Color, token: str, now: float) -> None:
        """Compare and set; lifts the fence of `token`. Raises Conflict, also where another's fence stands."""
        self._lapse(now)
        if self.live != new:
            if self.live != expected:
                raise Conflict(
                    f"{self.live or 'no color'} is live, not {expected or 'none'}",
                    where="front door",
                    state="nothing changed",
                )
            if self._token not in (None, token):
                raise Conflict(f"the fence is held by {self._token}", where="front door", state="nothing changed")
            self.live = new
        self.release(token)

    def release(self, token: str) -> None:
        """Lifts the fence of `token`, if it still holds."""
        if self._token == token:
            self._token, self.sealed = None, False

    def _lapse(self, now: float) -> None:
        if self._token and not self.sealed and now >= self.deadline:
            self._token, self._lapsed = None, self._token

    def _lost(self, token: str) -> None:
        if self._lapsed == token:
            raise _still_writing(self.writes)
        raise Conflict(f"the fence of {token} was lifted by somebody else", where="front door")


def _still_writing(writes: int) -> Unreachable:
    return Unreachable(
        f"{writes} writes under way did not end before the deadline",
        where="front door",
        state="the fence is released; the traffic goes where it went",
        next_command="verdigris status ENV",
    )
