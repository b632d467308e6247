"""`[environments.NAME]`: one deployed installation of the application."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from verdigris.config.applications import ApplicationSettings
from verdigris.config.budget import BudgetSettings
from verdigris.config.section import Section
from verdigris.config.values import Duration, Regions, SecretReference, Url


class EndpointSettings(Section):
    """Addresses in place of the region's own."""

    dynamodb: Url | None = Field(default=None, description="Where DynamoDB and its streams answer.")
    search: Url | None = Field(default=None, description="Where the search cluster answers.")
    search_user: str | None = Field(
        default=None,
        min_length=1,
        description="The user whom the search cluster is asked as, with `search_password`. Without it: the variables "
        "`VERDIGRIS_SEARCH_USER` and `VERDIGRIS_SEARCH_PASSWORD`, where set; else AWS credentials (SigV4) for AWS's "
        "hosts, and nobody for others.",
    )
    search_password: SecretReference | None = Field(
        default=None, description="Where the password is, in the forms of `[[notify]] token`."
    )
    aws: Url | None = Field(default=None, description="Where the other services of AWS answer.")


class EnvironmentSettings(Section):
    """One deployed installation of the application."""

    regions: Regions = Field(
        description="The regions, home first: a table that is made gets a replica in each of the others."
    )
    local: bool = Field(default=False, description="Served by the embedded engines (`verdigris local up`), not by AWS.")
    approve: Literal["auto", "manual"] = Field(
        default="manual", description="Whether a deployment waits for `verdigris approve`."
    )
    gate_hours: float = Field(
        default=72, gt=0, le=720, description="How long a deployment waits for that answer; then it counts no more."
    )
    on_gate_expiry: Literal["back", "stay"] = Field(
        default="back",
        description="What the next `deploy` does when nobody has answered in time: undo what was made, or ask again.",
    )
    finalize: Literal["auto", "manual"] = Field(
        default="manual",
        description="Whether the old color waits for `verdigris finalize`, or goes after bake and `keep_old`.",
    )
    keep_old: Duration | None = Field(
        default=None,
        description="How long the old color is kept after the switch, for example `7d` or `36h`: finalize is refused "
        "before, and `status` tells when the time is over.",
    )
    production: bool = Field(
        default=False, description="Refuses what is unproven or loses data unless told so explicitly."
    )
    bake_minutes: float = Field(
        default=0, ge=0, description="How long a deployment is watched between switch and finalize."
    )
    on_alarm: Literal["back", "back-lossy", "stay"] = Field(
        default="back",
        description="What happens when an alarm fires, or a health check fails, in that time. `back`: the traffic goes "
        "back by itself, unless that would hide what was written to the new color; `back-lossy`: in any case; `stay`: "
        "the deployment stops and says so.",
    )
    backup: bool | None = Field(
        default=None,
        description="Whether finalize makes a backup of the old table before it deletes it; where nothing is said, in "
        "production and not on the embedded engines, which have no backups.",
    )
    enable_stream: bool = Field(
        default=False, description="Consent to turn the source table's stream on when it is off."
    )
    port: int = Field(default=0, ge=0, le=65535, description="Port of the local front door; 0 takes any free one.")
    endpoints: EndpointSettings = Field(
        default=EndpointSettings(), description="Addresses in place of the region's own."
    )
    lease_seconds: int = Field(
        default=15,
        ge=3,
        le=3600,
        description="How long a runner that died keeps others out. It is renewed while work goes on.",
    )
    unversioned: Literal["alpha", "beta"] | None = Field(
        default=None,
        description="The data version whose table has a name without `{version}`, from before there were versions.",
    )
    budget: BudgetSettings | None = Field(default=None, description="In place of the whole of `[budget]`.")
    application: ApplicationSettings | None = Field(
        default=None, description="In place of the whole of `[application]`."
    )
    late_write_seconds: float | None = Field(
        default=None,
        ge=0,
        le=900,
        description="How long a write that was not answered may still land: 600 on AWS, the life of a signature and as "
        "much for clocks that differ; 5 on the embedded engines.",
    )
