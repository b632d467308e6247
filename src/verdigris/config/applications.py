"""`[application]`: how a color's application comes to be, one form a driver."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Strict, Tag

from verdigris.config.section import Section, told_by
from verdigris.config.values import Arguments, Colored, ColorName, Command, RelativePath, UrlPath

_DIRECTORY = "Where its commands run, relative to this file."


class _Application(Section):
    exercise: Command | None = Field(
        default=None, description="Smoke test of the new color before the switch; `VERDIGRIS_URL` is its address."
    )

    @property
    def exercise_directory(self) -> str:
        """Where the smoke test runs, relative to the file."""
        return "."


class _Infrastructure(_Application):
    directory: RelativePath = Field(default=".", description=_DIRECTORY)
    timeout_minutes: float = Field(
        default=60, gt=0, le=1440, description="How long one command may take before it is interrupted."
    )


class ProcessApplication(_Application):
    """`driver = "process"`, or none: a process of this machine, for embedded environments (`local = true`)."""

    driver: Literal["process"] = Field(default="process", description="What brings a color's application into being.")
    command: Command = Field(
        description="The program and its arguments. `{port}` is the port to listen on; the rest comes in `VERDIGRIS_*`."
    )
    directory: RelativePath = Field(default=".", description="Where the command runs, relative to this file.")
    health: UrlPath = Field(default="/health", description="Path that answers 200 when the application is ready.")
    start_seconds: float = Field(default=60, gt=0, description="How long it may take to become healthy.")

    @property
    def exercise_directory(self) -> str:
        return self.directory


class TerraformApplication(_Infrastructure):
    """`driver = "terraform"`: Terraform or OpenTofu, with a state of its own for each color."""

    driver: Literal["terraform"] = Field(description="What brings a color's application into being.")
    program: str = Field(default="terraform", min_length=1, description="The program: `terraform`, `tofu`, or a path.")
    backend_config: Annotated[tuple[ColorName, ...], Strict(False)] = Field(
        default=(),
        description="`-backend-config` values, `{app}`, `{env}`, `{region}` and `{color}` expanded. If one holds "
        "`{color}`, it separates the colors' states; else the workspace `{app}-{env}-{color}` does.",
    )
    address_output: str = Field(default="url", min_length=1, description="The output that holds the color's address.")
    lock_timeout_seconds: int = Field(
        default=60, ge=0, le=3600, description="How long a locked state is waited for before that is an error."
    )


class SamApplication(_Infrastructure):
    """`driver = "sam"`: `sam deploy`, with a stack for each color."""

    driver: Literal["sam"] = Field(description="What brings a color's application into being.")
    stack: Colored = Field(default="{app}-{env}-{color}", description="The stack's name. Must hold `{color}`.")
    parameters: dict[str, str] = Field(
        default={},
        description='Parameter of the template → variable that gives its value: `{ Table = "VERDIGRIS_TABLE" }`.',
    )
    arguments: Arguments = Field(default=(), description="Further arguments of `sam deploy`.")
    address_output: str = Field(
        default="Url", min_length=1, description="The stack's output that holds the color's address."
    )


class CdkApplication(_Infrastructure):
    """`driver = "cdk"`: `cdk deploy`, with a stack for each color. The app finds its place in `VERDIGRIS_*`."""

    driver: Literal["cdk"] = Field(description="What brings a color's application into being.")
    stack: Colored = Field(default="{app}-{env}-{color}", description="The stack's name. Must hold `{color}`.")
    arguments: Arguments = Field(default=(), description="Further arguments of `cdk deploy`.")
    address_output: str = Field(
        default="Url", min_length=1, description="The stack's output that holds the color's address."
    )


class CommandApplication(_Infrastructure):
    """`driver = "command"`: three commands of your own, each safe to repeat."""

    driver: Literal["command"] = Field(description="What brings a color's application into being.")
    deploy: Command = Field(description="Deploys the color of `VERDIGRIS_COLOR`, or brings it up to date.")
    destroy: Command = Field(description="Removes the color of `VERDIGRIS_COLOR`; exits 0 if it is not there.")
    address: Command = Field(description="Prints the address of that color, nothing if it is not there.")


Infrastructure = TerraformApplication | SamApplication | CdkApplication | CommandApplication
ApplicationSettings = Annotated[
    Annotated[ProcessApplication, Tag("process")]
    | Annotated[TerraformApplication, Tag("terraform")]
    | Annotated[SamApplication, Tag("sam")]
    | Annotated[CdkApplication, Tag("cdk")]
    | Annotated[CommandApplication, Tag("command")],
    Discriminator(told_by("driver", "process")),
]
