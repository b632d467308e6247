"""exercise: the user's smoke test against the new color, then a last verify: only Verdigris may have written."""

from __future__ import annotations

from verdigris.core.model import Phase
from verdigris.core.records import Evidence
from verdigris.phases import consumers
from verdigris.phases.base import Bench
from verdigris.phases.provision import ensure_application
from verdigris.phases.verify import prove

phase = Phase.EXERCISE


def ready(bench: Bench) -> None:
    pass


def run(bench: Bench) -> Evidence:
    address = ensure_application(bench)
    consumers.attend(bench)  # bringing an application up to date may change them
    evidence = bench.exercise(bench.place(bench.plan.after), address)
    if bench.plan.moves_data and evidence.get("ran"):
        evidence |= {f"verify_{name}": value for name, value in prove(bench, "last-verify", repair=True).items()}
    return {"address": address, **evidence}


def check(bench: Bench) -> None:
    pass


def undo(bench: Bench) -> None:
    pass
