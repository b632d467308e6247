"""What happened, over all rounds: where runners were struck, what the ledgers found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.chaos.estate.ledger import NOTHING, Verdict
from tests.chaos.runners import PLACES

KILL = "kill -9"


@dataclass
class Tally:
    """Of one round, or of several together."""

    #: (what was done, the place of `PLACES` at which the runner worked) → how often
    struck: Counter[tuple[str, str]] = field(default_factory=Counter)
    verdict: Verdict = field(default_factory=lambda: {name: [] for name in NOTHING})
    #: items that verify had to repair: the replay should have left none
    repaired: list[str] = field(default_factory=list)
    #: what else is wrong
    wrong: list[str] = field(default_factory=list)
    #: error codes of runners that ended by themselves before the end, since a fault stopped them or a lease was gone
    stopped: Counter[str] = field(default_factory=Counter)
    #: what the fault proxy did
    faults: Counter[str] = field(default_factory=Counter)
    writes: int = 0
    rounds: int = 0

    @property
    def kills(self) -> int:
        """Runners that SIGKILL ended."""
        return sum(times for (what, _), times in self.struck.items() if what.startswith(KILL))

    @property
    def ok(self) -> bool:
        return not (any(self.verdict.values()) or self.repaired or self.wrong)

    def add(self, other: Tally) -> None:
        self.struck += other.struck
        self.stopped += other.stopped
        self.faults += other.faults
        for name, keys in other.verdict.items():
            self.verdict[name] += keys
        self.repaired += other.repaired
        self.wrong += other.wrong
        self.writes += other.writes
        self.rounds += other.rounds

    def faulty(self) -> list[str]:
        """What is wrong, for people."""
        named = {**self.verdict, "repaired by verify": self.repaired}
        return [f"{name}: {', '.join(keys[:10])}" for name, keys in named.items() if keys] + self.wrong

    def table(self) -> str:
        """How often what was done where."""
        places = [place for place in PLACES if any(place == where for _, where in self.struck)]
        rows = [["", *places, "all"]]
        for what in sorted({what for what, _ in self.struck}):
            times = [self.struck[what, place] for place in places]
            rows.append([what, *map(str, times), str(sum(times))])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(
                [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
            )
            for row in rows
        )

    def closing(self) -> str:
        """The last line."""
        found = ", ".join(f"{name} {len(keys)}" for name, keys in self.verdict.items())
        return f"kills {self.kills}, {found}"
