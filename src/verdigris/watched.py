"""What is watched while a color bakes, from the configuration."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from verdigris.config.model import Environment
from verdigris.core.model import Color
from verdigris.phases.watches import AlarmWatch, HealthWatch, Watches
from verdigris.stores.aws import Aws
from verdigris.stores.cloudwatch import CloudWatchAlarms
from verdigris.stores.http_health import HttpHealth


def watches(env: Environment, color: Color, aws: Callable[[str], Aws]) -> Watches:
    """For the `color` that is deployed. `aws` gives a region's clients."""
    region = cache(lambda name: CloudWatchAlarms(aws(name).client("cloudwatch")))
    return Watches(
        alarms=[
            AlarmWatch(
                region(where), env.colored(one.name, color, where), where, one.no_data_seconds, early=not one.colored
            )
            for one in env.alarms
            for where in one.regions or (env.region,)
        ],
        health=[
            HealthWatch(
                HttpHealth(env.colored(one.url, color), one.status, one.timeout_seconds),
                one.every_seconds,
                one.failures,
            )
            for one in env.health_checks
        ],
    )
