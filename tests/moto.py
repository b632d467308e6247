"""moto's server for tests that start programs: its address is told by the environment."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from verdigris.local.dynamodb import ACCESS_KEY, SECRET_KEY


@dataclass(frozen=True)
class Moto:
    """A server that is shared by a session: use names of your own."""

    url: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def use(self, patch: pytest.MonkeyPatch) -> None:
        """Every client of this process, and of those that it starts, speaks to it."""
        for variable, value in self.environment.items():
            patch.setenv(variable, value)
