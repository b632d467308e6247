"""What is seen of a deployment: lines with times where there is no terminal, a live picture where there is one."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from itertools import pairwise

import click
import pytest
from rich.console import Console
from tests.unit.cli import sample

from verdigris.cli.board import Board, said
from verdigris.cli.downloads import plain as plain_downloads
from verdigris.cli.live import Live
from verdigris.cli.plain import Plain
from verdigris.core import records
from verdigris.core.model import Phase
from verdigris.core.records import Body
from verdigris.local.progress import Step
from verdigris.phases.base import Progress
from verdigris.testing import VirtualClock


def lines_of(*bodies: Body, verbose: bool = False) -> list[str]:
    board = Board(verbose=verbose)
    return [click.unstyle(line) for record in sample.records_of(*bodies) for line in board.record(record)]


def test_what_is_kept_of_each_phase() -> None:
    assert lines_of(*sample.PREFLIGHT) == ["✓ preflight     1.0 s  12 items tried, 13 came out"]
    assert lines_of(*sample.FAILED)[-1] == "✗ provision  failed"
    assert lines_of(*sample.BAKED)[-3:] == [
        "· switch     green is live by the deploy table",
        "✓ switch        2.0 s  green is live, writes held for 40 ms",
        "✓ bake          1.0 s",
    ]


def test_verbose_shows_every_record() -> None:
    step = (records.PhaseBegan(Phase.PROVISION), records.Intent(Phase.PROVISION, "create-table"))
    assert lines_of(*sample.PREFLIGHT, *step, verbose=True)[-2:] == [
        "  provision  began",
        "  provision  create-table: about to",
    ]


def test_a_stop_is_no_failure() -> None:
    stopped = (records.PhaseBegan(Phase.PREFLIGHT), records.Failed(Phase.PREFLIGHT, "interrupted", "stopped"))
    assert lines_of(*stopped) == ["· preflight  stopped"]


def test_a_resumed_deployment_says_where_it_goes_on() -> None:
    board = Board()
    assert board.resumed(sample.deployment(*sample.PREFLIGHT)) == [
        "deployment 3 of dev (new color, migrated data: blue → green, alpha → beta) goes on after preflight"
    ]
    assert board.left[0] is Phase.PROVISION
    assert board.resumed(sample.deployment()) == [], "said once"
    board.progress(Progress(Phase.SWITCH), 1.0)
    assert board.left == [Phase.BAKE, Phase.FINALIZE], "the gate has no record of its own"


def clock_and_plain() -> tuple[VirtualClock, Plain]:
    clock = VirtualClock()
    return clock, Plain(Board(), clock=clock, today=lambda: datetime(2026, 11, 23, 18, 15, 1, tzinfo=UTC))


def test_plain_lines_carry_the_time_and_no_color(capsys: pytest.CaptureFixture[str]) -> None:
    _, display = clock_and_plain()
    for record in sample.records_of(*sample.PREFLIGHT):
        display.record(record)
    assert capsys.readouterr().err == "2026-11-23T18:15:01Z ✓ preflight     1.0 s  12 items tried, 13 came out\n"


def test_plain_lines_come_once_a_second_at_most_and_less_often_later(capsys: pytest.CaptureFixture[str]) -> None:
    clock, display = clock_and_plain()
    display.record(sample.records_of(records.PhaseBegan(Phase.BACKFILL))[-1])
    times = []
    for tick in range(6000):  # ten minutes, ten reports a second
        display.progress(Progress(Phase.BACKFILL, tick, 6000))
        if capsys.readouterr().err:
            times.append(tick / 10)
        clock.sleep(0.1)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) >= 0.99
    assert max(gaps) <= 31
    assert len(times) < 60


def test_a_new_reason_is_said_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    _, display = clock_and_plain()
    for reason in ("catching up before the fence", "catching up before the fence", "holding writes"):
        display.progress(Progress(Phase.SWITCH, reason=reason))
    assert [line.split(maxsplit=2)[2] for line in capsys.readouterr().err.splitlines()] == [
        "catching up before the fence",
        "holding writes",
    ]


def test_waiting_for_the_lease_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    _, display = clock_and_plain()
    for left in (15, 14):
        display.waiting(f"taking over in {left} s")
    assert "taking over in 15 s" in capsys.readouterr().err


class Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_reader_that_went_away_does_not_stop_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", Gone())
    _, display = clock_and_plain()
    display.waiting("one")
    display.record(sample.records_of()[0])


def drawn(live: Live, width: int = 110) -> str:
    file = io.StringIO()
    Console(file=file, width=width, color_system=None).print(live._draw())
    return file.getvalue()


def test_the_live_picture() -> None:
    board = Board()
    live = Live(board)
    assert drawn(live).strip() == ""
    board.resumed(sample.deployment(*sample.PREFLIGHT))
    board.progress(Progress(Phase.BACKFILL, 5_000, 20_000, lag_s=1.0, lag_records=3), 1.0)
    board.progress(Progress(Phase.BACKFILL, 10_000, 20_000, lag_s=1.0, lag_records=3), 2.0)
    picture = drawn(live).splitlines()
    assert "backfill" in picture[0]
    assert "10,000 of 20,000 items (50%) · 5,000/s · ETA 2.0 s · lag 1.0 s, 3 records" in picture[0]
    assert picture[1].startswith("  then replay, verify")
    live.stopping("stopping at the next page boundary")
    assert drawn(live).splitlines()[-1] == "stopping at the next page boundary"


def test_a_narrow_terminal_cuts_but_never_wraps() -> None:
    board = Board()
    live = Live(board)
    board.resumed(sample.deployment())
    board.progress(Progress(Phase.PREFLIGHT, 5_000, 20_000, reason="running the migrations on a sample " * 3), 1.0)
    lines = drawn(live, 60).splitlines()
    assert len(lines) == 2
    assert "preflight" in lines[0]


def test_waiting_is_said_in_place_of_progress() -> None:
    board = Board()
    board.progress(Progress(Phase.BACKFILL, 1, 2), 1.0)
    board.waiting("another runner has not renewed its lease")
    assert said(board.now) == ["another runner has not renewed its lease"]


def test_downloads_in_plain_lines() -> None:
    clock, heard = VirtualClock(), list[str]()
    show = plain_downloads(heard.append, clock)
    for done in range(0, 101, 10):
        show(Step("opensearch", "download", done * 1_000_000, 100_000_000))
        clock.sleep(0.2)
    show(Step("opensearch", "start", 0, 1))
    show(Step("opensearch", "ready", 1, 1))
    assert heard[0] == "opensearch: downloading 0 B of 100.0 MB"
    assert heard[-3:] == ["opensearch: downloading 100.0 MB of 100.0 MB", "opensearch: starting", "opensearch: ready"]
    assert len(heard) < 8
