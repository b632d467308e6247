"""What it takes to go on where scripts deployed until today: which flags are right, missing, or contradict. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from verdigris.core import flags as names
from verdigris.core.flags import FIRST_COLOR, Flags
from verdigris.core.model import Color, DataVersion
from verdigris.core.plan_faults import Fault
from verdigris.core.versions import Verdict, judge

#: A flag as its item holds it. Types that no flag has are texts by then.
Found: TypeAlias = str | int | bool | bytes

SWITCHES = (names.MIGRATE, names.PENDING_SWITCH, names.QUEUE_EMPTY, names.MAINTENANCE)
FLAGS = (names.CURRENT_COLOR, names.SOURCE_VERSION, names.DESTINATION_VERSION, *SWITCHES)


@dataclass(frozen=True, slots=True)
class World:
    """What was found. `flags`: name → value, of those that have an item (None: an item without `current`).

    `tables`: version → name; `existing`: those of them that there are; `unversioned`: the table from before there were
    versions, if it is there; `live`: the table that the live application uses, None if nobody could be asked.
    """

    env: str
    flags: Mapping[str, Found | None]
    tables: Mapping[DataVersion, str]
    existing: Collection[DataVersion]
    unversioned: str | None = None
    live: str | None = None


@dataclass(frozen=True, slots=True)
class FlagPlan:
    """One flag: what was found ("missing" for nothing), and what is to be written, None if it stays as it is."""

    name: str
    found: str
    wanted: str | bool | None = None
    why: str = ""


def plan_flags(world: World) -> tuple[tuple[FlagPlan, ...], tuple[Fault, ...]]:
    """Every flag, and everything that only a person can decide."""
    made = [_color(world), *_versions(world), *(_switch(world, name) for name in SWITCHES)]
    plans = [one for one in made if isinstance(one, FlagPlan)]
    return tuple(plans), (*(one for one in made if isinstance(one, Fault)), *_unfinished(world))


def color_of(flags: Mapping[str, Found | None]) -> Color | None:
    """The live color, as scripts read it; None if what stands there makes no sense."""
    if names.CURRENT_COLOR not in flags:
        return FIRST_COLOR
    value = flags[names.CURRENT_COLOR]
    return next((color for color in Color if color == value), None)


def shown(value: object) -> str:
    """A flag's value; a text that looks like true or false has its quotation marks."""
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if value is None or str(value).lower() in ("true", "false") else str(value)


def _found(world: World, name: str) -> str:
    return shown(world.flags[name]) if name in world.flags else "missing"


def _color(world: World) -> FlagPlan | Fault:
    name = names.CURRENT_COLOR
    color = color_of(world.flags)
    if color is None:
        return _nonsense(world, name, "blue or green", "COLOR")
    if name in world.flags:
        return FlagPlan(name, color)
    return FlagPlan(name, "missing", color.value, "scripts read a missing color as green")


def _versions(world: World) -> Iterator[FlagPlan | Fault]:
    read: dict[str, DataVersion | None] = {}
    for name in (names.SOURCE_VERSION, names.DESTINATION_VERSION):
        value = world.flags.get(name)
        read[name] = next((version for version in DataVersion if version == value), None)
        if name in world.flags and read[name] is None:
            yield _nonsense(world, name, "alpha or beta", "VERSION")
    if any(read[name] is None and name in world.flags for name in read):
        return
    flags = Flags(color_of(world.flags), read[names.SOURCE_VERSION], read[names.DESTINATION_VERSION])
    serving = _serving(world, flags)
    if isinstance(serving, Fault):
        yield serving
        return
    version, why = serving.version, serving.why
    if version not in world.existing:
        table = world.tables[version] if version else ""
        yield Fault(f"{table} serves ({why}), and there is no such table", "mend [table] name in verdigris.toml")
        return
    for name, value in read.items():
        yield FlagPlan(name, _found(world, name), None if value is version else version.value if version else None, why)


def _serving(world: World, flags: Flags) -> Verdict | Fault:
    """The version that serves. Where flags are missing, the tables that there are say it, if they can."""
    verdict = judge(world.env, flags, world.tables, world.live)
    if verdict.version is not None:
        return verdict
    if world.live is not None or (flags.source and flags.destination):
        return Fault(verdict.wrong, verdict.repair)
    if flags.source:
        return Verdict(flags.source, f"{names.SOURCE_VERSION} says so")
    if len(world.existing) == 1:
        return Verdict(next(iter(world.existing)), "it is the only table there is")
    if world.existing:
        both = " and ".join(world.tables.values())
        return Fault(
            f"{names.SOURCE_VERSION} is missing, there are both {both}, and [live] does not say whom to ask",
            f"verdigris set {world.env} {names.SOURCE_VERSION} VERSION",
        )
    if world.unversioned:
        return Fault(
            f"the data is in {world.unversioned}, from before there were versions: it must count as one of them",
            f'write unversioned = "{DataVersion.ALPHA}" under [environments.{world.env}] in verdigris.toml',
        )
    return Fault(
        f"there is neither {' nor '.join(world.tables.values())}: nothing runs here, or the names are others",
        f"mend [table] name in verdigris.toml; for a new environment: verdigris deploy {world.env}",
    )


def _switch(world: World, name: str) -> FlagPlan | Fault:
    if name not in world.flags:
        if name != names.MIGRATE:
            return FlagPlan(name, "missing")
        return FlagPlan(name, "missing", False, "scripts read a missing one as no")
    value = world.flags[name]
    if isinstance(value, bool):
        return FlagPlan(name, shown(value))
    if str(value).lower() == "false":
        return FlagPlan(name, shown(value), False, "a text; it means no, however it is read")
    meant = "true" if str(value).lower() == "true" else "false"
    return _nonsense(world, name, "true or false (BOOL), since scripts read anything else as no", meant)


def _unfinished(world: World) -> Iterator[Fault]:
    """A deployment that scripts have not ended."""
    if world.flags.get(names.PENDING_SWITCH) is True:
        yield Fault(
            f"{names.PENDING_SWITCH} is true: scripts deployed a color and have not switched to it",
            f"let them end it; if it was given up: verdigris set {world.env} {names.PENDING_SWITCH} false",
        )
    versions = [world.flags.get(name) for name in (names.SOURCE_VERSION, names.DESTINATION_VERSION)]
    if world.flags.get(names.MIGRATE) is True and versions[0] != versions[1]:
        yield Fault(
            f"{names.MIGRATE} is true and the versions differ: scripts migrate, or did not end it",
            f"let them end it; if it was given up: verdigris set {world.env} {names.MIGRATE} false",
        )


def _nonsense(world: World, name: str, allowed: str, meant: str) -> Fault:
    return Fault(f"{name} is {_found(world, name)}; it must be {allowed}", f"verdigris set {world.env} {name} {meant}")
