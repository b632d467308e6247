"""The application of a color as a CloudFormation stack that SAM or the CDK deploys.

Their command lines deploy and delete. What a stack's outputs are is asked of CloudFormation itself: a deployment may
go on where no file of the first run is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verdigris.core.model import Color, Place
from verdigris.errors import Invalid
from verdigris.stores.aws_errors import aws_errors
from verdigris.stores.tool import Tell, Tool, ended_with


@dataclass(frozen=True)
class Commands:
    """How a stack of a place is deployed and deleted: (stack's name, place) → program and arguments."""

    deploy: Callable[[str, Place], Sequence[str]]
    delete: Callable[[str, Place], Sequence[str]]


def sam(parameters: Mapping[str, str], arguments: Sequence[str]) -> Commands:
    """SAM. `parameters`: the template's parameter → the variable of the place that gives its value."""

    def deploy(stack: str, place: Place) -> list[str]:
        told = place.environment()
        given = [f"ParameterKey={name},ParameterValue={told[variable]}" for name, variable in parameters.items()]
        return [
            *("sam", "deploy", "--stack-name", stack, "--region", place.region),
            *("--no-confirm-changeset", "--no-fail-on-empty-changeset", *arguments),
            *(["--parameter-overrides", *given] if given else []),
        ]

    def delete(stack: str, place: Place) -> list[str]:
        return ["sam", "delete", "--stack-name", stack, "--region", place.region, "--no-prompts"]

    return Commands(deploy, delete)


def cdk(arguments: Sequence[str]) -> Commands:
    """The CDK. The app gets its place from `VERDIGRIS_*`, and must name its stack as it is asked for here."""
    return Commands(
        lambda stack, place: ["cdk", "deploy", stack, "--require-approval", "never", *arguments],
        lambda stack, place: ["cdk", "destroy", stack, "--force"],
    )


@dataclass(frozen=True)
class Stacks:
    """An `Application` whose colors are stacks named `name(color)`; `folder` keeps what the commands say.

    `cloudformation` gives a boto3 client.
    """

    folder: Path
    directory: Path
    name: Callable[[Color], str]
    commands: Commands
    cloudformation: Callable[[], Any]
    address_output: str = "Url"
    timeout_s: float = 3600.0
    tell: Tell = lambda line: None

    def start(self, place: Place) -> str:
        """Raises Invalid if the command fails, or if the stack has no such output."""
        stack = self.name(place.color)
        self._run(place, self.commands.deploy(stack, place))
        address = self.address(place)
        if address is None:
            raise Invalid(
                f'the stack {stack} is deployed, and has no output "{self.address_output}"',
                where=str(self.directory),
                state=f"{stack} is deployed; no traffic was moved",
                next_command=f"add the output, then: verdigris deploy {place.env}",
            )
        return address

    def address(self, place: Place) -> str | None:
        """The address from the stack's outputs; None if there is no such stack, or output."""
        outputs = self._outputs(self.name(place.color))
        return None if outputs is None else outputs.get(self.address_output)

    def stop(self, place: Place) -> None:
        stack = self.name(place.color)
        if self._outputs(stack) is not None:
            self._run(place, self.commands.delete(stack, place))

    def _outputs(self, stack: str) -> dict[str, str] | None:
        """None if there is no such stack."""
        client = self.cloudformation()
        with aws_errors(f"stack {stack}"):
            # Asking for one that is not there gives the same ValidationError as any other fault: the list is plain.
            pages = client.get_paginator("describe_stacks").paginate()
            found = [one for page in pages for one in page["Stacks"] if one["StackName"] == stack]
        if not found:
            return None
        return {one["OutputKey"]: one["OutputValue"] for one in found[0].get("Outputs", ())}

    def _run(self, place: Place, argv: Sequence[str]) -> None:
        stack = self.name(place.color)
        tool = Tool(self.folder / stack / "output.log", self.directory, self.tell, timeout_s=self.timeout_s)
        tool.begin()
        if code := tool.run(argv, os.environ | place.environment()):
            raise Invalid(
                f"{' '.join(argv[:2])} for {place.color} {ended_with(code)}",
                where=f"{tool.log}, in {self.directory}",
                state=f"what was made is in the stack {stack}; no traffic was moved",
                next_command="mend it, then run the command again; "
                f"or take everything back: verdigris abort {place.env}",
            )
