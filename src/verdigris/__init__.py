"""Verdigris: blue-green deployments that carry the data along."""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["__version__"]
