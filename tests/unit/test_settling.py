from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from verdigris.core.model import Key
from verdigris.core.settling import Settled, coalesce, owners, settle, unread

A, B, X, Y = ("a",), ("b",), ("x",), ("y",)


def same(key: Key) -> tuple[Key, ...]:
    return (key,)


some_keys = st.sampled_from([A, B, X, Y])


def test_a_hint_concerns_its_own_key_those_of_its_images_and_those_of_now() -> None:
    found = owners({A: {X}}, {A: {Y: b"1"}}, same)
    assert found == {A: {A}, X: {X, A}, Y: {Y, A}}


def test_two_hints_of_one_destination_are_settled_together() -> None:
    assert owners({A: {X}, B: {X}}, {}, same)[X] == {A, B, X}


def test_whoever_is_named_and_was_not_read_must_be_read() -> None:
    assert unread({X: {X, A}, Y: {Y, A}}, {A: {}}) == [X, Y]


def test_one_producer_is_put() -> None:
    assert settle({X: {X, A}}, {A: {X: b"1"}, X: {}}) == Settled({X: b"1"}, (), {})


def test_nobody_is_a_delete() -> None:
    assert settle({X: {X, A}}, {A: {Y: b"1"}, X: {}}) == Settled({}, (X,), {})


def test_two_producers_are_a_collision_and_nothing_is_written() -> None:
    assert settle({X: {A, B, X}}, {A: {X: b"1"}, B: {X: b"2"}, X: {}}) == Settled({}, (), {X: (A, B)})


def test_a_key_keeps_its_value_when_one_of_its_owners_was_refused() -> None:
    produced: dict[Key, dict[Key, bytes]] = {A: {X: b"1"}, B: {}, X: {}, Y: {}}
    assert settle({X: {A, B, X}, Y: {Y}}, produced, {B}) == Settled({}, (Y,), {}, {X: (B,)})
    assert settle({X: {A, X}}, {A: {X: b"1"}, X: {X: b"2"}}).collisions == {X: (A, X)}


def test_coalescing_keeps_the_images_in_between() -> None:
    assert coalesce([(A, [A, X]), (B, [B]), (A, [Y])]) == {A: {A, X, Y}, B: {B}}
    assert coalesce([]) == {}


@given(
    st.dictionaries(some_keys, st.dictionaries(some_keys, st.binary(max_size=1))),
    st.dictionaries(some_keys, st.sets(some_keys)),
)
def test_whatever_is_hinted_is_decided(source: dict[Key, dict[Key, bytes]], hints: dict[Key, set[Key]]) -> None:
    """Each concerned key is put, deleted or a collision; what is put is what its only producer says."""
    produced = {key: source.get(key, {}) for key in hints}
    wanted = owners(hints, produced, same)
    produced |= {key: source.get(key, {}) for key in unread(wanted, produced)}
    assert unread(wanted, produced) == []
    settled = settle(wanted, produced)
    decided = [*settled.puts, *settled.deletes, *settled.collisions]
    assert sorted(decided) == sorted(wanted), "each exactly once"
    for hinted, seen in hints.items():
        assert {hinted, *seen, *source.get(hinted, {})} <= wanted.keys()
    for key, item in settled.puts.items():
        assert [source[owner][key] for owner in wanted[key] if key in source.get(owner, {})] == [item]
    for key in settled.deletes:
        assert not any(key in source.get(owner, {}) for owner in wanted[key])


@given(
    st.dictionaries(some_keys, st.dictionaries(some_keys, st.binary(max_size=1), max_size=2)),
    st.lists(st.tuples(some_keys, st.lists(some_keys)), max_size=6),
    st.integers(0, 6),
)
def test_late_and_twice_are_harmless(
    source: dict[Key, dict[Key, bytes]], changes: list[tuple[Key, list[Key]]], cut: int
) -> None:
    """However a stream is cut into pages, and if it is read twice: the same ends up in the destination."""

    def after(*pages: list[tuple[Key, list[Key]]]) -> dict[Key, bytes]:
        destination: dict[Key, bytes] = {}
        for page in pages:
            hints = coalesce(page)
            # As when an item's producers are always known: whoever produces a key is among its owners.
            wanted = {key: found | producers(key) for key, found in owners(hints, source, same).items()}
            settled = settle(wanted, {key: source.get(key, {}) for keys in wanted.values() for key in keys})
            destination |= settled.puts
            for key in settled.deletes:
                destination.pop(key, None)
        return destination

    def producers(key: Key) -> set[Key]:
        return {owner for owner, outputs in source.items() if key in outputs}

    assert after(changes) == after(changes[:cut], changes[cut:]) == after(changes, changes)
