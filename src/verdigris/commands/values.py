"""get, set: single values of the deploy table, for scripts and for mending."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from verdigris.commands.sessions import latest, session
from verdigris.config.model import Config
from verdigris.config.names import did_you_mean
from verdigris.core import flags as names
from verdigris.core.adoption import shown
from verdigris.core.flags import Flags
from verdigris.core.model import Color, DataVersion
from verdigris.core.standing import left
from verdigris.errors import NotFound, StoreError, UsageError
from verdigris.journal.acts import act
from verdigris.journal.base import Put, Value, flag_row
from verdigris.journal.flags import read_choice, read_flags, read_switch
from verdigris.journal.holder import me
from verdigris.wiring import Hooks, Wiring, now_iso

_SWITCHES = (names.PENDING_SWITCH, names.QUEUE_EMPTY, names.MAINTENANCE)
#: What may be typed → the flag that is meant.
_FLAGS = {
    "source-version": names.SOURCE_VERSION,
    "destination-version": names.DESTINATION_VERSION,
    **{
        flag: flag
        for flag in (
            names.CURRENT_COLOR,
            names.MIGRATE,
            names.SOURCE_VERSION,
            names.DESTINATION_VERSION,
            *_SWITCHES,
        )
    },
}
#: Values that follow from flags, and where they come from.
_DERIVED = {
    "deploying-color": "it is the other color than current-color",
    "source-table": "it follows from source-version",
    "destination-table": "it follows from destination-version",
    "next-table": "it follows from source-version and destination-version",
}


@dataclass(frozen=True)
class FlagSet:
    """One flag before and after. `before` is None where there was none. A value of another type is a change."""

    env: str
    name: str
    before: str | None
    after: str
    changed: bool


def get(config: Config, env: str, name: str) -> str:
    """One value, bare, for scripts: never an empty one.

    Raises UsageError for a name that is none, NotFound where there is no deploy table or no such value in it,
    StoreError for a value of another type.
    """
    if name not in _FLAGS and name not in _DERIVED:
        raise _unknown(name)
    wiring = Wiring(config, env)
    try:
        value = _value(wiring, name)
    except NotFound as error:
        raise NotFound(
            f"there is no deploy table {wiring.env.deploy_table}",
            where=wiring.env.region,
            next_command=f"verdigris doctor {env}",
        ) from error
    if value is None:
        raise NotFound(
            f"{name} is not set in {env}",
            where=wiring.env.deploy_table,
            next_command=f"verdigris doctor {env}",
        )
    return str(value)


def _value(wiring: Wiring, name: str) -> str | None:
    rows = wiring.journal.rows
    flag = _FLAGS.get(name)
    if flag in _SWITCHES:
        switch = read_switch(rows, flag)
        return None if switch is None else str(switch).lower()
    return _values(wiring, read_flags(rows))[name]()


def _values(wiring: Wiring, flags: Flags) -> Mapping[str, Callable[[], str | None]]:
    tables = wiring.names.tables

    def source_table() -> str | None:
        return tables[flags.source] if flags.source else _unversioned(wiring)

    def destination_table() -> str | None:
        return tables[flags.destination] if flags.destination else _unversioned(wiring)

    return {
        names.CURRENT_COLOR: lambda: flags.color,
        "deploying-color": lambda: flags.color and flags.color.other,
        "source-version": lambda: flags.source,
        names.SOURCE_VERSION: lambda: flags.source,
        "destination-version": lambda: flags.destination,
        names.DESTINATION_VERSION: lambda: flags.destination,
        "source-table": source_table,
        "destination-table": destination_table,
        "next-table": lambda: tables[flags.next_version] if flags.source else None,
        names.MIGRATE: lambda: str(flags.migrate).lower(),
    }


def _unversioned(wiring: Wiring) -> str | None:
    """The table from before there were versions, if there is one: what scripts take a missing version for."""
    name = wiring.env.unversioned_table
    return name if wiring.admin.describe(name) else None


def set_value(config: Config, env: str, name: str, value: str, *, hooks: Hooks | None = None) -> FlagSet:
    """Sets one flag, its item written whole; `history` shows it.

    While a deployment is under way its flags are its own: only what somebody changed by hand can be put back as it
    was, and `maintenance-mode` set at any time. Raises UsageError for what may not be set, or is no value of it,
    NotFound where there is no deploy table or no such table.
    """
    flag = _FLAGS.get(name)
    if flag is None:
        raise _derived(env, name) if name in _DERIVED else _unknown(name)
    wiring = Wiring(config, env)
    wanted = _parsed(env, name, flag, value)
    if flag == names.MAINTENANCE:
        return _write(wiring, flag, wanted, wiring.journal.rows.write)
    with session(wiring, f"set {env} {name}", hooks or Hooks()):
        snapshot = latest(wiring.journal)
        if snapshot is None or snapshot.ended:
            _check(wiring, flag, wanted)
        elif flag in _SWITCHES or not left(snapshot, flag, wanted):
            raise UsageError(
                f"deployment {snapshot.deployment} is under way, and sets {flag} itself",
                where=wiring.env.deploy_table,
                state="nothing was changed",
                next_command=f"verdigris status {env}",
            )
        return _write(wiring, flag, wanted, wiring.journal.write)


def _parsed(env: str, name: str, flag: str, value: str) -> Color | DataVersion | bool:
    choices: dict[str, Color | DataVersion | bool] = {"true": True, "false": False}
    if flag == names.CURRENT_COLOR:
        choices = {color.value: color for color in Color}
    elif flag in (names.SOURCE_VERSION, names.DESTINATION_VERSION):
        choices = {version.value: version for version in DataVersion}
    if value not in choices:
        raise UsageError(
            f"{name} is {' or '.join(choices)}, not {value!r}",
            state="nothing was changed",
            next_command=f"verdigris set {env} {name} {next(iter(choices))}",
        )
    return choices[value]


def _check(wiring: Wiring, flag: str, wanted: Color | DataVersion | bool) -> None:
    """What the flag is about to say must be so."""
    rows, env = wiring.journal.rows, wiring.name
    if flag == names.CURRENT_COLOR:
        now = _readable(lambda: read_choice(rows, flag, tuple(Color)))
        if now is not None and now != wanted:
            raise UsageError(
                f"{now} is live, and the color changes together with the traffic only",
                where=rows.name,
                state="nothing was changed",
                next_command=f"verdigris deploy {env}",
            )
    if flag == names.SOURCE_VERSION:
        table = wiring.names.tables[DataVersion(str(wanted))]
        if wiring.admin.describe(table) is None:
            raise NotFound(
                f"there is no table {table}, so it cannot be the one that serves",
                where=wiring.env.region,
                state="nothing was changed",
                next_command=f"verdigris doctor {env}",
            )
        color = _readable(lambda: read_flags(rows).color)
        if wiring.live and color and (live := wiring.live.table(color)) != table:
            raise UsageError(
                f"the live application ({color}) works on {live}, not on {table}",
                state="nothing was changed",
                next_command=f"verdigris doctor {env}",
            )


def _write(wiring: Wiring, flag: str, choice: Color | DataVersion | bool, write: Callable[[Put, Put], None]) -> FlagSet:
    wanted: Value = choice if isinstance(choice, bool) else choice.value
    row = wiring.journal.rows.get(flag, flag) or {}
    now = row.get("current")
    before, after = None if now is None else shown(now), shown(wanted)
    changed = type(now) is not type(wanted) or now != wanted
    if changed:
        said = act(me("", ""), now_iso(), "set", f"{flag}: {before or 'missing'} → {after}")
        write(Put(flag_row(flag, wanted)), said)
    return FlagSet(wiring.name, flag, before, after, changed)


def _readable(read: Callable[[], Color | None]) -> Color | None:
    """What stands there, None if it makes no sense: then it is what is being mended."""
    with suppress(StoreError):
        return read()
    return None


def _unknown(name: str) -> UsageError:
    known = [*_FLAGS, *_DERIVED]
    return UsageError(
        f"no value is called {name!r}{did_you_mean(name, known)}; there are: {', '.join(known)}",
        next_command="verdigris get --help",
    )


def _derived(env: str, name: str) -> UsageError:
    return UsageError(
        f"{name} cannot be set: {_DERIVED[name]}",
        state="nothing was changed",
        next_command=f"verdigris get {env} {name}",
    )
