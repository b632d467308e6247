"""`[[alarm]]` and `[[health]]`: what is watched while a deployment bakes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, Strict

from verdigris.config.around import Environments
from verdigris.config.names import placeholders
from verdigris.config.section import Section
from verdigris.config.values import ColoredUrl, ColorName, Region


class AlarmSettings(Section):
    """A CloudWatch alarm. One that is not there, or has no data, is a failure and never a pass."""

    name: ColorName = Field(description="The alarm's name; `{color}` is the color that is deployed.")
    regions: Annotated[tuple[Region, ...], Strict(False)] = Field(
        default=(), description="The regions that have the alarm; else the home region."
    )
    no_data_seconds: float = Field(
        default=300, ge=0, le=86400, description="How long it may have no data; at the end of the bake it must have."
    )
    environments: Environments = Field(default=(), description="In which environments; none stands for all.")

    @property
    def colored(self) -> bool:
        """Whether it comes with the color, so that it cannot be looked for before the color is made."""
        return "color" in placeholders(self.name)


class HealthSettings(Section):
    """An address that says whether the new color is well."""

    url: ColoredUrl = Field(description="The address; `{color}` in it is the color that is deployed.")
    status: int = Field(default=200, ge=100, le=599, description="The status that it must answer with.")
    every_seconds: float = Field(default=10, gt=0, le=3600, description="How often it is asked.")
    failures: int = Field(default=3, ge=1, le=1000, description="How many failures in a row are too many.")
    timeout_seconds: float = Field(default=5, gt=0, le=60, description="How long an answer may take.")
    environments: Environments = Field(default=(), description="In which environments; none stands for all.")
