"""What stands around a deployment, made from the configuration: the application of a color."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from verdigris.config.applications import (
    CdkApplication,
    CommandApplication,
    Infrastructure,
    ProcessApplication,
    SamApplication,
    TerraformApplication,
)
from verdigris.config.model import Environment
from verdigris.core.model import Color
from verdigris.stores.base import Application
from verdigris.stores.command_application import CommandApplication as ByCommands
from verdigris.stores.stacks import Stacks, cdk, sam
from verdigris.stores.terraform import Setup, Terraform
from verdigris.stores.tool import Tell

#: service → its boto3 client
Client = Callable[[str], Any]


def application(env: Environment, folder: Path, client: Client, tell: Tell) -> Application | None:
    """What deploys a color; None where something else does. `folder` is the state folder of this machine.

    `tell` is given what others' programs say, line by line.
    """
    match env.application:
        case None:
            return None
        case ProcessApplication() as section:
            return _process(env, section, folder) if env.local else None
        case section:
            return _infrastructure(env, section, folder / "infrastructure", client, tell)


def _process(env: Environment, section: ProcessApplication, folder: Path) -> Application:
    from verdigris.local.application import LocalApplication

    return LocalApplication(
        folder,
        label(env),
        command=[interpreter(word) for word in section.command],
        directory=env.config.root / section.directory,
        health_path=section.health,
        start_s=section.start_seconds,
    )


def _infrastructure(env: Environment, section: Infrastructure, folder: Path, client: Client, tell: Tell) -> Application:
    directory = env.config.root / section.directory
    timeout_s = section.timeout_minutes * 60

    def named(template: str) -> Callable[[Color], str]:
        return lambda color: env.colored(template, color)

    match section:
        case TerraformApplication():
            setup = Setup(
                folder,
                directory,
                named("{app}-{env}-{color}"),
                lambda color: [env.colored(value, color) for value in section.backend_config],
                section.program,
                section.address_output,
                section.lock_timeout_seconds,
                timeout_s,
            )
            return Terraform(setup, tell)
        case SamApplication() | CdkApplication():
            commands = (
                sam(section.parameters, section.arguments)
                if isinstance(section, SamApplication)
                else cdk(section.arguments)
            )
            name = named(section.stack)

            def cloudformation() -> Any:
                return client("cloudformation")

            return Stacks(folder, directory, name, commands, cloudformation, section.address_output, timeout_s, tell)
        case CommandApplication():
            deploy, destroy, address = (
                [interpreter(word) for word in command]
                for command in (section.deploy, section.destroy, section.address)
            )
            name = named("{app}-{env}-{color}")
            return ByCommands(folder, directory, name, deploy, destroy, address, timeout_s, tell)


def label(env: Environment) -> str:
    """One machine may serve several applications."""
    return f"{env.app}-{env.name}"


def interpreter(word: str) -> str:
    """`{python}` is the interpreter that runs Verdigris."""
    return word.replace("{python}", sys.executable)
