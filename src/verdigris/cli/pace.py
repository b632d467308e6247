"""How fast the work goes, and when it will be done; or why nobody knows. Pure: times come from the caller."""

from __future__ import annotations

from collections import deque

from verdigris.cli import words
from verdigris.phases.base import Progress

#: Speed is what was done in this many last seconds.
_WINDOW_S = 10.0
#: Before this much was seen, a speed is a guess.
_ENOUGH_S = 0.5


class Pace:
    """Measures one phase."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def add(self, at_s: float, done: int) -> None:
        self._seen.append((at_s, done))
        while len(self._seen) > 2 and at_s - self._seen[1][0] >= _WINDOW_S:
            self._seen.popleft()

    def per_s(self) -> float | None:
        """Items a second, None before there is enough to say."""
        if not self._seen:
            return None
        (since_s, first), (now_s, last) = self._seen[0], self._seen[-1]
        elapsed_s = now_s - since_s
        return (last - first) / elapsed_s if elapsed_s >= _ENOUGH_S else None


def eta(progress: Progress, per_s: float | None) -> str:
    """`ETA 12 s`, or `ETA unknown: …` with the reason. Empty where an end makes no sense to ask for."""
    if progress.estimated is None:
        return "" if progress.unit == "changes" or progress.reason else "ETA unknown: nobody knows how many there are"
    if progress.unit == "seconds":
        return f"ETA {words.duration(progress.estimated - progress.done)}"
    if progress.done >= progress.estimated:
        return "ETA unknown: more than estimated" if progress.done > progress.estimated else ""
    if per_s is None:
        return "ETA unknown: measuring"
    if per_s <= 0:
        return "ETA unknown: nothing moves just now"
    return f"ETA {words.duration((progress.estimated - progress.done) / per_s)}"


def parts(progress: Progress, per_s: float | None) -> list[str]:
    """What there is to say: how far, how fast, until when, how far behind, why."""
    said = [_far(progress)]
    if per_s is not None and progress.unit != "seconds" and progress.done:
        said.append(f"{per_s:,.0f}/s")
    if progress.done or not progress.reason:
        said.append(eta(progress, per_s))
    if progress.lag_s is not None:
        said.append(_behind(progress.lag_s, progress.lag_records))
    if progress.quarantined:
        said.append(f"{words.count(progress.quarantined)} in quarantine")
    said.append(progress.reason)
    return [part for part in said if part]


def _far(progress: Progress) -> str:
    if progress.unit == "seconds" or (not progress.done and progress.estimated is None and progress.reason):
        return ""
    if progress.estimated is None:
        return words.plural(progress.done, progress.unit.removesuffix("s"))
    share = f" ({min(progress.done / progress.estimated, 1):.0%})" if progress.estimated else ""
    return f"{words.count(progress.done)} of {words.count(progress.estimated)} {progress.unit}{share}"


def _behind(lag_s: float, lag_records: int | None) -> str:
    records = f", {words.plural(lag_records, 'record')}" if lag_records is not None else ""
    return f"lag {words.duration(lag_s)}{records}"
