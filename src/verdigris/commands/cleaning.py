"""clean: a destination that an earlier attempt left behind, removed in every region."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from verdigris.commands.sessions import latest, nothing_yet, session
from verdigris.config.model import Config
from verdigris.core.machine import State
from verdigris.core.model import DataVersion
from verdigris.core.snapshot import Snapshot
from verdigris.core.versions import judge
from verdigris.errors import Interrupted, PhaseFailed, UsageError
from verdigris.journal.acts import act
from verdigris.journal.holder import me
from verdigris.phases.domains import REMOVED, Patience
from verdigris.stores.base import Replica
from verdigris.wiring import Hooks, Wiring, now_iso


@dataclass(frozen=True)
class Leftover:
    """A table of the destination's name in one region. Counts are the table's own, up to six hours old on AWS."""

    region: str
    items_estimate: int
    bytes_estimate: int
    replicas: tuple[Replica, ...]
    protected: bool


@dataclass(frozen=True)
class Cleaning:
    """What is left of the destination `table`: tables, and search indexes with their numbers of documents."""

    env: str
    table: str
    tables: tuple[Leftover, ...]
    indexes: tuple[tuple[str, int], ...]
    #: the search domain of its version, with whatever is in it
    domain: str | None = None
    removed: bool = False

    @property
    def items(self) -> int:
        """The number that must be confirmed: the home table's count, or the greatest of the others."""
        return max((one.items_estimate for one in self.tables), default=0)

    @property
    def nothing(self) -> bool:
        return not self.tables and not self.indexes and self.domain is None


def clean(
    config: Config, env: str, *, confirm: str | None = None, items: int | None = None, hooks: Hooks | None = None
) -> Cleaning:
    """Removes what is left of the next destination: indexes, replicas, then the tables themselves.

    Looks only, until `confirm` is the table's name and `items` the count that was shown. Never touches a table that
    the live color uses or that source-table-version names. Raises UsageError for a wrong confirmation and while a
    deployment is under way, PhaseFailed where it is not certain what serves; Invalid, Unreachable as the tables do.
    """
    wiring = Wiring(config, env)
    if confirm is None:
        return _look(wiring)
    hooks = hooks or Hooks()
    with session(wiring, f"clean {env}", replace(hooks, waiting=partial(_waiting, hooks))):
        found = _look(wiring)
        _check(found, confirm, items)
        if found.nothing:
            return found
        where = ", ".join(one.region for one in found.tables) or "no region"
        _note(wiring, f"{found.table}: deleting, {found.items} items by its own count, in {where}")
        for index, _ in found.indexes:
            if search := wiring.search(_version(wiring, found)):
                search.delete(index)
        if found.domain and wiring.domains:
            wiring.domains.delete(found.domain)
        for region in wiring.env.regions:
            wiring.admin_of(region).delete(found.table)
        if found.domain and wiring.domains:  # that takes its time: the tables go meanwhile
            patience = Patience(time.monotonic, time.sleep, wiring.waiting, f"verdigris clean {env}")
            patience.until(wiring.domains, found.domain, REMOVED, lambda domain: domain is None)
        _note(wiring, f"{found.table}: gone")
    return replace(found, removed=True)


def _look(wiring: Wiring) -> Cleaning:
    """What there is to remove. Raises where it may be what serves."""
    snapshot = latest(wiring.journal)
    if snapshot and not snapshot.ended:
        raise UsageError(
            f"deployment {snapshot.deployment} is under way, and its destination is no leftover",
            where=wiring.env.deploy_table,
            state="nothing was removed",
            next_command=f"verdigris abort {wiring.name}",
        )
    version = _destination(wiring, snapshot)
    table = wiring.names.tables[version]
    tables, name = tuple(_tables(wiring, table)), wiring.names.domains.get(version)
    if wiring.domains is None or name is None:
        return Cleaning(wiring.name, table, tables, tuple(_indexes(wiring, version)))
    return Cleaning(wiring.name, table, tables, (), name if wiring.domains.describe(name) else None)


def _destination(wiring: Wiring, last: Snapshot | None) -> DataVersion:
    """The version that surely does not serve: by the flags, and by the live application or else the last deployment."""
    flags = wiring.journal.flags()
    if flags.source is None or flags.color is None:
        raise nothing_yet(wiring)
    live = wiring.live.table(flags.color) if wiring.live else None
    verdict = judge(wiring.name, flags, wiring.names.tables, live)
    if verdict.wrong or verdict.version is not flags.source:
        raise PhaseFailed(
            f"it is not certain which table serves: {verdict.wrong}",
            where=wiring.env.deploy_table,
            state="nothing was removed",
            next_command=f"verdigris doctor {wiring.name}",
        )
    served = flags.source if live or last is None else _left_serving(last)
    if served is not flags.source:
        raise PhaseFailed(
            f"source-table-version is {flags.source}, and the last deployment left {served} serving",
            where=wiring.env.deploy_table,
            state="nothing was removed",
            next_command="say in [live] how the live application is asked",
        )
    return flags.source.other


def _version(wiring: Wiring, found: Cleaning) -> DataVersion:
    return next(version for version, table in wiring.names.tables.items() if table == found.table)


def _left_serving(last: Snapshot) -> DataVersion:
    return last.plan.destination if last.state is State.FINISHED else last.plan.source


def _tables(wiring: Wiring, name: str) -> Iterator[Leftover]:
    for region in wiring.env.regions:
        facts = wiring.admin_of(region).describe(name)
        if facts:
            yield Leftover(region, facts.items_estimate, facts.bytes_estimate, facts.replicas, facts.protected)


def _indexes(wiring: Wiring, version: DataVersion) -> Iterator[tuple[str, int]]:
    index = wiring.search(version)
    if index is None:
        return
    for place in wiring.env.indexes():
        for name in index.named(f"{place.alias}-{version}"):
            if index.alias(place.alias) == name:
                raise PhaseFailed(
                    f"the alias {place.alias} points to {name}: it is what is searched",
                    state="nothing was removed",
                    next_command=f"verdigris doctor {wiring.name}",
                )
            yield name, index.count(name)


def _check(found: Cleaning, confirm: str, items: int | None) -> None:
    if confirm == found.table and (found.nothing or items == found.items):
        return
    wrong = f"the table is {found.table}, not {confirm}"
    if confirm == found.table:
        said = "its number of items must be confirmed too" if items is None else f"not {items} items"
        wrong = f"{found.table} holds {found.items} by its own count: {said}"
    raise UsageError(
        wrong,
        state="nothing was removed",
        next_command=f"verdigris clean {found.env}"
        + ("" if found.nothing else f" --confirm {found.table} --items {found.items}"),
    )


def _note(wiring: Wiring, what: str) -> None:
    wiring.journal.write(act(me("", ""), now_iso(), "clean", what))


def _waiting(hooks: Hooks, reason: str) -> None:
    try:
        hooks.waiting(reason)
    except Interrupted as error:
        error.state = "what was asked to go goes; the rest is as it was"
        raise
