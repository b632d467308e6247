"""`verdigris plan`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from verdigris.cli import shapes, words
from verdigris.cli.call import Call, Command, pass_call
from verdigris.cli.output import Output, columns, terminal_width
from verdigris.core import wording
from verdigris.core.declared import Builder, ConsumerKind
from verdigris.core.figures import Figure, Unit
from verdigris.core.model import Kind
from verdigris.core.prices import PRICES_FROM

if TYPE_CHECKING:
    from verdigris.commands.deploying import Planned
    from verdigris.config.model import Config
    from verdigris.core.declared import Declared
    from verdigris.core.planning import Plan


_PUBLIC = "AWS's public price"


@click.command(
    cls=Command,
    examples=(
        "verdigris plan prod",
        "verdigris plan prod --sample 1000",
        "verdigris plan prod --out next.plan && verdigris deploy prod --plan next.plan",
    ),
)
@click.argument("env", required=False)
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Keep the plan for `deploy --plan`.")
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit with 2 if data, an index or the first color is to be made, or a deployment is under way; 1 on a fault.",
)
@click.option("--enable-stream", is_flag=True, help="Plan to turn the source table's stream on.")
@click.option("--migrate", is_flag=True, help="Plan to copy the data though no migration is pending.")
@click.option(
    "--sample",
    type=click.IntRange(min=0, max=100_000),
    default=0,
    metavar="N",
    help="Run the migrations on N items, to measure.",
)
@pass_call
def command(
    call: Call,
    env: str | None,
    out: Path | None,
    detailed_exitcode: bool,
    enable_stream: bool,
    migrate: bool,
    sample: int,
) -> int:
    """Show what the next deployment would do.

    And what it takes, risks and destroys. Read-only; imports no migration unless --sample is given. Exits with 1 if
    something stands in its way.
    """
    from verdigris import commands

    config, env = call.open(env)
    planned = commands.plan(config, env, enable_stream=enable_stream, migrate=migrate, sample=sample, out=out)
    then = _next(config, planned, out, enable_stream, migrate)
    output = Output(call)
    output.data(shapes.planned(planned, then), _text(planned))
    output.next(then)
    if planned.faults:
        return 1
    pending = planned.under_way or planned.plan.kind is not Kind.COLOR
    return 2 if detailed_exitcode and pending else 0


def _next(config: Config, planned: Planned, out: Path | None, enable_stream: bool, migrate: bool) -> str:
    if planned.under_way:
        from verdigris.commands.looking import after

        return after(config, planned.plan.env, planned.under_way)
    if planned.faults:
        return next((fault.next_command for fault in planned.faults if fault.next_command), "")
    options = f" --plan {out}" if out else " --enable-stream" * enable_stream + " --migrate" * migrate
    return f"verdigris deploy {planned.plan.env}{options}"


def _text(planned: Planned) -> Iterator[str]:
    plan = planned.plan
    if planned.under_way:
        at = planned.under_way
        yield f"deployment {at.deployment} is under way: it {wording.stands(at)}. Its plan:"
    yield from columns(_rows(plan), width=terminal_width())
    if planned.outlook.figures:
        yield from ("", *columns(map(_figure, planned.outlook.figures), width=terminal_width()))
        if any(PRICES_FROM in figure.by for figure in planned.outlook.figures):
            yield click.style(f"{_PUBLIC}: {PRICES_FROM}", dim=True)
    removes = ((removal.when, f"destroys {removal.what}") for removal in planned.outlook.removes)
    yield from ("", *columns(removes, width=terminal_width()))
    for note in plan.notes:
        yield f"{click.style('note:', fg='yellow')} {note}"
    for risk in planned.outlook.risks:
        yield f"{click.style('risk:', fg='yellow')} {risk}"
    for fault in planned.faults:
        yield f"{click.style('in the way:', fg='red', bold=True)} {fault.what}"


def _told(plan: Plan, consumer: Declared) -> str:
    """What a consumer of the destination's stream is allowed, and what it must take care of."""
    if consumer.kind is ConsumerKind.EFFECTS:
        return "off until reindex; then it is given every item, so it must look whether its color is live"
    builds = any(index.by is Builder.APPLICATION for index in plan.indexes)
    return f"off until {'reindex, then it builds the index' if builds else 'the switch is done'}"


def _rows(plan: Plan) -> Iterator[tuple[str, str]]:
    yield "plan", f"{plan.digest} for {plan.env}: {wording.kind(plan)}"
    yield "color", f"{plan.before or 'none'} → {plan.after}"
    if plan.moves_data:
        yield "data", f"{plan.source} → {plan.destination}"
        changes = plan.shape.changes if plan.shape else ()
        yield "table", ", ".join((f"{plan.source_table} → {plan.destination_table}", *changes))
    else:
        yield "data", f"{plan.source}, as it is"
        yield "table", plan.source_table
    for index in plan.indexes:
        why = f" ({index.why})" if index.why else ""
        builder = ", built by the application" if index.by is Builder.APPLICATION else ""
        moved = f"{index.alias}: {index.source or 'none'} → {index.destination}{why}{builder}"
        yield "index", moved if index.built else index.destination
    if plan.destination_domain:
        moved = f"{plan.source_domain} → {plan.destination_domain}"
        yield "domain", moved if plan.moves_data else plan.destination_domain
    for consumer in plan.consumers:
        yield "consumer", f"{consumer.function}: {_told(plan, consumer)}"
    for number, migration in enumerate(plan.migrations):
        yield ("" if number else "migrations"), f"{migration.name}  {click.style(migration.checksum[:12], dim=True)}"
    if not plan.migrations:
        yield "migrations", "none pending"
    yield "phases", " → ".join(plan.phases)


def _figure(of: Figure) -> tuple[str, ...]:
    return of.name, _valued(of), of.source, click.style(of.by.replace(PRICES_FROM, _PUBLIC), dim=True)


def _valued(of: Figure) -> str:
    match of.unit:
        case Unit.BYTES:
            return words.size(round(of.value))
        case Unit.SECONDS:
            return words.duration(of.value)
        case Unit.USD:
            return words.dollars(of.value)
        case Unit.USD_MONTH:
            return f"{words.dollars(of.value)} a month"
        case _:
            return f"{words.count(round(of.value))} {of.unit}"
