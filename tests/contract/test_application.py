"""The port of a color's application: processes, Terraform (the real one where there is one), SAM, CDK, commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.applications import KINDS, MAKERS, Made, place
from tests.moto import Moto

from verdigris.core.model import Color
from verdigris.errors import Invalid
from verdigris.local.stack import LocalStack

parametrized = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def made(kind: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    if kind in ("sam", "cdk"):
        moto: Moto = request.getfixturevalue("moto")
        moto.use(monkeypatch)
    yield MAKERS[kind](tmp_path, monkeypatch)
    LocalStack(tmp_path / "state").down()


@parametrized
def test_each_color_is_made_with_its_place(made: Made) -> None:
    app = made.application
    blue, green = app.start(place(Color.BLUE, "one")), app.start(place(Color.GREEN, "two"))
    assert made.table_at(blue) == "one"
    assert made.table_at(green) == "two"
    assert app.address(place(Color.BLUE, "one")) == blue
    assert app.address(place(Color.GREEN, "two")) == green


@parametrized
def test_what_was_not_started_has_no_address(made: Made) -> None:
    assert made.application.address(place(Color.BLUE)) is None


@parametrized
def test_another_runner_finds_what_the_first_one_started(made: Made) -> None:
    address = made.application.start(place(Color.BLUE))
    assert made.again().address(place(Color.BLUE)) == address


@parametrized
def test_start_brings_up_to_date(made: Made) -> None:
    made.application.start(place(Color.BLUE, "one"))
    address = made.again().start(place(Color.BLUE, "two"))
    assert made.table_at(address) == "two"


@parametrized
def test_stop_leaves_the_other_color_alone_and_is_safe_to_repeat(made: Made) -> None:
    app = made.application
    app.start(place(Color.BLUE))
    green = app.start(place(Color.GREEN))
    app.stop(place(Color.BLUE))
    assert app.address(place(Color.BLUE)) is None
    made.again().stop(place(Color.BLUE))
    assert made.again().address(place(Color.GREEN)) == green


@parametrized
def test_one_that_cannot_be_made_is_an_error_that_names_its_log(made: Made) -> None:
    made.break_it()
    with pytest.raises(Invalid) as failure:
        made.application.start(place(Color.BLUE))
    assert "output.log" in failure.value.where or "tail" in failure.value.next_command
    assert "no traffic was moved" in failure.value.state
    assert failure.value.next_command
    made.application.stop(place(Color.BLUE))
    assert made.again().address(place(Color.BLUE)) is None


@parametrized
def test_what_it_says_is_told_and_kept(made: Made) -> None:
    made.application.start(place(Color.BLUE))
    if made.told is None:  # a process of its own; its log is not of its start
        return
    kept = [line for line in made.log(Color.BLUE).read_text().splitlines() if not line.startswith("$ ")]
    assert made.told
    assert kept[: len(made.told)] == made.told
