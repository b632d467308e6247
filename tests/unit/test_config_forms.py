"""Sections that have several forms: which one is meant, and faults in each."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.test_config_load import SMALLEST, fault_of, read

from verdigris.config.applications import ProcessApplication, TerraformApplication


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ('driver = "teraform"', 'driver: found "teraform"; must be one of process, terraform,'),
        ("driver = 3", 'application.driver: found "3"; must be one of process, terraform,'),
        ('driver = "terraform"\ndirectry = "x"', 'did you mean "directory"?'),
        ('driver = "sam"\nstack = "court"', "must hold {color}"),
        (
            'driver = "terraform"\nbackend_config = ["key={colour}"]',
            'unknown placeholder {colour}; allowed: {app}, {env}, {region}, {color}; did you mean "color"?',
        ),
    ],
)
def test_one_wrong_value_of_an_application_is_one_fault(tmp_path: Path, section: str, said: str) -> None:
    assert said in fault_of(tmp_path, f"{SMALLEST}[application]\n{section}\n")


def test_an_environment_may_have_an_application_of_its_own(tmp_path: Path) -> None:
    sections = '[application]\ncommand = ["app"]\n[environments.prod]\nregions = ["us-east-1"]\n'
    config = read(tmp_path, SMALLEST + sections + 'application = { driver = "terraform", directory = "tf" }\n')
    assert isinstance(config.environment("dev").application, ProcessApplication)
    prod = config.environment("prod").application
    assert isinstance(prod, TerraformApplication)
    assert (prod.directory, prod.program, prod.backend_config) == ("tf", "terraform", ())


def test_other_braces_in_a_command_are_left_alone(tmp_path: Path) -> None:
    command = ["awk", "{print}", "-v", "p={port}", "{}"]
    application = read(tmp_path, SMALLEST + f"[application]\ncommand = {command}\n").application
    assert isinstance(application, ProcessApplication)
    assert list(application.command) == command
