"""Sections that have several forms: which one is meant, and faults in each."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.test_config_load import SMALLEST, fault_of, faults_of, read

from verdigris.config.applications import ProcessApplication, TerraformApplication
from verdigris.core.model import Phase


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


NOTIFY = '[[notify]]\nafter = "reindex"\nto = "circleci"\njob = "go-on"\ntoken = "env:TOKEN"\n'
HOOK = '[[hook]]\nat = "before-switch"\ncommand = ["true"]\n'


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        (NOTIFY.replace("env:TOKEN", "hunter2"), "notify[0].token: must say where it is kept: env:NAME,"),
        (NOTIFY.replace("reindex", "finalize"), 'after: found "finalize"; nothing would send again what is lost after'),
        (NOTIFY.replace("reindex", "reindx"), 'notify[0].after: found "reindx"; must be'),
        ('[[alarm]]\nname = "{app}-{colour}"\n', "alarm[0].name: found"),
        ('[[alarm]]\nname = "errors"\nenvironments = ["prd"]\n', 'alarm[0].environments[0]: no environment "prd"'),
        ('[[health]]\nurl = "court.example.com"\n', "health[0].url: found"),
        ('[[health]]\nurl = "http://x/{version}"\n', "unknown placeholder {version}"),
        ('[[health]]\nurl = "http://x"\nfailures = 0\n', "health[0].failures: found 0; must be 1 or more"),
        (NOTIFY.replace("circleci", "circle"), 'notify[0].to: found "circle"; must be one of circleci, webhook'),
        (NOTIFY.replace('to = "circleci"\n', ""), "notify[0]: to is missing; there are: circleci, webhook"),
        (NOTIFY + 'environments = ["prd"]\n', 'notify[0].environments[0]: no environment "prd"; there are: dev'),
        (NOTIFY.replace("job", "jop"), 'did you mean "job"?'),
        (HOOK.replace("before-switch", "before-swich"), "hook[0].at: found"),
        (HOOK + 'url = "http://x"\n', "hook[0]: needs one of command and url"),
        (HOOK.replace('command = ["true"]\n', ""), "hook[0]: needs one of command and url"),
        (HOOK + 'secret = "env:X"\n', "hook[0].secret: signs requests: it goes with url"),
        (HOOK + HOOK, "hook[1]: is the second of its kind at before-switch"),
        (HOOK.replace("before-switch", "maintenance-on"), "maintenance-on needs a hook at maintenance-off in dev"),
        (HOOK.replace("before-switch", "maintenance-off"), "maintenance-off needs a hook at maintenance-on in dev"),
    ],
)
def test_faults_of_hooks_and_notices(tmp_path: Path, sections: str, said: str) -> None:
    faults = faults_of(tmp_path, SMALLEST + sections)
    assert any(said in fault for fault in faults), faults
    assert not any("hunter2" in fault for fault in faults)


def test_a_maintenance_page_holds_writes_and_so_does_the_front_door(tmp_path: Path) -> None:
    dev = read(tmp_path, SMALLEST).environment("dev")
    assert not dev.has_fence
    pair = "".join(HOOK.replace("before-switch", at) for at in ("maintenance-on", "maintenance-off"))
    prod = '[environments.prod]\nregions = ["us-east-1"]\n'
    only = pair.replace("command", 'environments = ["prod"]\ncommand')
    config = read(tmp_path, SMALLEST + prod + only)
    assert config.environment("prod").has_fence
    assert not config.environment("dev").has_fence
    application = '[application]\ncommand = ["true"]\n'
    assert read(tmp_path, SMALLEST + application).environment("dev").has_fence


def test_hooks_and_notices_are_for_the_environments_that_they_name(tmp_path: Path) -> None:
    prod = '[environments.prod]\nregions = ["us-east-1"]\n'
    only = 'environments = ["prod"]\n'
    config = read(tmp_path, SMALLEST + prod + HOOK + HOOK.replace("true", "false") + only + NOTIFY + only)
    dev, live = config.environment("dev"), config.environment("prod")
    assert (len(dev.hooks), len(dev.notices)) == (1, 0)
    assert (len(live.hooks), len(live.notices)) == (2, 1)
    assert live.notices[0].phase is Phase.REINDEX
