"""`verdigris status`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from verdigris.cli import shapes, words
from verdigris.cli.call import Call, Command, pass_call
from verdigris.cli.json_output import JsonLines
from verdigris.cli.output import Output, columns, next_line, terminal_width
from verdigris.core import wording
from verdigris.core.records import Gate, OnExpiry
from verdigris.core.retention import Kept
from verdigris.core.snapshot import PhaseView, Snapshot
from verdigris.errors import Interrupted

if TYPE_CHECKING:
    from verdigris.commands.looking import Status

_EVERY_S = 1.0


@click.command(cls=Command, examples=("verdigris status prod", "verdigris status prod --watch --json"))
@click.argument("env", required=False)
@click.option("--watch", is_flag=True, help="Go on until nothing is under way; with --json a line a change.")
@pass_call
def command(call: Call, env: str | None, watch: bool) -> int:
    """Show where it stands, why it waits, what to type next."""
    from verdigris import commands

    if watch and call.json:
        call.lines = JsonLines(sys.stdout)
    config, env = call.open(env)
    if watch:
        _watch(call, commands.watch(config, env))
        return 0
    found = commands.status(config, env)
    Output(call).data(_shape(found), _lines(found))
    return 0


def _shape(found: Status) -> dict[str, Any]:
    from verdigris.commands import why

    return shapes.status(found, why(found))


def _lines(found: Status) -> list[str]:
    return [*_text(found), next_line(found.next_command)]


def _watch(call: Call, found: Iterator[Status]) -> None:
    if call.colors(sys.stdout) and not call.json:
        _live(found)
        return
    seen: object = None
    for status in found:
        shape = _shape(status)
        if shape != seen and call.lines:
            call.lines.write(status=shape)
        elif shape != seen:
            Output(call).data(shape, [*_lines(status), ""])
        seen = shape
        if _is_over(status):
            return
        time.sleep(_EVERY_S)


def _live(found: Iterator[Status]) -> None:
    from rich.live import Live
    from rich.text import Text

    with Live(auto_refresh=False) as live:
        for status in found:
            live.update(Text.from_ansi("\n".join(_lines(status))), refresh=True)
            if _is_over(status):
                return
            time.sleep(_EVERY_S)


def _is_over(status: Status) -> bool:
    return status.snapshot is None or status.snapshot.ended


def _text(found: Status) -> Iterator[str]:
    from verdigris.commands import why

    snapshot, flags = found.snapshot, found.flags
    rows = [("environment", found.env), ("live", _live_color(found))]
    if flags.source != flags.destination:
        rows.append(("data", f"{flags.source} → {flags.destination}"))
    if snapshot:
        rows.append(
            ("deployment", f"{snapshot.deployment}, {wording.kind(snapshot.plan)}: {wording.move(snapshot.plan)}")
        )
        rows.append(("since", words.clock(snapshot.started_at)))
    if snapshot and snapshot.plan.migrations and not snapshot.ended:
        rows.append(("migrations", ", ".join(migration.name for migration in snapshot.plan.migrations)))
    rows.append(("now", why(found)))
    if snapshot and snapshot.gate:
        rows.append(("gate", _gate(snapshot.gate)))
    if found.kept and snapshot:
        rows.append(("old color", _kept(found.kept, snapshot)))
    rows += [("regions", click.style(fault, fg="red")) for fault in found.regions]
    if found.quarantined or found.discarded:
        rows.append(("quarantine", _quarantine(found)))
    if found.stream_left_s is not None and found.stream_left_s > 0:
        rows.append(("stream", f"keeps what is not settled yet for {words.duration(found.stream_left_s)}"))
    if found.control and found.control.budget.limited:
        rows.append(("budget", words.budget(found.control.budget)))
    if found.lease and found.lease.holder:
        rows.append(("lease", _lease(found)))
    if snapshot and snapshot.error:
        rows += _failed(snapshot)
    yield from columns(rows, width=terminal_width())
    if snapshot and not snapshot.ended:
        yield ""
        yield from columns(_phases(found, snapshot), indent="  ")


def _gate(gate: Gate) -> str:
    said = f"{gate.id} before {gate.before}, about {gate.digest}"
    if not gate.expires_at:
        return said
    then = "then deploy undoes what was made" if gate.on_expiry is OnExpiry.BACK else "then deploy asks again"
    return f"{said}, until {words.clock(gate.expires_at)}: {then}"


def _kept(kept: Kept, snapshot: Snapshot) -> str:
    if kept.over:
        return click.style(f"{snapshot.plan.before} was to be kept until {words.clock(kept.until)}", fg="yellow")
    return f"{snapshot.plan.before} is kept until {words.clock(kept.until)}, for {words.duration(kept.left_s)}"


def _live_color(found: Status) -> str:
    return f"{found.flags.color} on {found.flags.source}" if found.flags.color else "nothing yet"


def _quarantine(found: Status) -> str:
    said = [click.style(f"{words.plural(found.quarantined, 'item')} waiting", fg="red")] if found.quarantined else []
    return ", ".join(said + ([f"{words.count(found.discarded)} discarded"] if found.discarded else []))


def _lease(found: Status) -> str:
    assert found.lease
    assert found.lease.holder
    holder = found.lease.holder
    who = f"{holder.who} (pid {holder.pid})"
    return f"{found.lease.token}, held by {who} since {words.clock(holder.since)}: {holder.doing}"


def _failed(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    error = snapshot.error
    assert error
    stopped = error.code == Interrupted.code
    name = click.style("stopped", fg="yellow") if stopped else click.style("failed", fg="red", bold=True)
    yield name, f"{error.phase}: {error.what}"
    if error.where:
        yield "where", error.where
    if error.state:
        yield "state", error.state


def _phases(found: Status, snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    for phase in snapshot.plan.phases:
        view = snapshot.phases.get(phase, PhaseView())
        if view.undone:
            yield f"{click.style('↺', fg='cyan')} {phase}", f"{'':>8}  undone"
        elif view.done_at:
            took = words.duration(words.between(view.began_at, view.done_at)) if view.began_at else ""
            yield f"{_mark('✓', 'green')} {phase}", f"{took:>8}  {words.proof(phase, view.evidence)}"
        elif phase is snapshot.phase or phase.value == snapshot.state.value:
            mark = _mark("✗", "red") if snapshot.error else _mark("▸", "yellow")
            yield f"{mark} {phase}", _far(found)
        else:
            yield f"  {click.style(phase, dim=True)}", ""


def _mark(sign: str, color: str) -> str:
    return click.style(sign, fg=color, bold=True)


def _far(found: Status) -> str:
    if found.done is None:
        return ""
    of = f" of {words.count(found.estimated)}" if found.estimated is not None else ""
    return f"{'':>8}  {words.count(found.done)}{of} items"
