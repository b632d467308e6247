"""The stand-in for Terraform tells a lock from other faults as the real one does."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.contract.applications import fake_terraform, place

from verdigris.core.model import Color
from verdigris.errors import Conflict


def test_a_locked_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = fake_terraform(tmp_path, monkeypatch)
    made.application.start(place(Color.BLUE))
    lock = tmp_path / "terraform.tfstate.d" / "court-dev-blue" / "lock"
    lock.touch()
    with pytest.raises(Conflict, match="is locked"):
        made.application.start(place(Color.BLUE))
    lock.unlink()
    made.application.start(place(Color.BLUE))
