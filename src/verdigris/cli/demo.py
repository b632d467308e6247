"""`verdigris demo`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from verdigris.cli.call import Call, Command, pass_call
from verdigris.cli.output import Output

if TYPE_CHECKING:
    from verdigris.demo import Verdict


@click.command(cls=Command, examples=("verdigris demo", "verdigris demo --items 200000 --keep"))
@click.option("--items", default=20_000, show_default=True, type=click.IntRange(100), help="How many the court has.")
@click.option("--seed", default=1, show_default=True, help="Of the items and of the traffic.")
@click.option(
    "--writes-per-second", default=50.0, show_default=True, type=click.FloatRange(1), help="Of the traffic generator."
)
@click.option("--keep", is_flag=True, help="Leave everything running, to be played with.")
@pass_call
def command(call: Call, items: int, seed: int, writes_per_second: float, keep: bool) -> int:
    """Deploy an example under live traffic; prove it lost nothing.

    On engines of this machine: downloads them the first time. Ends with 0 only if nothing was lost, resurrected,
    stale or extra.
    """
    from verdigris import demo

    output = Output(call)
    verdict = demo.run(demo.Options(items, seed, writes_per_second, keep), output.say)
    if keep:
        output.say(_still_running())
    output.data(asdict(verdict), _text(verdict))
    return 0 if verdict.clean else 1


def _text(verdict: Verdict) -> Iterator[str]:
    stats = verdict.stats
    yield ""
    yield "━━ The verdict: the ledger of the traffic against the table and the index"
    yield ""
    yield f"  took       {verdict.seconds:.0f} s"
    yield f"  compared   {verdict.items:,} items and {verdict.documents:,} documents"
    yield f"  writes     {stats['writes']:,} acknowledged, {stats['write_errors']} attempts failed and were repeated"
    yield f"  reads      {stats['reads']:,}, {stats['read_errors']} failed, {stats['stale_reads']} stale"
    for what, seconds in verdict.pauses:
        yield f"  pause      {seconds * 1000:4.0f} ms  {what}"
    yield from (f"  ! {example}" for example in verdict.examples)
    yield ""
    yield verdict.line


def _still_running() -> str:
    from verdigris.demo import court

    return f"""
Everything is still running. In {court() / "v2"}:

  export VERDIGRIS_STATE={os.environ["VERDIGRIS_STATE"]}
  verdigris status demo          where it stands
  verdigris history demo         what it did
  verdigris deploy demo          again: no migration is pending, so the color only
  verdigris local down           the end"""
