"""Mappings in memory, for tests."""

from __future__ import annotations

from collections.abc import Sequence

from verdigris.core.model import Color


class MemoryMappings:
    """The port `ColorMappings`: mapping → the color that it leads to."""

    def __init__(self, mappings: dict[str, Color] | None = None) -> None:
        self.name = "memory"
        self.mappings = mappings or {}

    def leading_to(self, color: Color) -> Sequence[str]:
        return [mapping for mapping, to in self.mappings.items() if to is color]

    def delete(self, mapping: str, color: Color) -> None:
        if self.mappings.get(mapping) is color:
            del self.mappings[mapping]
