"""Waiting between attempts."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with full jitter: before attempt n (1-based, the first retry) at most base · 2ⁿ⁻¹ seconds.

    With the defaults a service that never answers is given up after 10 attempts and about 9 s on average.
    `random` gives numbers in [0, 1).
    """

    attempts: int = 10
    base_s: float = 0.05
    cap_s: float = 5.0
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random

    def pause(self, attempt: int) -> None:
        self.sleep(self.random() * min(self.cap_s, self.base_s * 2 ** (attempt - 1)))
