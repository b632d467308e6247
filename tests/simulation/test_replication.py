"""The simulated replica: late, in each key's order, and not at all while replication stands still."""

from __future__ import annotations

from dataclasses import replace

from verdigris.core.model import Key
from verdigris.testing.simulation.drawing import Allowed, drawn
from verdigris.testing.simulation.places import DESTINATION, SHAPE
from verdigris.testing.simulation.replication import REGION, Replicated, tables_of

NUMBERS = range(20)


class _World:
    """A destination that is replicated, and its clock."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        schedule = drawn(1, Allowed())
        tables = tables_of(replace(schedule, shape=replace(schedule.shape, lag_s=10.0)), lambda: self.now_s)
        assert isinstance(tables, Replicated)
        tables.create(DESTINATION, SHAPE)
        tables.replicate(DESTINATION, REGION)
        self.tables = tables

    def put(self, number: int, value: int) -> None:
        self.tables.put(DESTINATION, f'{{"id":{{"S":"i{number}"}},"v":{{"N":"{value}"}}}}'.encode())

    def there(self) -> dict[Key, bytes]:
        self.tables.arrive()
        return dict(self.tables.there.contents(DESTINATION).items)

    def home(self) -> dict[Key, bytes]:
        return dict(self.tables.contents(DESTINATION).items)


def test_changes_arrive_late_and_overtake_each_other() -> None:
    world = _World()
    for number in NUMBERS:
        world.put(number, number)
    assert not world.there()
    world.now_s += 5.0
    some = [number for number in NUMBERS if (f"i{number}",) in world.there()]
    assert 0 < len(some) < len(NUMBERS)
    assert some != list(range(len(some)))
    world.now_s += 5.0
    assert world.there() == world.home()


def test_those_of_one_key_keep_their_order() -> None:
    world = _World()
    written: list[bytes] = []
    seen: list[bytes] = []
    for value in NUMBERS:
        world.put(0, value)
        written += world.home().values()
    for _ in range(100):
        world.now_s += 0.1
        seen += [item for item in world.there().values() if item not in seen]
    assert len(seen) > 1
    assert seen == [item for item in written if item in seen]
    assert world.there() == world.home()


def test_nothing_arrives_while_replication_stands_still() -> None:
    world = _World()
    world.put(0, 1)
    world.tables.halt(60.0)
    world.now_s += 59.0
    assert not world.there()
    world.now_s += 1.0
    assert world.there() == world.home()


def test_both_sides_may_be_alike_before_the_last_write_has_arrived() -> None:
    world = _World()
    world.put(0, 1)
    assert not world.tables.agreed(DESTINATION, ("i0",))
    world.tables.remove(DESTINATION, ("i0",))
    assert world.tables.agreed(DESTINATION, ("i0",))
    assert world.there() == world.home() == {}


def test_a_table_that_is_made_again_gets_nothing_of_the_one_before() -> None:
    world = _World()
    world.put(0, 1)
    world.tables.delete(DESTINATION)
    world.tables.create(DESTINATION, SHAPE)
    assert not world.tables.replicas.states(DESTINATION)
    world.tables.replicate(DESTINATION, REGION)
    world.now_s += 100.0
    assert not world.there()
