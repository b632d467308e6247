"""What the front door is, and its double in memory: both ports in one."""

from __future__ import annotations

from typing import Protocol

from verdigris.stores.base import Fence, LivePointer


class Door(LivePointer, Fence, Protocol):
    """A pointer that all traffic passes through, so that it is the fence as well."""
