"""`[live]`: who is asked which table serves."""

from __future__ import annotations

from pydantic import Field

from verdigris.config.section import Section
from verdigris.config.values import ColoredName, Command


class LiveSettings(Section):
    """How the live application is asked which table it works on: one of `function` and `command`."""

    function: ColoredName | None = Field(
        default=None,
        description="A Lambda function of the application, for example `api_{env}_{color}`: its environment is read.",
    )
    variable: str = Field(
        default="VERDIGRIS_TABLE", min_length=1, description="The function's variable that holds the table's name."
    )
    command: Command | None = Field(
        default=None,
        description="A program that prints the table's name; `VERDIGRIS_ENV`, `VERDIGRIS_COLOR` and `VERDIGRIS_REGION` "
        "say of whom. It runs in the folder of this file.",
    )
