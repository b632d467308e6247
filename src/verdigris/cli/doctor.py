"""`verdigris doctor`."""

from __future__ import annotations

import click

from verdigris.cli import shapes
from verdigris.cli.call import Call, Command, pass_call
from verdigris.cli.output import Output, columns, terminal_width


@click.command(cls=Command, examples=("verdigris doctor prod",))
@click.argument("env", required=False)
@pass_call
def command(call: Call, env: str | None) -> int:
    """Say whether everything is in place for a deployment.

    Read-only. Exits with 1 if something is not.
    """
    from verdigris import commands

    config, env = call.open(env)
    findings = commands.doctor(config, env)
    bad = [finding for finding in findings if not finding.ok]
    then = next((finding.next_command for finding in bad if finding.next_command), f"verdigris plan {env}")
    marks = {True: click.style("✓", fg="green", bold=True), False: click.style("✗", fg="red", bold=True)}
    output = Output(call)
    rows = [(f"{marks[finding.ok]} {finding.name}", finding.said) for finding in findings]
    output.data(shapes.findings(findings, then), columns(rows, width=terminal_width()))
    output.next(then)
    return 1 if bad else 0
