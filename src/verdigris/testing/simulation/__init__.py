"""The production core on memory stores and a virtual clock, under a seeded scheduler.

One schedule is one deployment in a small world: an application that writes all the time, one or two runners, and what
may happen to any call that they make. Everything follows from the seed, so every failure can be repeated:

    python -m verdigris.testing.simulation --count 1 --seed SEED

What is real: the runner, the phases, settling, lineage, the journal and its lease, the gate of the pointer, the
migrations' machinery. What is simulated: tables, streams and the deploy table (`stores.memory*`, `journal.memory`),
time, threads (greenlets), and everything that goes wrong. What is checked: at the moment of the switch and at the end
the destination holds exactly what the application was acknowledged, seen through a second, handwritten form of the
migrations; so it does, but for what changed since, whenever the tail says up to when all is settled, and when verify is
done; its replica in another region holds at the switch what it holds; the index has the documents of that, and nothing
else; a pause stops bulk work; the deployment ends; verify had nothing to repair; the source was written by the
application alone.
"""

from __future__ import annotations

from verdigris.testing.simulation.drawing import Allowed, drawn
from verdigris.testing.simulation.operators import deploy
from verdigris.testing.simulation.report import Program, Report, run, smallest

__all__ = ["Allowed", "Program", "Report", "explained", "simulate"]


def simulate(seed: int, allowed: Allowed | None = None, program: Program = deploy, *, traced: bool = False) -> Report:
    """Runs the schedule of `seed`. `traced`: the report lists every call.

    `program` is what carries the data: the production core, or the model of another protocol.
    """
    allowed = allowed or Allowed()
    return run(drawn(seed, allowed), allowed, program, traced=traced)


def explained(report: Report, allowed: Allowed | None = None, program: Program = deploy) -> str:
    """A failure for people: what is wrong, the smallest schedule found that shows it, and how to repeat it."""
    allowed = allowed or Allowed()
    small = smallest(report, allowed, program)
    return "\n".join(
        [
            f"seed {report.seed} is bad:",
            *(f"  {line}" for line in report.wrong),
            "the smallest schedule found that is bad:",
            *(f"  {line}" for line in [*small.wrong, *(f"fault: {fault}" for fault in small.fired)]),
            str(small.schedule),
            f"repeat with: make sim N=1 SEED={report.seed}" if allowed == Allowed() else f"with {allowed}",
        ]
    )
