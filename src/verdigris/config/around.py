"""`[[hook]]` and `[[notify]]`: what a deployment asks of others, and whom it tells how far it is."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Discriminator, Field, Strict, Tag

from verdigris.config.section import Section, told_by
from verdigris.config.values import Command, EnvironmentName, RelativePath, SecretReference, Url
from verdigris.core.hooking import Point
from verdigris.core.model import Phase


def _not_the_end(phase: Any) -> Any:
    if phase == Phase.FINALIZE.value:
        raise ValueError("nothing would send again what is lost after the end: use a [[hook]] at after-finalize")
    return phase


After = Annotated[
    Literal["provision", "backfill", "replay", "verify", "reindex", "exercise", "approve", "switch", "bake"],
    BeforeValidator(_not_the_end),
]
At = Literal[
    "before-provision",
    "after-provision",
    "exercise",
    "before-switch",
    "maintenance-on",
    "maintenance-off",
    "after-switch",
    "before-finalize",
    "after-finalize",
    "on-failure",
]
Environments = Annotated[tuple[EnvironmentName, ...], Strict(False)]


class HookSettings(Section):
    """What a deployment asks of a command or a service of yours: `command` or `url`."""

    at: At = Field(description="Where it is asked.")
    command: Command | None = Field(
        default=None, description="A command: exit code 0 is SUCCEEDED, 75 IN_PROGRESS, anything else FAILED."
    )
    directory: RelativePath = Field(default=".", description="Where the command runs, relative to this file.")
    url: Url | None = Field(default=None, description="A service that is asked by POST, and answers with a status.")
    secret: SecretReference | None = Field(
        default=None, description="Where the secret is that signs the request, in the forms of `[[notify]] token`."
    )
    name: str | None = Field(
        default=None, min_length=1, max_length=60, description="Its name in the journal, if not the command or address."
    )
    timeout_seconds: float = Field(default=600, gt=0, le=86400, description="How long it may take to succeed.")
    every_seconds: float = Field(default=5, gt=0, le=3600, description="How often it is asked while IN_PROGRESS.")
    environments: Environments = Field(default=(), description="In which environments; none stands for all.")

    @property
    def point(self) -> Point:
        return Point(self.at)


class _Notify(Section):
    after: After = Field(
        description="The phase that must be done (or, where the plan leaves it out, all that come before it)."
    )
    environments: Environments = Field(default=(), description="In which environments; none stands for all.")

    @property
    def phase(self) -> Phase:
        return Phase(self.after)


class CircleCiNotify(_Notify):
    """`to = "circleci"`: approves an approval job of the workflow that deploys."""

    form: ClassVar = ("to", "circleci")

    to: Literal["circleci"] = Field(description="Who is told.")
    job: str = Field(min_length=1, description="The name of the approval job.")
    token: SecretReference = Field(
        description="Where the personal API token is: `env:NAME`, `secretsmanager:ID`, `secretsmanager:ID#KEY` or "
        "`ssm:NAME`."
    )
    url: Url = Field(default="https://circleci.com", description="Another address for CircleCI server.")
    patience_seconds: float = Field(
        default=300, ge=0, le=3600, description="How long the workflow may take to come to the job."
    )


class WebhookNotify(_Notify):
    """`to = "webhook"`: posts a signed message."""

    form: ClassVar = ("to", "webhook")

    to: Literal["webhook"] = Field(description="Who is told.")
    url: Url = Field(description="Where the message is posted.")
    secret: SecretReference = Field(description="Where the signing secret is, in the forms of `token`.")


NotifySettings = Annotated[
    Annotated[CircleCiNotify, Tag("circleci")] | Annotated[WebhookNotify, Tag("webhook")],
    Discriminator(told_by("to")),
]
