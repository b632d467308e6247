"""`[[consumer]]`: what of the application's reads the stream of the table."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from verdigris.config.around import Environments
from verdigris.config.section import Section
from verdigris.config.values import ColorName


class ConsumerSettings(Section):
    """A Lambda function that an event source mapping gives the changes of the table."""

    function: ColorName = Field(
        description="The function's name, which may hold `{color}`; with `:` and an alias only what calls that alias."
    )
    kind: Literal["index", "effects"] = Field(
        description="`index`: it writes search indexes. `effects`: it acts on the world (mails, notices), and "
        "must look whether its color is live before it does so."
    )
    read_within_minutes: int = Field(
        default=360,
        ge=0,
        le=1440,
        description="How long the switch waits until an `effects` consumer has read what the deployment wrote to the "
        "new table; then the deployment stops. 0: it is not waited for; it looks at the time of each change itself.",
    )
    environments: Environments = Field(default=(), description="In which environments; none stands for all.")

    @property
    def read_within_s(self) -> int:
        return self.read_within_minutes * 60 if self.kind == "effects" else 0
