"""What is different now from what a plan was made for: what would be done, and the world that it was made from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from verdigris.core.figures import Outlook
from verdigris.core.planning import Facts, PendingMigration, Plan

#: Estimates, notes, and what follows from something else that is told.
_NOT_TOLD = frozenset(
    {"items_estimate", "bytes_estimate", "notes", "phases", "after", "migrations", "pending", "may_enable_stream"}
)
#: The same is told of the plan already.
_FACTS_OF_THE_PLAN = frozenset(
    {"color", "source", "destination", "shape", "forced", "migration_faults", "consumers", "indexes", "deployment"}
)
_WORDS = {
    "kind": "what the deployment does",
    "before": "the live color",
    "source": "the source version",
    "destination": "the destination version",
    "env": "the environment",
    "destroys": "what is destroyed",
    "shape": "the destination's shape",
    "has_fence": "whether writes can be held",
    "production": "[environments] production",
    "backup": "whether the old table is backed up",
}


class KeptPlan(msgspec.Struct, frozen=True):
    """What `plan --out` keeps. `facts`: the world then; None where a deployment was under way."""

    plan: Plan
    outlook: Outlook
    facts: Facts | None = None
    #: what was asked for beside it, and holds for `deploy`, too
    enable_stream: bool = False
    migrate: bool = False


def changes(kept: KeptPlan, now: Plan, facts: Facts | None = None) -> Sequence[str]:
    """What has changed since, a line each; nothing: the plan can be carried out as it was read."""
    found = [*_different(kept.plan, now), *_migrations(kept.plan.migrations, now.migrations)]
    if kept.facts and facts:
        found += _different(kept.facts, facts, _FACTS_OF_THE_PLAN)
    return found


def _different(
    then: msgspec.Struct, now: msgspec.Struct, but: frozenset[str] = frozenset(), of: str = ""
) -> Iterator[str]:
    for name in then.__struct_fields__:
        was, is_ = getattr(then, name), getattr(now, name)
        if was == is_ or name in _NOT_TOLD | but:
            continue
        words = of + _WORDS.get(name, name.replace("_", " "))
        if isinstance(was, msgspec.Struct) and type(was) is type(is_) and not of:
            yield from _different(was, is_, of=f"{words}: ")
        else:
            yield f"{words}: {_shown(was)} → {_shown(is_)}"


def _migrations(then: Sequence[PendingMigration], now: Sequence[PendingMigration]) -> Iterator[str]:
    was, is_ = ({one.name: one.checksum for one in them} for them in (then, now))
    for name in sorted(was | is_):
        if name not in is_:
            yield f"{name} is not pending any more"
        elif name not in was:
            yield f"{name} is pending now"
        elif was[name] != is_[name]:
            yield f"{name} is another file, or imports another"


def _shown(value: Any) -> str:
    match value:
        case None | () | "":
            return "none"
        case bool():
            return "yes" if value else "no"
        case msgspec.Struct():
            return ", ".join(f"{name} {_shown(part)}" for name, part in msgspec.structs.asdict(value).items() if part)
        case tuple():
            return ", ".join(map(_shown, value))
        case _:
            return str(value)
