"""For tests of Verdigris and of what is built on it: a clock that only moves when told."""

from __future__ import annotations

from verdigris.testing.clock import VirtualClock

__all__ = ["VirtualClock"]
