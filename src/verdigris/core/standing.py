"""The flags against the journal: only somebody's hand can have made them disagree."""

from __future__ import annotations

from verdigris.core import flags as names
from verdigris.core.flags import Flags
from verdigris.core.machine import State
from verdigris.core.model import Color, DataVersion, Kind
from verdigris.core.records import SET_FLAGS, SETTLE_FLAGS
from verdigris.core.snapshot import Snapshot


def disagreements(snapshot: Snapshot, flags: Flags) -> list[str]:
    """What each flag says that is not as the deployment under way left it, and what it was: one line a flag."""
    found = []
    if flags.color is not snapshot.live:
        found.append(f"{names.CURRENT_COLOR} is {_said(flags.color)}, and was {_said(snapshot.live)}")
    plan = snapshot.plan
    if plan.kind is Kind.COLOR or snapshot.evidence(SET_FLAGS) is None or SETTLE_FLAGS in snapshot.steps:
        return found
    if flags.source is not plan.source:
        found.append(f"{names.SOURCE_VERSION} is {_said(flags.source)}, and was {plan.source}")
    # An abort sets these two back, and may have died before it said so.
    if snapshot.state is State.ABORTING and flags.destination is plan.source:
        return found
    if flags.destination is not plan.destination:
        found.append(f"{names.DESTINATION_VERSION} is {_said(flags.destination)}, and was {plan.destination}")
    if flags.migrate is not plan.moves_data:
        found.append(f"{names.MIGRATE} is {_said(flags.migrate)}, and was {_said(plan.moves_data)}")
    return found


def unexplained(source: DataVersion | None, destination: DataVersion | None) -> str:
    """What is wrong with the versions where no deployment is under way, "" if nothing is."""
    if source is destination:
        return ""
    return (
        f"the flags disagree: {names.SOURCE_VERSION} is {source or 'missing'}, {names.DESTINATION_VERSION} is "
        f"{destination or 'missing'}, and no deployment is under way that would explain it"
    )


def left(snapshot: Snapshot, name: str, value: Color | DataVersion | bool) -> bool:
    """Whether the deployment under way left this flag with this value: then setting it puts it back."""
    other = not value if isinstance(value, bool) else value.other
    return not _names(snapshot, name, value) and _names(snapshot, name, other)


def _names(snapshot: Snapshot, name: str, value: Color | DataVersion | bool) -> bool:
    """Whether this value disagrees."""
    match value:
        case Color():
            flags = Flags(color=value)
        case DataVersion():
            flags = Flags(source=value, destination=value)
        case _:
            flags = Flags(migrate=value)
    return any(line.startswith(f"{name} ") for line in disagreements(snapshot, flags))


def _said(value: DataVersion | str | bool | None) -> str:
    match value:
        case None:
            return "not set"
        case bool():
            return str(value).lower()
    return str(value)
