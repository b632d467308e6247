"""What a check returns."""

from __future__ import annotations

from typing import NamedTuple


class Hit(NamedTuple):
    """One place where a rule (`code`) does not hold; `line` counts from 1. `whole`: it is about the file as a whole."""

    code: str
    line: int
    what: str
    whole: bool = False
