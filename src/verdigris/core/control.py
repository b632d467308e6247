"""What people say to a deployment while it runs: its budget, and whether it is paused."""

from __future__ import annotations

import msgspec

from verdigris.core.pacing import Budget


class Control(msgspec.Struct, frozen=True):
    """Holds for one deployment; the next begins with the configuration's budget. Times are ISO 8601, UTC."""

    deployment: int
    budget: Budget
    paused_by: str = ""
    paused_at: str = ""

    @property
    def paused(self) -> bool:
        return bool(self.paused_at)


def paused_reason(control: Control, env: str) -> str:
    """Why bulk work does not go on; "" if it may."""
    if not control.paused:
        return ""
    at = control.paused_at[:19].replace("T", " ")
    return f"paused by {control.paused_by} at {at} UTC: verdigris resume {env}"
