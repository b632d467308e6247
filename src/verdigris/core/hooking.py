"""Hooks: what a deployment asks of the user's commands and services, at which points, and what they answer. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from verdigris.core.model import Color, Place


class Point(StrEnum):
    """Where a deployment asks its hooks, in order."""

    BEFORE_PROVISION = "before-provision"
    AFTER_PROVISION = "after-provision"
    EXERCISE = "exercise"
    BEFORE_SWITCH = "before-switch"
    #: just before the fence, and after whatever was fenced is open again: the two are asked as a pair
    MAINTENANCE_ON = "maintenance-on"
    MAINTENANCE_OFF = "maintenance-off"
    AFTER_SWITCH = "after-switch"
    BEFORE_FINALIZE = "before-finalize"
    AFTER_FINALIZE = "after-finalize"
    ON_FAILURE = "on-failure"


class Status(StrEnum):
    """What a hook answers."""

    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    IN_PROGRESS = "IN_PROGRESS"


@dataclass(frozen=True, slots=True)
class Reply:
    """A hook's answer; `reason` is for people."""

    status: Status
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a hook is asked. `id` stays the same as long as it is the same question, after a crash too."""

    id: str
    point: Point
    deployment: int
    live: Color | None
    #: of the color that is deployed
    place: Place
    #: its address, "" where it has none yet
    address: str = ""
    #: what went wrong: code and sentence, for on-failure
    error: tuple[str, str] = ("", "")

    def environment(self) -> dict[str, str]:
        """The variables of a command: the place's, and what is asked."""
        return {
            **self.place.environment(),
            "VERDIGRIS_HOOK": self.point.value,
            "VERDIGRIS_HOOK_ID": self.id,
            "VERDIGRIS_DEPLOYMENT": str(self.deployment),
            "VERDIGRIS_LIVE": self.live.value if self.live else "",
            "VERDIGRIS_URL": self.address,
            "VERDIGRIS_ERROR_CODE": self.error[0],
            "VERDIGRIS_ERROR": self.error[1],
        }

    def body(self) -> dict[str, Any]:
        """The JSON of a request."""
        return {
            "format": "verdigris",
            "version": 1,
            "event": "hook",
            "id": self.id,
            "hook": self.point.value,
            "env": self.place.env,
            "deployment": self.deployment,
            "color": self.place.color.value,
            "data_version": self.place.version.value,
            "live": self.live,
            "address": self.address,
            "error": {"code": self.error[0], "what": self.error[1]} if self.error[0] else None,
        }
