"""`[budget]`, and an environment's own in place of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from verdigris.config.load import load
from verdigris.config.model import Config
from verdigris.core.pacing import Budget
from verdigris.errors import ConfigError

TEXT = """[app]
name = "court"
[table]
name = "{app}-{env}-{version}"
[budget]
read_units_per_second = 1000
write_units_per_second = 0.5
[environments.dev]
regions = ["us-east-1"]
budget = {}
[environments.prod]
regions = ["us-east-1"]
[environments.stg]
regions = ["us-east-1"]
budget = { index_documents_per_second = 7 }
"""


def read(folder: Path, text: str) -> Config:
    (folder / "verdigris.toml").write_text(text)
    return load(None, folder)


def test_an_environment_takes_the_common_one_or_its_own(tmp_path: Path) -> None:
    config = read(tmp_path, TEXT)
    assert config.environment("prod").initial_budget == Budget(1000, 0.5, None)
    assert config.environment("stg").initial_budget == Budget(None, None, 7)
    assert config.environment("dev").initial_budget == Budget()


@pytest.mark.parametrize("value", ["0", "-5", '"fast"', "true", "inf", "nan"])
def test_what_is_no_budget_is_a_fault(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, TEXT.replace("= 0.5", f"= {value}"))
    (fault,) = caught.value.faults
    assert "write_units_per_second" in fault
