"""What may happen between any two calls to the outside: other people's writes, and the end of the process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


class Killed(BaseException):
    """The process died here: nothing that would run on the way out may run."""


#: (port, method) of a call that is about to be made
Hook = Callable[[str, str], None]


class Exposed:
    """A port whose every call is preceded by `before`. A call that dies half way has done half of its work."""

    def __init__(self, inner: Any, port: str, before: Hook) -> None:
        self._inner = inner
        self._port = port
        self._before = before

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if not callable(value):
            return value

        def call(*arguments: Any, **options: Any) -> Any:
            try:
                self._before(self._port, name)
            except HalfWay:
                _half(value, name, arguments)
                raise Killed from None
            return value(*arguments, **options)

        return call


class HalfWay(BaseException):
    """Raised by a hook: do half of this call, then die."""


def _half(call: Callable[..., Any], name: str, arguments: Sequence[Any]) -> None:
    """Only what the service may do in part: a batch of writes, a bulk."""
    if name == "write" and arguments and isinstance(arguments[0], list):  # a table's; a transaction is whole or nothing
        puts, deletes = arguments[0], list(arguments[1]) if len(arguments) > 1 else []
        call(puts[::2], deletes[::2])
    elif name == "bulk":
        call(arguments[0], list(arguments[1])[::2])


class Kills:
    """A hook that ends the process at the calls of these numbers (from 1), before them; or half way, counting only
    those calls of which the service may do a part."""

    def __init__(self, *at: int, half_way: bool = False) -> None:
        self._at = frozenset(at)
        self._half_way = half_way
        self.calls = 0
        self.killed: list[str] = []

    def __call__(self, port: str, name: str) -> None:
        if self._half_way and (port, name) not in _PARTIAL:
            return
        self.calls += 1
        if self.calls in self._at:
            self.killed.append(f"{port}.{name} (call {self.calls})")
            raise HalfWay if self._half_way else Killed


_PARTIAL = {("table", "write"), ("index", "bulk")}
