"""A `Hook` in memory, for tests."""

from __future__ import annotations

from collections.abc import Callable

from verdigris.core.hooking import Asked, Reply, Status


class MemoryHook:
    """Keeps what it was asked. `answers` come first, one after the other; then it succeeds. `heard` is told of each."""

    def __init__(
        self, name: str = "memory", *answers: Reply, heard: Callable[[Asked], None] = lambda what: None
    ) -> None:
        self.name = name
        self.answers = list(answers)
        self.asked: list[Asked] = []
        self._heard = heard

    def ask(self, what: Asked) -> Reply:
        self.asked.append(what)
        self._heard(what)
        return self.answers.pop(0) if self.answers else Reply(Status.SUCCEEDED)
