"""What the configuration says of those who read the table's stream, and of who builds an index."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Builder(StrEnum):
    """Who builds an index."""

    VERDIGRIS = "verdigris"
    APPLICATION = "application"


class ConsumerKind(StrEnum):
    """What a consumer does with the changes that it is given."""

    INDEX = "index"
    EFFECTS = "effects"


class Declared(msgspec.Struct, frozen=True):
    """A consumer that the configuration knows of: the function's name, with `:` and an alias where it must be that."""

    function: str
    kind: ConsumerKind
    #: how long it is waited for until it has read what a deployment wrote (seconds); 0: it is not. `EFFECTS` only
    read_within_s: int = 0

    def names(self, function: str) -> bool:
        """Whether a mapping that calls `function` (with or without an alias) is this one."""
        return self.function in (function, function.partition(":")[0])


def undeclared(functions: tuple[str, ...], declared: tuple[Declared, ...]) -> tuple[str, ...]:
    """Those of the functions of mappings that nobody declared."""
    return tuple(function for function in functions if not any(one.names(function) for one in declared))
