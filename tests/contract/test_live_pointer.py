"""The contract of `LivePointer` and `Fence`: the pointer in memory and the front door's process keep the same promises.

Times are short and real: what must happen is waited for, with a deadline that only a failure reaches.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Protocol

import pytest
import urllib3
from tests.door import Door

from verdigris.core.model import Color
from verdigris.errors import Conflict, Unreachable
from verdigris.local.door import ensure_door
from verdigris.local.stack import LocalStack
from verdigris.stores.memory_pointer import MemoryPointer

BLUE, GREEN = Color.BLUE, Color.GREEN
LONG_S = 20.0
#: Time enough to seal a fence on a busy machine.
SHORT_S = 1.0


class World(Protocol):
    """A pointer with applications behind it and clients in front of it."""

    @property
    def pointer(self) -> Door: ...

    def send(self, method: str) -> Color | None:
        """Sends a request, waits for its end: the color that served it, or None if it was refused."""
        ...

    def pause(self) -> None:
        """From now the applications answer only after `resume`."""
        ...

    def resume(self) -> None: ...

    def arrived(self) -> int:
        """How many requests the applications have begun."""
        ...

    def held(self) -> int:
        """How many requests wait for a fence."""
        ...


class MemoryWorld:
    def __init__(self) -> None:
        self.memory = MemoryPointer()
        self.pointer: Door = self.memory
        self._go = threading.Event()
        self._go.set()
        self._arrived = 0

    def send(self, method: str) -> Color | None:
        try:
            with self.memory.request(method) as color:
                self._arrived += 1
                assert self._go.wait(LONG_S)
                return color
        except Unreachable:
            return None

    def pause(self) -> None:
        self._go.clear()

    def resume(self) -> None:
        self._go.set()

    def arrived(self) -> int:
        return self._arrived

    def held(self) -> int:
        return self.memory.held


class DoorWorld:
    def __init__(self, folder: Path, cleanup: ExitStack) -> None:
        self._go = threading.Event()
        self._go.set()
        self._arrived = 0
        door = ensure_door(folder, "test")
        self.pointer: Door = door
        self._http = cleanup.enter_context(urllib3.PoolManager(maxsize=16, retries=False, timeout=LONG_S))
        self._url, self._control = door.url, door.control_url
        for color in Color:
            door.register(color, cleanup.enter_context(self._application(color)))

    def send(self, method: str) -> Color | None:
        answer = self._http.request(method, f"{self._url}/orders")
        if answer.status == 503:
            return None
        assert answer.status == 200, answer.data
        assert answer.headers["x-verdigris-color"] == answer.data.decode()
        return Color(answer.data.decode())

    def pause(self) -> None:
        self._go.clear()

    def resume(self) -> None:
        self._go.set()

    def arrived(self) -> int:
        return self._arrived

    def held(self) -> int:
        count: int = self._http.request("GET", f"{self._control}/_verdigris/pointer").json()["held"]
        return count

    @contextmanager
    def _application(self, color: Color) -> Iterator[str]:
        world = self

        class Application(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                world._arrived += 1
                assert world._go.wait(LONG_S)
                self.send_response(200)
                self.send_header("content-length", str(len(color.value)))
                self.end_headers()
                self.wfile.write(color.value.encode())

            do_GET = do_POST = answer  # noqa: N815

            def log_message(self, *_: object) -> None: ...

        with ThreadingHTTPServer(("127.0.0.1", 0), Application) as server:
            server.daemon_threads = True
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}"
            finally:
                server.shutdown()
                thread.join()


@pytest.fixture(params=["memory", "front door"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "memory":
        yield MemoryWorld()
        return
    with ExitStack() as cleanup:
        cleanup.callback(LocalStack(tmp_path).down)
        yield DoorWorld(tmp_path, cleanup)


@pytest.fixture
def clients() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG_S
    while not condition():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.005)


def live(world: World, color: Color) -> None:
    world.pointer.set(None, color, "bootstrap")


def held(world: World, clients: ThreadPoolExecutor, method: str = "POST") -> Future[Color | None]:
    """A write sent into a fence, once it is seen to wait there, while reads go on."""
    before, waiting = world.arrived(), world.held()
    future = clients.submit(world.send, method)
    eventually(lambda: world.held() == waiting + 1)
    world.send("GET")
    assert world.arrived() == before + 1
    return future


def test_nothing_is_live_at_first(world: World) -> None:
    pointer = world.pointer.read()
    assert (pointer.live, pointer.fence, pointer.sealed) == (None, None, False)
    assert world.send("GET") is None
    assert world.send("POST") is None


def test_traffic_goes_to_the_live_color(world: World) -> None:
    live(world, BLUE)
    assert {world.send("GET"), world.send("POST")} == {BLUE}
    world.pointer.set(BLUE, GREEN, "t")
    assert {world.send("GET"), world.send("POST")} == {GREEN}


def test_registering_moves_no_traffic(world: World) -> None:
    live(world, BLUE)
    world.pointer.register(GREEN, "http://127.0.0.1:9")
    pointer = world.pointer.read()
    assert pointer.live is BLUE
    assert pointer.addresses["green"] == "http://127.0.0.1:9"
    assert world.send("POST") is BLUE


def test_set_compares(world: World) -> None:
    live(world, BLUE)
    with pytest.raises(Conflict):
        world.pointer.set(None, GREEN, "t")
    assert world.pointer.read().live is BLUE


def test_set_is_done_when_the_new_color_is_live_already(world: World) -> None:
    live(world, BLUE)
    world.pointer.set(GREEN, BLUE, "t")
    assert world.pointer.read().live is BLUE


def test_a_fence_holds_writes_and_lets_reads_through(world: World, clients: ThreadPoolExecutor) -> None:
    live(world, BLUE)
    world.pointer.fence("t", LONG_S)
    assert world.pointer.read().fence == "t"
    write = held(world, clients)
    world.pointer.release("t")
    assert write.result(LONG_S) is BLUE


def test_what_was_held_goes_to_the_new_color(world: World, clients: ThreadPoolExecutor) -> None:
    live(world, BLUE)
    world.pointer.fence("t", LONG_S)
    writes = [held(world, clients) for _ in range(3)]
    world.pointer.seal("t")
    world.pointer.set(BLUE, GREEN, "t")
    assert [write.result(LONG_S) for write in writes] == [GREEN] * 3
    assert world.pointer.read().fence is None
    assert not world.pointer.read().sealed


def test_an_unsealed_fence_lapses_to_the_live_color(world: World, clients: ThreadPoolExecutor) -> None:
    live(world, BLUE)
    world.pointer.fence("t", SHORT_S)
    write = clients.submit(world.send, "POST")
    assert write.result(LONG_S) is BLUE
    assert world.pointer.read().fence is None
    with pytest.raises(Conflict):
        world.pointer.seal("t")


def test_a_sealed_fence_refuses_at_the_deadline_and_stays(world: World, clients: ThreadPoolExecutor) -> None:
    live(world, BLUE)
    world.pointer.fence("t", SHORT_S)
    world.pointer.seal("t")
    assert clients.submit(world.send, "POST").result(LONG_S) is None
    assert world.send("POST") is None
    assert world.send("GET") is BLUE
    assert world.pointer.read().sealed
    world.pointer.set(BLUE, GREEN, "t")
    assert world.send("POST") is GREEN


def test_a_sealed_fence_is_lifted_by_release(world: World) -> None:
    live(world, BLUE)
    world.pointer.fence("t", SHORT_S)
    world.pointer.seal("t")
    world.pointer.release("t")
    assert world.send("POST") is BLUE


def test_a_fence_waits_for_writes_under_way(world: World, clients: ThreadPoolExecutor) -> None:
    live(world, BLUE)
    world.pause()
    write = clients.submit(world.send, "POST")
    eventually(lambda: world.arrived() == 1)
    fence = clients.submit(world.pointer.fence, "t", LONG_S)
    eventually(lambda: world.pointer.read().fence == "t")
    assert not fence.done()
    world.resume()
    assert write.result(LONG_S) is BLUE
    fence.result(LONG_S)
    world.pointer.release("t")


def test_a_fence_does_not_wait_for_reads(world: World, clients: ThreadPoolExecutor) -> None:
    live(world, BLUE)
    world.pause()
    read = clients.submit(world.send, "GET")
    eventually(lambda: world.arrived() == 1)
    world.pointer.fence("t", LONG_S)
    world.resume()
    assert read.result(LONG_S) is BLUE
    world.pointer.release("t")


def test_writes_that_do_not_end_in_time_undo_the_fence(world: World, clients: ThreadPoolExecutor) -> None:
    live(world, BLUE)
    world.pause()
    write = clients.submit(world.send, "POST")
    eventually(lambda: world.arrived() == 1)
    with pytest.raises(Unreachable):
        world.pointer.fence("t", SHORT_S)
    assert world.pointer.read().fence is None
    world.resume()
    assert write.result(LONG_S) is BLUE


def test_one_fence_at_a_time(world: World) -> None:
    live(world, BLUE)
    world.pointer.fence("first", LONG_S)
    with pytest.raises(Conflict):
        world.pointer.fence("second", LONG_S)
    with pytest.raises(Conflict):
        world.pointer.seal("second")
    with pytest.raises(Conflict):
        world.pointer.set(BLUE, GREEN, "second")
    world.pointer.release("second")
    assert world.pointer.read().fence == "first"
    assert world.pointer.read().live is BLUE


def test_fencing_again_with_the_same_token_is_safe(world: World) -> None:
    live(world, BLUE)
    world.pointer.fence("t", LONG_S)
    world.pointer.fence("t", LONG_S)
    world.pointer.seal("t")
    world.pointer.seal("t")
    world.pointer.release("t")
    world.pointer.release("t")
    assert world.pointer.read().fence is None


def test_of_many_who_compare_and_set_one_wins(world: World, clients: ThreadPoolExecutor) -> None:
    def attempt(token: str, color: Color) -> Color | None:
        try:
            world.pointer.set(None, color, token)
        except Conflict:
            return None
        return color

    outcomes = list(clients.map(attempt, [f"t{n}" for n in range(8)], [BLUE, GREEN] * 4))
    assert {color for color in outcomes if color} == {world.pointer.read().live}
