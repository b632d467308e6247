"""The policies of `verdigris iam` against the calls that the adapters of these suites really made. Runs last.

An action is missing here? Add it to core/permissions.py, with the phases that need it.
"""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path

import pytest

from verdigris.core.permissions import GRANTS, IMPLIED

ALLOWED = {action for grant in GRANTS for action in grant.actions}


def test_every_call_is_allowed(actions: Set[str]) -> None:
    assert actions - ALLOWED == set()


def test_every_allowed_action_is_a_call(actions: Set[str], request: pytest.FixtureRequest) -> None:
    here = Path(__file__).parent
    run = {item.path for item in request.session.items}
    if missing := set(here.glob("test_*.py")) - run:
        pytest.skip(f"only some suites run: without {', '.join(sorted(path.name for path in missing))}")
    assert ALLOWED - actions - IMPLIED.keys() == set(), "no adapter needs it"
    assert set(IMPLIED.values()) <= actions
