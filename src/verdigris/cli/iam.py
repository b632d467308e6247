"""`verdigris iam`."""

from __future__ import annotations

import click

from verdigris.cli.call import Call, Command, contradiction, pass_call
from verdigris.cli.json_output import as_json
from verdigris.cli.output import Output
from verdigris.core.model import Phase


@click.command(
    cls=Command,
    examples=(
        "verdigris iam prod",
        "verdigris iam prod --phase finalize --account 123456789012",
        "verdigris iam prod --look",
    ),
)
@click.argument("env", required=False)
@click.option(
    "--phase",
    "phases",
    type=click.Choice([*map(str, Phase)]),
    multiple=True,
    metavar="PHASE",
    help="Only what this phase needs, its way back included; may be given several times.",
)
@click.option("--look", is_flag=True, help="Only what plan, status and doctor need.")
@click.option("--account", metavar="ID", default="*", show_default=True, help="The account's number in the ARNs.")
@pass_call
def command(call: Call, env: str | None, phases: tuple[str, ...], look: bool, account: str) -> int:
    """Print the IAM policy that Verdigris needs.

    Made from the configuration, least privilege; asks nobody. What Terraform, SAM, the CDK, your commands and your
    application need is not in it.
    """
    if look and phases:
        raise contradiction("--look", "--phase", "it is for plan, status and doctor, which are no phases")
    from verdigris import commands

    config, env = call.open(env)
    meant = () if look else tuple(map(Phase, phases)) or tuple(Phase)
    policy = commands.iam(config, env, phases=meant, account=account)
    Output(call).data({"env": env, "phases": meant, "policy": policy}, [as_json(policy, indent=2)])
    return 0
