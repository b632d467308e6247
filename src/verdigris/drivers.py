"""What stands around a deployment, from the configuration: a color's application, hooks, and who is told."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from verdigris.config.applications import (
    ApplicationSettings,
    CdkApplication,
    CommandApplication,
    Infrastructure,
    ProcessApplication,
    SamApplication,
    TerraformApplication,
)
from verdigris.config.around import CircleCiNotify, HookSettings, NotifySettings
from verdigris.config.model import Environment
from verdigris.core.model import Color
from verdigris.phases.base import Hooked, Notice
from verdigris.stores.base import Application
from verdigris.stores.circleci import CircleCi
from verdigris.stores.command_application import CommandApplication as ByCommands
from verdigris.stores.command_hook import CommandHook
from verdigris.stores.http_hook import HttpHook
from verdigris.stores.outside import Hook, Notifier
from verdigris.stores.secrets import read_secret
from verdigris.stores.stacks import Stacks, cdk, sam
from verdigris.stores.terraform import Setup, Terraform
from verdigris.stores.tool import Tell
from verdigris.stores.web import shown
from verdigris.stores.webhook import Webhook

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


def missing_programs(env: Environment) -> tuple[str, ...]:
    """Of the programs that the driver starts, those that this machine does not have."""
    if env.application is None:
        return ()
    directory = env.config.root / env.application.directory
    return tuple(word for word in sorted(_programs(env.application)) if not _is_there(interpreter(word), directory))


def _programs(section: ApplicationSettings) -> set[str]:
    match section:
        case TerraformApplication():
            return {section.program}
        case SamApplication():
            return {"sam"}
        case CdkApplication():
            return {"cdk"}
        case CommandApplication():
            return {command[0] for command in (section.deploy, section.destroy, section.address)}
        case ProcessApplication():
            return {section.command[0]}


def _is_there(program: str, directory: Path) -> bool:
    """A path is one from where the command runs, as a shell sees it; anything else is looked for on PATH."""
    return shutil.which(directory / program if "/" in program else program) is not None


def hooks(env: Environment, folder: Path, client: Client, tell: Tell) -> tuple[Hooked, ...]:
    """What this environment's deployments ask of others; the application's smoke test first."""
    made = [_hooked(env, one, f"{one.at}-{number}", folder, client, tell) for number, one in enumerate(env.hooks, 1)]
    if env.application and env.application.exercise:
        command = HookSettings(
            at="exercise",
            command=env.application.exercise,
            directory=env.application.exercise_directory,
            name="smoke test",
            timeout_seconds=3600,
        )
        made.insert(0, _hooked(env, command, "exercise", folder, client, tell))
    return tuple(made)


def _hooked(env: Environment, section: HookSettings, file: str, folder: Path, client: Client, tell: Tell) -> Hooked:
    hook: Hook
    if section.command:
        words = [interpreter(word) for word in section.command]
        name = section.name or " ".join(section.command)
        log = folder / "hooks" / label(env) / f"{file}.log"
        hook = CommandHook(name, words, env.config.root / section.directory, log, section.timeout_seconds, tell)
    else:
        assert section.url  # one of the two, says the configuration
        secret = partial(read_secret, section.secret, client, os.environ) if section.secret else None
        hook = HttpHook(section.name or shown(section.url), section.url, secret, time.time)
    return Hooked(section.point, hook, section.timeout_seconds, section.every_seconds)


def notices(env: Environment, client: Client) -> tuple[Notice, ...]:
    """Who is told of this environment's deployments."""
    return tuple(Notice(one.phase, _notifier(one, client)) for one in env.notices)


def _notifier(section: NotifySettings, client: Client) -> Notifier:
    """Secrets are read when they are needed, not here."""

    def secret(reference: str) -> Callable[[], str]:
        return lambda: read_secret(reference, client, os.environ)

    if isinstance(section, CircleCiNotify):
        return CircleCi(
            section.job, secret(section.token), os.environ, time.sleep, section.url, section.patience_seconds
        )
    return Webhook(section.url, secret(section.secret), time.time)


def label(env: Environment) -> str:
    """One machine may serve several applications."""
    return f"{env.app}-{env.name}"


def interpreter(word: str) -> str:
    """`{python}` is the interpreter that runs Verdigris."""
    return word.replace("{python}", sys.executable)
