"""What the traffic generator counted: answers, errors, stale reads, and when writes were acknowledged."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections import Counter
from itertools import pairwise
from typing import Any

_EXAMPLES = 20
_COUNTED = (
    "writes",  # acknowledged
    "write_errors",  # attempts that failed and were repeated
    "refused",  # answered for good and not done: never expected
    "gone",  # of a kind that the new version no longer has
    "unsettled",  # given up without an answer
    "reads",
    "read_errors",
    "stale_reads",  # another answer than the last acknowledged write
    "behind",  # the same, of a color that was rolled back to
)


class Stats:
    """Safe to share between threads. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._operations: Counter[str] = Counter()
        self._colors: Counter[str] = Counter()
        self._times: dict[str, list[float]] = {"write": [], "read": []}
        self._examples: list[str] = []

    def wrote(self, at: float, op: str, color: str) -> None:
        with self._lock:
            self._counts["writes"] += 1
            self._operations[op] += 1
            self._colors[color] += 1
            self._times["write"].append(at)

    def read(self, at: float) -> None:
        with self._lock:
            self._counts["reads"] += 1
            self._times["read"].append(at)

    def count(self, what: str, example: str = "") -> None:
        """One more of `what`; up to 20 examples are kept of all together."""
        with self._lock:
            self._counts[what] += 1
            if example and len(self._examples) < _EXAMPLES:
                self._examples.append(f"{what}: {example}")

    def came_before(self, one: str, other: str | None) -> bool:
        """Whether color `one` acknowledged its first write before color `other` did.

        After a rollback of the traffic alone, `one` cannot know what `other` took. Good for one deployment from color
        to color: it does not tell a color's second turn from its first.
        """
        with self._lock:
            colors = list(self._colors)
        return other in colors and one in colors and colors.index(one) < colors.index(other)

    def longest_gap(self, start: float, end: float, of: str = "write") -> float:
        """The longest time without an acknowledged write (or an answered read) that touches the window, in seconds.

        The last one before the window and the first one after it count, so that a pause across its edge is seen whole;
        where there is none, the window's edge does.
        """
        with self._lock:
            times = sorted(self._times[of])
        first, last = bisect_left(times, start), bisect_right(times, end)
        before = times[first - 1] if first else start
        after = times[last] if last < len(times) else end
        points = [before, *times[first:last], after]
        return max(later - earlier for earlier, later in pairwise(points))

    def to_json(self) -> dict[str, Any]:
        with self._lock:
            return {
                **{name: self._counts[name] for name in _COUNTED},
                "operations": dict(self._operations),
                "colors": dict(self._colors),
                "examples": list(self._examples),
            }
