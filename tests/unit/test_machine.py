from __future__ import annotations

import pytest

from verdigris.core.machine import ENDED, PHASE_OF, TRANSITIONS, WAITING, Event, IllegalEvent, State, advance, diagram
from verdigris.core.model import Kind, Phase
from verdigris.core.planning import PHASES


def reachable(state: State, kind: Kind) -> set[State]:
    found, new = {state}, [state]
    while new:
        now = new.pop()
        after = {advance(now, event, PHASES[kind]) for event in TRANSITIONS[now]}
        new += after - found
        found |= after
    return found


@pytest.mark.parametrize("kind", Kind)
def test_every_state_reaches_an_end(kind: Kind) -> None:
    for state in reachable(State.PREFLIGHT, kind):
        assert reachable(state, kind) & ENDED, f"{state} is a trap"


def test_every_state_has_a_row_and_is_reached_by_a_deployment_that_migrates() -> None:
    assert set(TRANSITIONS) == set(State)
    assert reachable(State.PREFLIGHT, Kind.MIGRATE) == set(State)


def test_ends_have_no_way_on_and_all_others_have_one() -> None:
    assert {state for state, row in TRANSITIONS.items() if not row} == ENDED


def test_a_state_either_has_a_phase_or_waits_or_has_ended() -> None:
    for state in State:
        kinds = [state in PHASE_OF and state not in WAITING, state in WAITING, state in ENDED]
        assert kinds.count(True) == 1 or state is State.ABORTING, state


@pytest.mark.parametrize("kind", Kind)
def test_the_chain_passes_over_what_a_plan_leaves_out(kind: Kind) -> None:
    """Told only what is done and said, a deployment goes through the phases of its plan and through no others."""
    state, worked = State.PREFLIGHT, list[Phase]()
    while state is not State.FINISHED:
        phase = PHASE_OF.get(state)
        if phase and (not worked or worked[-1] is not phase):
            worked.append(phase)
        said = [Event.FLIPPED, Event.APPROVED, Event.FINALIZE, Event.DONE]
        state = advance(state, next(event for event in said if event in TRANSITIONS[state]), PHASES[kind])
    assert tuple(worked) == PHASES[kind]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_an_illegal_event_says_so(state: State, event: Event) -> None:
    if event in TRANSITIONS[state]:
        assert advance(state, event, tuple(Phase)) in State
        return
    with pytest.raises(IllegalEvent) as caught:
        advance(state, event, tuple(Phase))
    assert (caught.value.state, caught.value.event) == (state, event)


def test_before_the_flip_every_way_leads_back_through_aborting() -> None:
    before = {State.PREFLIGHT}
    new = [State.PREFLIGHT]
    while new:
        for event, after in TRANSITIONS[new.pop()].items():
            if event is not Event.FLIPPED and after not in before | {State.ABORTING}:
                before.add(after)
                new.append(after)
    assert all(TRANSITIONS[state][Event.ABORT] is State.ABORTING for state in before)
    assert {State.SWITCH, State.REJECTED} <= before
    assert not before & {State.BAKE, State.FINALIZE, State.OPENING}


def test_after_the_flip_nothing_is_aborted_without_a_way_back_first() -> None:
    for state in (State.OPENING, State.BAKE, State.BAKED, State.FINALIZE, State.RETURNING, State.REOPENING):
        assert Event.ABORT not in TRANSITIONS[state]


def test_finalize_is_entered_by_being_told_so_only() -> None:
    ways = [(state, event) for state, row in TRANSITIONS.items() for event in row if row[event] is State.FINALIZE]
    assert ways == [(State.BAKED, Event.FINALIZE)]
    assert set(TRANSITIONS[State.FINALIZE]) == {Event.DONE}


def test_the_diagram_has_every_arrow() -> None:
    text = diagram()
    arrows = sum(len(row) for row in TRANSITIONS.values())
    assert text.count("-->") == arrows + 1 + len(ENDED)
    assert "    bake --> returning: rollback" in text
