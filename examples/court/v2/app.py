"""Version 2 of the application: `uvicorn v2.app:app`."""

from __future__ import annotations

from court.api import build
from court.settings import Settings

from . import shape
from .search.documents import case

app = build(Settings.of(), shape, case)
