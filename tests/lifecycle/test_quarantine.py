"""Items that cannot be carried along: nothing else waits for them, and nothing is switched before somebody decided."""

from __future__ import annotations

from contextlib import suppress
from itertools import count

import pytest
from tests.lifecycle.perils import Exposed, Killed, Kills
from tests.lifecycle.refusals import (
    BAD,
    MENDED,
    Item,
    bad_item,
    begin,
    deploy,
    entries,
    item,
    many,
    mend,
    stopped,
    wanted,
)
from tests.lifecycle.world import World, raw

from verdigris import runner
from verdigris.core.machine import Event, State
from verdigris.core.model import Phase
from verdigris.core.quarantine import Held
from verdigris.core.records import Said
from verdigris.core.transform import Migration
from verdigris.errors import PhaseFailed
from verdigris.phases import redriving

# ── refused items ────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_refused_item_of_200_holds_up_nothing_but_the_switch() -> None:
    items = many()
    world = begin(items)
    world.tables.page_items = 100  # the sample is of the first pages
    snapshot = deploy(world, until=Phase.EXERCISE)
    assert world.items("beta") == wanted([one for one in items if "n" in one])
    for phase in (Phase.BACKFILL, Phase.REPLAY, Phase.VERIFY):
        assert snapshot.phases[phase].evidence["quarantined"] == 1
    assert snapshot.phases[Phase.PREFLIGHT].evidence["sample_refused"] == 1
    assert snapshot.phases[Phase.VERIFY].evidence["repaired"] == 0

    error = stopped(world)
    assert "1 item is in quarantine: case|7/case|7 (0001_double.py: up failed: KeyError: 'n'" in error.what
    assert error.next_command == "verdigris quarantine list dev"
    assert world.bench().journal.flags().color == "blue"
    (entry,) = entries(world)
    assert (entry.held, entry.key, entry.by, entry.checksum) == (Held.ITEM, BAD, "0001_double.py", "checksum")
    payload = world.bench().quarantine.payload(entry)
    assert payload.items == ((BAD, raw(bad_item())),)
    assert payload.traceback.endswith("KeyError: 'n'\n")
    assert 'item["n"]' in payload.traceback
    assert "verdigris/core" not in payload.traceback


def test_its_key_keeps_its_last_value_and_a_change_of_the_source_item_is_the_way_out() -> None:
    world = begin([item(number) for number in range(20)])
    deploy(world, until=Phase.VERIFY)
    before = world.items("beta")
    world.put("alpha", bad_item())
    stopped(world)
    assert world.items("beta") == before
    first = entries(world)[0]

    world.put("alpha", bad_item() | {"more": "still bad"})
    world.put("alpha", item(3) | {"n": 33})
    stopped(world)
    (again,) = entries(world)
    assert (again.first_at, again.times) == (first.first_at, first.times + 1)
    assert world.items("beta") == before | wanted([item(3) | {"n": 33}])

    world.put("alpha", item(7) | {"n": 77})
    assert deploy(world).state is State.BAKED
    assert world.items("beta") == before | wanted([item(3) | {"n": 33}, item(7) | {"n": 77}])
    assert entries(world) == []


def test_deleting_the_source_item_is_another_way_out() -> None:
    world = begin([item(number) for number in range(20)])
    deploy(world, until=Phase.VERIFY)
    world.put("alpha", bad_item())
    stopped(world)
    world.delete("alpha", BAD)
    assert deploy(world).state is State.BAKED
    assert world.items("beta") == wanted([item(number) for number in range(20) if number != 7])


def test_a_mended_migration_settles_what_waits_and_everything_is_proven_and_approved_again() -> None:
    world = begin(many(60), approve="manual")
    assert deploy(world).state is State.APPROVE
    digest = world.bench().plan.digest
    bench = world.bench()
    bench.log.append(Said(Event.APPROVED, "tester", "", digest))
    stopped(world)

    redriven = mend(world, MENDED)
    assert ([entry.key for entry in redriven.settled], redriven.left) == ([BAD], [])
    assert world.items("beta")[BAD]["double"] == {"N": "0"}
    assert entries(world) == []
    now = world.bench().snapshot
    assert now.state is State.REPLAY
    assert now.plan.digest != digest
    assert not now.done(Phase.VERIFY)
    assert deploy(world).state is State.APPROVE, "the approval was of other migrations"
    assert world.bench().snapshot.done(Phase.VERIFY)


def test_what_a_mended_migration_makes_otherwise_is_found_by_verify() -> None:
    """The mended migration differs for items that were never refused, too, and drops some."""
    world = begin(many(30))
    deploy(world, until=Phase.EXERCISE)

    def other(one: Item) -> Item | None:
        return None if one.get("n") == 5 else one | {"triple": one.get("n", 0) * 3}

    mend(world, Migration("0001_double.py", up=other, selects={"entityName": "Case"}))
    assert deploy(world).state is State.BAKED
    found = world.items("beta")
    assert ("case|5", "case|5") not in found
    assert {key[0]: int(one["triple"]["N"]) for key, one in found.items()} == {
        f"case|{n}": 0 if n == 7 else n * 3 for n in range(30) if n != 5
    }


def test_what_a_mended_migration_refuses_is_found_by_verify_too() -> None:
    def drops(one: Item) -> None:
        return None

    def refuses(one: Item) -> Item:
        raise ValueError("no") if one["n"] == 9 else KeyError

    world = begin([item(number) for number in range(30)], Migration("0001_x.py", up=drops))
    deploy(world, until=Phase.EXERCISE)
    mend(world, Migration("0001_x.py", up=lambda one: refuses(one) if one["n"] == 9 else None))
    assert "ValueError: no" in stopped(world).what
    assert [entry.key for entry in entries(world)] == [("case|9", "case|9")]


def test_a_discarded_item_is_deleted_and_named_in_the_evidence() -> None:
    world = begin([item(number) for number in range(20)])
    deploy(world, until=Phase.VERIFY)
    world.put("alpha", bad_item())
    stopped(world)
    bench = world.bench()
    redriving.discard(
        bench, [one for one in bench.quarantine.waiting if one.key == BAD], "ada@here", "a leftover of a test"
    )
    assert BAD not in world.items("beta")
    snapshot = deploy(world)
    assert snapshot.state is State.BAKED
    assert snapshot.phases[Phase.SWITCH].evidence["discarded"] == [
        {
            "key": "case|7/case|7",
            "error": entries(world)[0].error,
            "who": "ada@here",
            "comment": "a leftover of a test",
        }
    ]
    assert world.items("beta") == wanted([item(number) for number in range(20) if number != 7])


def test_what_was_discarded_waits_again_when_it_was_changed_and_is_refused_again() -> None:
    world = begin([bad_item(), item(8)])
    stopped(world)
    bench = world.bench()
    redriving.discard(bench, [one for one in bench.quarantine.waiting if one.key == BAD], "ada@here", "not needed")
    world.put("alpha", bad_item() | {"more": "now it is"})
    stopped(world)
    assert [entry.discarded for entry in entries(world)] == [None]
    world.put("alpha", item(7))
    assert deploy(world).state is State.BAKED
    assert world.items("beta") == wanted([item(7), item(8)])


def test_a_discard_that_died_before_its_settle_is_settled_before_the_switch() -> None:
    world = begin([item(7), item(8)])
    deploy(world, until=Phase.VERIFY)
    world.put("alpha", bad_item())
    stopped(world)
    bench = world.bench()
    (entry,) = bench.quarantine.waiting
    bench.quarantine.discard(entry, "ada@here", "not needed")  # and nothing more: the command was killed
    assert BAD in world.items("beta")
    assert deploy(world).state is State.BAKED
    assert world.items("beta") == wanted([item(8)])


def test_a_discarded_item_that_is_good_by_now_is_carried() -> None:
    world = begin([bad_item(), item(8)])
    stopped(world)
    world.put("alpha", item(7))
    bench = world.bench()
    redriven = redriving.discard(
        bench, [one for one in bench.quarantine.waiting if one.key == BAD], "ada@here", "not needed"
    )
    assert [entry.key for entry in redriven.settled] == [BAD]
    assert deploy(world).state is State.BAKED
    assert world.items("beta") == wanted([item(7), item(8)])


# ── a hopeless run ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_run_that_refuses_everything_stops_early_and_goes_on_when_mended() -> None:
    items = [bad_item(number) for number in range(100)] + [item(number) for number in range(100, 120)]
    world = begin(items, max_quarantined=5)
    error = stopped(world)
    assert "max_quarantined allows 5" in error.what
    assert error.what.count("KeyError") == 3
    assert error.next_command == "verdigris quarantine list dev"
    assert len(entries(world)) == 6
    assert world.bench().snapshot.state is State.BACKFILL

    redriven = mend(world, MENDED)
    assert redriven.put_off
    assert world.bench().snapshot.state is State.BACKFILL
    assert deploy(world).state is State.BAKED
    assert len(world.items("beta")) == 120
    assert entries(world) == []


def test_none_may_wait() -> None:
    world = begin(many(30), max_quarantined=0)
    assert "1 item is in quarantine" in stopped(world).what
    assert world.bench().snapshot.state is State.BACKFILL


def test_an_abort_empties_it() -> None:
    world = begin(many(30))
    stopped(world)
    bench = world.bench()
    bench.log.append(Said(Event.ABORT, "tester"))
    assert runner.run(bench).state is State.ABORTED
    assert entries(world) == []
    assert world.rows.scan("verdigris|quarantine") == []


# ── crashes ──────────────────────────────────────────────────────────────────────────────────────────────────────


def dies(world: World, kills: Kills) -> bool:
    """A deployment that a death may end; whether one did."""
    world.expose = lambda port, name: Exposed(port, name, kills)
    with suppress(Killed, PhaseFailed):
        deploy(world)
    world.expose = lambda port, name: port
    return bool(kills.killed)


@pytest.mark.parametrize("half_way", [False, True])
def test_killed_at_every_call_on_the_way_in_and_on_the_way_out(half_way: bool) -> None:
    for nth in count(1):
        world = begin([item(number) if number != 7 else bad_item() for number in range(10)])
        killed = dies(world, Kills(nth, half_way=half_way))
        if killed:
            world.put("alpha", bad_item() | {"more": "x"})
        stopped(world)
        assert [entry.key for entry in entries(world)] == [BAD], f"killed at call {nth}"
        assert len(world.items("beta")) == 9
        world.put("alpha", item(7))
        killed |= dies(world, Kills(nth, half_way=half_way))
        assert deploy(world).state is State.BAKED, f"killed at call {nth}"
        assert world.items("beta") == wanted([item(number) for number in range(10)]), f"killed at call {nth}"
        assert entries(world) == []
        if not killed:
            assert nth > (5 if half_way else 60)
            return
