"""`verdigris wait`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from verdigris.cli import shapes
from verdigris.cli.call import Call, Command, pass_call
from verdigris.cli.output import Output
from verdigris.cli.running import at_work
from verdigris.core.model import Phase
from verdigris.core.passing import Verdict

if TYPE_CHECKING:
    from verdigris.commands.waiting import Waited

#: What `wait` exits with.
EXIT_CODES = {Verdict.REACHED: 0, Verdict.LOST: 1, Verdict.AHEAD: 3}
_DONE = "done"


@click.command(
    cls=Command,
    examples=(
        "verdigris wait prod --for reindex",
        "verdigris wait prod --for done --deployment 12",
        "verdigris wait prod --for approve --timeout 120 --json",
    ),
)
@click.argument("env", required=False)
@click.option(
    "--for",
    "goal",
    type=click.Choice([*map(str, Phase), _DONE]),
    metavar="PHASE",
    required=True,
    help="The phase that must be done; `done` is the whole deployment.",
)
@click.option("--timeout", type=click.FloatRange(min=0), metavar="MINUTES", help="How long at most [for ever].")
@click.option(
    "--deployment",
    type=click.IntRange(min=1),
    metavar="N",
    help="Of this one, also if it has not begun or others came after it [the last].",
)
@click.option(
    "--every",
    type=click.FloatRange(min=0.1),
    metavar="SECONDS",
    default=5.0,
    help="How often to look [5].",
    show_default=False,
)
@pass_call
def command(call: Call, env: str | None, goal: str, timeout: float | None, deployment: int | None, every: float) -> int:
    """Wait until a phase of a deployment is done.

    For CI: the job ends with exit code 0 when the phase is done, 1 when it is not coming (the deployment failed, was
    rejected, rolled back or aborted), 3 when the time is over. A phase that the plan leaves out counts as done when
    those before it are.
    """
    from verdigris import commands

    config, env = call.open(env)
    with at_work(call) as hooks:
        waited = commands.wait(
            config,
            env,
            Phase.FINALIZE if goal == _DONE else Phase(goal),
            deployment=deployment,
            timeout_s=None if timeout is None else timeout * 60,
            every_s=every,
            waiting=hooks.waiting,
            sleep=hooks.stop.wait,
        )
    code = EXIT_CODES[waited.verdict]
    output = Output(call)
    if call.json:
        output.data(shapes.waited(waited, code), ())
    else:
        output.say(_text(waited))
    if code:
        output.next(waited.status.next_command)
    return code


def _text(waited: Waited) -> str:
    said = {
        Verdict.REACHED: f"{waited.goal} is done",
        Verdict.LOST: f"{waited.goal} is not coming",
        Verdict.AHEAD: f"{waited.goal} is not done yet",
    }
    return f"{said[waited.verdict]}: {waited.reason}"
