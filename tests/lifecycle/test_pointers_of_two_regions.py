"""Two regions' pointers in one switch: whichever call fails, both lead to one color, or it is said where each leads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum

import pytest
from tests.lifecycle.perils import Killed, Kills
from tests.lifecycle.scenario import Scenario, each_call
from tests.lifecycle.world import Color, World, some_items

from verdigris import runner
from verdigris.core.machine import TRANSITIONS, Event, State
from verdigris.core.model import Phase
from verdigris.core.records import Said
from verdigris.core.transform import Migration
from verdigris.errors import Conflict, NotFound, PhaseFailed, Unreachable, VerdigrisError
from verdigris.stores.pointers.ordered import OrderedPointers

BLUE, GREEN = Color.BLUE, Color.GREEN
MIGRATION = Migration("0001_mark.py", up=lambda item: item | {"marked": True})


class Fault(StrEnum):
    """A call is not carried out; or it is, and nobody hears of it; or it says that it was, and was not."""

    REFUSED = "refused"
    UNHEARD = "unheard"
    IGNORED = "ignored"


class Switchboard:
    """The pointers of both regions. `fails`: (the number of a call from 1, what becomes of it)."""

    def __init__(self) -> None:
        self.lives: dict[str, Color | None] = {"west": BLUE, "east": BLUE}
        self.fails: tuple[int, Fault] | None = None
        self.calls = 0
        self.moves: list[str] = []
        #: region → the color that has nothing there
        self.missing: dict[str, Color] = {}

    def called(self, effect: Callable[[], None] = lambda: None) -> None:
        self.calls += 1
        fault = self.fails[1] if self.fails and self.fails[0] == self.calls else None
        if fault in (None, Fault.UNHEARD):
            effect()
        if fault in (Fault.REFUSED, Fault.UNHEARD):
            raise Unreachable("no answer")


class Regional:
    """A `TrafficPointer` of one region."""

    def __init__(self, board: Switchboard, name: str) -> None:
        self.name, self._board = name, board

    def read(self) -> Color | None:
        self._board.called()
        return self._board.lives[self.name]

    def demand(self, color: Color) -> None:
        if color is self._board.missing.get(self.name):
            raise NotFound("there is no REST API of that name", where=self.name)

    def set(self, color: Color) -> None:
        def move() -> None:
            self._board.lives[self.name] = color
            self._board.moves.append(f"{self.name} {color}")

        self.demand(color)
        self._board.called(move)


def world(board: Switchboard) -> World:
    made = World(migrations=[MIGRATION], fenced=False)
    made.pointer = OrderedPointers([Regional(board, "west"), Regional(board, "east")])  # type: ignore[assignment]
    made.live(some_items(10))
    return made


def failing(begin: Callable[[Switchboard], World], again: Callable[[World], State]) -> Iterator[tuple[str, World]]:
    """Worlds in which the command `again` was run once while its nth call failed, in each way; and what it said."""
    for fault in Fault:
        nth = 0
        while True:
            nth += 1
            board = Switchboard()
            made = begin(board)
            board.calls, board.fails = 0, (nth, fault)
            said = ""
            try:
                again(made)
            except VerdigrisError as error:
                said = error.state
                which = ", ".join(f"{name} → {live}" for name, live in board.lives.items())
                color = made.journal().flags().color
                assert {*board.lives.values()} == {color} or which in said, f"{fault} {nth}: {said}"
            calls = board.calls
            board.fails = None
            yield said, made
            assert {*board.lives.values()} == {made.journal().flags().color}
            if calls < nth:
                break
        assert nth > 6


def deploy(made: World) -> State:
    return runner.run(made.bench(), yes_by="me").state


def rollback(made: World) -> State:
    bench = made.bench()
    if Event.ROLLBACK in TRANSITIONS[bench.snapshot.state]:
        bench.log.append(Said(Event.ROLLBACK, "me"))
    return runner.run(bench).state


def deploy_forward(made: World) -> State:
    bench = made.bench()
    bench.log.append(Said(Event.FORWARD, "me"))
    return runner.run(bench, yes_by="me").state


def exercised(board: Switchboard) -> World:
    made = world(board)
    runner.run(made.bench(), until=Phase.EXERCISE)
    return made


def baked(board: Switchboard) -> World:
    made = world(board)
    assert deploy(made) is State.BAKED
    assert board.moves == ["west green", "east green"]
    return made


def test_forward_each_call_fails_once() -> None:
    said = []
    for state, made in failing(exercised, deploy):
        said.append(state)
        assert deploy(made) is State.BAKED
    assert any("west → green, east → blue; the same command moves the rest" in one for one in said)


def test_back_each_call_fails_once() -> None:
    said = []
    for state, made in failing(baked, rollback):
        said.append(state)
        assert rollback(made) is State.RETURNED
    assert any("west → green, east → blue; the same command moves the rest" in one for one in said), "east goes first"


def test_a_region_whose_answer_is_lost_for_good_is_not_guessed() -> None:
    """Nothing answers any more from the moment that the west has moved."""
    board = Switchboard()
    made = exercised(board)
    answer = board.called

    def dead(effect: Callable[[], None] = lambda: None) -> None:
        if board.moves:
            raise Unreachable("no answer")
        answer(effect)

    board.called = dead  # type: ignore[method-assign]
    with pytest.raises(Unreachable) as caught:
        deploy(made)
    assert caught.value.state == "west → not known, east → not known; the same command moves the rest"


def test_what_was_moved_by_hand_during_a_long_run_is_seen_before_anything_is_held() -> None:
    board = Switchboard()
    made = world(board)

    def exercise(place: object, address: str) -> dict[str, bool]:
        board.lives["east"] = GREEN
        return {"ran": True}

    made._exercise = exercise  # type: ignore[method-assign]
    with pytest.raises(Conflict, match="the pointers disagree: west → blue, east → green"):
        deploy(made)
    assert (made.journal().flags().color, board.moves) == ("blue", [])


def test_half_way_there_is_a_way_back() -> None:
    """What is in the east goes when the west has moved: no run would ever get there."""
    board = Switchboard()
    made = exercised(board)
    called = board.called

    def losing(effect: Callable[[], None] = lambda: None) -> None:
        called(effect)
        if board.moves == ["west green"]:
            board.missing = {"east": GREEN}

    board.called = losing  # type: ignore[method-assign]
    for _ in range(2):
        with pytest.raises(NotFound) as caught:
            deploy(made)
        assert caught.value.state == "west → green, east → blue; the same command moves the rest"
        assert made.journal().flags().color == "green"
    assert rollback(made) is State.RETURNED
    assert board.moves == ["west green", "west blue"]
    assert made.journal().flags().color == "blue"
    board.missing = {}
    assert deploy_forward(made) is State.BAKED
    assert board.lives == {"west": GREEN, "east": GREEN}


def test_a_color_that_has_nothing_in_one_region_moves_nowhere() -> None:
    board = Switchboard()
    made = exercised(board)
    board.missing = {"east": GREEN}
    with pytest.raises(NotFound, match="no REST API"):
        deploy(made)
    assert (made.journal().flags().color, board.moves) == ("blue", [])
    board.missing = {"west": BLUE}
    assert deploy(made) is State.BAKED
    with pytest.raises(NotFound, match="no REST API"):
        rollback(made)
    assert made.journal().flags().color == "green"
    assert board.lives == {"west": GREEN, "east": GREEN}


class AtSet(Kills):
    """Dies before the pointer follows the flip."""

    def __call__(self, port: str, name: str) -> None:
        if (port, name) == ("pointer", "set"):
            super().__call__(port, name)


def test_killed_at_every_call_of_a_way_back_from_half_way() -> None:
    def flipped(seed: int) -> Scenario:
        scenario = Scenario(seed, kills=AtSet(1))
        with pytest.raises(Killed):
            runner.run(scenario.world.bench())
        assert scenario.journal.flags().color == "green"
        return scenario

    for scenario in each_call(flipped):
        scenario.command(State.RETURNED, Event.ROLLBACK)
        assert scenario.pointer.read().live is BLUE
        assert scenario.pointer.read().fence is None
        assert scenario.verdict() == [], f"seed {scenario.seed}, killed at {scenario.kills.killed}"


def test_the_way_back_begins_only_where_it_can_be_seen_where_traffic_goes() -> None:
    board = Switchboard()
    made = baked(board)
    board.calls, board.fails = 0, (2, Fault.REFUSED)
    with pytest.raises(Unreachable):
        rollback(made)
    assert made.journal().flags().color == "green"
    board.lives = dict.fromkeys(board.lives)
    with pytest.raises(PhaseFailed, match="traffic goes to neither color"):
        rollback(made)
    assert made.journal().flags().color == "green"
    board.lives = {"west": BLUE, "east": GREEN}  # by hand, before anybody thought of this
    assert rollback(made) is State.RETURNED
    assert board.lives == {"west": BLUE, "east": BLUE}
