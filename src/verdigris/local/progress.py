"""What the embedded stack says while it works, for whoever shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Step:
    """One piece of news: `engine` is being `doing` ("download", "unpack", "start", "ready"), `done` of `total`.

    Downloads and unpacking count bytes; "start" and "ready" are 0 of 1 and 1 of 1.
    """

    engine: str
    doing: str
    done: int
    total: int


#: Called from several threads, one at a time.
Progress: TypeAlias = Callable[[Step], None]


def quiet(step: Step) -> None:
    """Shows nothing."""
