"""Where requests wait while writes are fenced: bounds, leaving clients, and a state that cannot be stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import pytest

from verdigris.core.model import Color
from verdigris.errors import Unreachable
from verdigris.local.hall import Gone, Hall, Refused
from verdigris.stores.base import Pointer
from verdigris.stores.gate import Gate

BLUE, GREEN = Color.BLUE, Color.GREEN
ADDRESSES = {"blue": "http://127.0.0.1:1", "green": "http://127.0.0.1:2"}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def hall(keep: Callable[[Pointer], None] = lambda pointer: None, **bounds: int) -> Hall:
    return Hall(Gate(BLUE, ADDRESSES), Clock(), keep, **bounds)


async def stays() -> None:
    await asyncio.Event().wait()


async def held(room: Hall, count: int, size: int = 10) -> list[asyncio.Task[tuple[Color, str]]]:
    tasks = [asyncio.ensure_future(room.enter("POST", size, stays)) for _ in range(count)]
    while room.held < count:
        await asyncio.sleep(0)
    return tasks


def run(scenario: Coroutine[object, object, None]) -> None:
    asyncio.run(asyncio.wait_for(scenario, 20))


def test_only_so_many_requests_are_held() -> None:
    async def scenario() -> None:
        room = hall(max_held=2)
        await room.fence("t", 10)
        waiting = await held(room, 2)
        with pytest.raises(Refused, match="too many"):
            await room.enter("POST", 10, stays)
        room.set(BLUE, GREEN, "t")
        assert [await task for task in waiting] == [(GREEN, ADDRESSES["green"])] * 2
        assert room.held == 0

    run(scenario())


def test_only_so_many_bytes_are_held() -> None:
    async def scenario() -> None:
        room = hall(max_held_bytes=25)
        await room.fence("t", 10)
        waiting = await held(room, 2)
        with pytest.raises(Refused, match="too many"):
            await room.enter("POST", 10, stays)
        room.release("t")
        assert {(await task)[0] for task in waiting} == {BLUE}

    run(scenario())


def test_a_client_that_leaves_is_dropped() -> None:
    async def scenario() -> None:
        room = hall()
        await room.fence("t", 10)
        leaves = asyncio.Event()
        task = asyncio.ensure_future(room.enter("POST", 10, leaves.wait))
        while not room.held:
            await asyncio.sleep(0)
        leaves.set()
        with pytest.raises(Gone):
            await task
        assert room.held == 0

    run(scenario())


@pytest.mark.parametrize("change", ["set", "seal", "register"])
def test_a_change_that_cannot_be_stored_does_not_happen(change: str) -> None:
    stored: list[Pointer] = []

    def keep(pointer: Pointer) -> None:
        if len(stored) == 1:
            raise OSError("disk full")
        stored.append(pointer)

    async def scenario() -> None:
        room = hall(keep)
        room.register(BLUE, ADDRESSES["blue"])
        await room.fence("t", 10)
        before = room.pointer()
        changes = {
            "set": lambda: room.set(BLUE, GREEN, "t"),
            "seal": lambda: room.seal("t"),
            "register": lambda: room.register(GREEN, "http://127.0.0.1:3"),
        }
        with pytest.raises(OSError, match="disk full"):
            changes[change]()
        assert room.pointer() == before

    run(scenario())


def test_a_live_color_without_an_address_is_refused() -> None:
    async def scenario() -> None:
        room = Hall(Gate(GREEN), Clock(), lambda pointer: None)
        with pytest.raises(Refused, match="no address"):
            await room.enter("GET", 0, stays)

    run(scenario())


def test_writes_that_never_end_fail_the_fence_at_its_deadline() -> None:
    async def scenario() -> None:
        clock = Clock()
        room = Hall(Gate(BLUE, ADDRESSES), clock, lambda pointer: None)
        await room.enter("POST", 10, stays)
        fence = asyncio.ensure_future(room.fence("t", 10))
        await asyncio.sleep(0)
        clock.now = 10
        room.release("nobody")  # wakes it, as its own timer would
        with pytest.raises(Unreachable):
            await fence

    run(scenario())
