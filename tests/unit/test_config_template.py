"""What `verdigris init` writes is a valid configuration that shows every key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from verdigris.config.budget import BudgetSettings
from verdigris.config.environment import EndpointSettings
from verdigris.config.load import load
from verdigris.config.model import Config
from verdigris.config.schema import json_schema
from verdigris.config.template import template


def load_text(folder: Path, text: str) -> Config:
    (folder / "verdigris.toml").write_text(text)
    return load(None, folder)


def test_it_loads_as_it_is(tmp_path: Path) -> None:
    config = load_text(tmp_path, template("court"))
    assert config.app.name == "court"
    assert config.environment("dev").local


def test_it_loads_with_every_comment_taken_away_and_its_comments_tell_the_defaults(tmp_path: Path) -> None:
    plain = load_text(tmp_path, template("court"))
    text = re.sub(r"(?m)^# ((?:\[|\w+ = ).*)$", r"\1", template("court"))
    full = load_text(tmp_path, text.replace("local = true ", "local = false "))
    assert len(full.index) == 1
    assert full.application is not None
    assert full.switch == plain.switch
    assert full.budget.write_units_per_second == 500
    assert plain.environment("dev").late_write_s == full.environment("dev").late_write_s
    assert full.environments["dev"].budget == BudgetSettings(write_units_per_second=100)
    assert full.environments["dev"].application
    defaults = {
        "application": None,
        "local": False,
        "endpoints": EndpointSettings(),
        "backup": None,
        "budget": None,
        "keep_old": None,
        "late_write_seconds": None,
        "unversioned": None,
    }
    assert full.environments["dev"].model_copy(update=defaults) == plain.environments["dev"].model_copy(update=defaults)
    assert full.table.model_copy(update={"shape": None, "destination": None}) == plain.table


#: One kind of pointer is enough to begin with.
_SHOWN = sorted(name for name in json_schema()["$defs"] if not name.endswith("Pointer") or name == "ApiGatewayPointer")


@pytest.mark.parametrize("section", _SHOWN)
def test_every_key_is_shown(section: str) -> None:
    for key in json_schema()["$defs"][section]["properties"]:
        assert re.search(rf"\b{key} = ", template("court")), key
