"""The base of every table of verdigris.toml."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """One table. Frozen; unknown keys are faults; no value is taken for one of another type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def told_by(key: str, default: str | None = None) -> Any:
    """What tells pydantic the form of a table: the value of `key`, by default `default`."""

    def tag(value: Any) -> Any:
        if isinstance(value, dict):
            found = value.get(key, default)
            return None if found is None else str(found)
        return getattr(value, key, default)

    return tag
