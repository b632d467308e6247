"""adopt: an environment that scripts deployed until today."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from verdigris import survey
from verdigris.commands.sessions import latest, session
from verdigris.config.model import Config
from verdigris.core.adoption import FLAGS, FlagPlan, World, color_of, plan_flags
from verdigris.core.model import DataVersion
from verdigris.core.plan_faults import Fault
from verdigris.errors import NotFound, UsageError, VerdigrisError
from verdigris.journal.acts import act
from verdigris.journal.base import MIGRATION, Put, Row, Value, flag_row
from verdigris.journal.holder import me
from verdigris.stores.base import TableFacts
from verdigris.wiring import Hooks, Wiring, now_iso

#: A migration of any tool: it begins with its number.
_NUMBERED = re.compile(r"[0-9]+[-_.].+")
_TESTS = (".test.", ".spec.")


@dataclass(frozen=True)
class Adoptable:
    """What was found in an environment, and what adopting it writes (`wanted` of the flags, and `baseline`).

    `recorded`: migrations that others recorded; `others`: how many further items the deploy table holds, which nobody
    touches; `live`: the table that the live application uses, None if nobody could be asked. `faults` are for a person
    to decide: as long as there is one, nothing is written.
    """

    env: str
    deploy_table: str
    flags: tuple[FlagPlan, ...]
    tables: tuple[TableFacts, ...]
    live: str | None
    recorded: tuple[str, ...]
    baseline: tuple[str, ...]
    others: int
    notes: tuple[str, ...]
    faults: tuple[Fault, ...]
    written: bool = False

    @property
    def writes(self) -> int:
        """How many items adopting writes."""
        return sum(flag.wanted is not None for flag in self.flags) + len(self.baseline)


def adopt(
    config: Config, env: str, *, baseline: Sequence[str] = (), yes: bool = False, hooks: Hooks | None = None
) -> Adoptable:
    """Looks at what scripts left; with `yes` writes what is missing, unless something is left to decide.

    `baseline`: migrations that the data has been through, by the names of their files, or folders that hold them.
    Raises NotFound where there is no deploy table, UsageError for one of another shape, for a name that is no
    migration's, and while a deployment of Verdigris is under way.
    """
    wiring = Wiring(config, env)
    names = tuple(sorted({name for one in baseline for name in _named(one)}))
    _check_table(wiring)
    found = _look(wiring, names)
    if not yes or found.faults or not found.writes:
        return found
    with session(wiring, f"adopt {env}", hooks or Hooks()):
        found = _look(wiring, names)  # again, under the lease: this is what is written
        if found.faults or not found.writes:
            return found
        _write(wiring, found)
    return replace(found, written=True)


def _named(given: str) -> Iterator[str]:
    """The names of migrations that are meant: a file's, or those of a folder's numbered files."""
    folder = Path(given)
    if folder.is_dir():
        for path in folder.iterdir():
            if path.is_file() and _NUMBERED.fullmatch(path.name) and not any(test in path.name for test in _TESTS):
                yield path.name
    elif _NUMBERED.fullmatch(folder.name):
        yield folder.name
    else:
        raise UsageError(f"{given!r} is neither a folder nor the name of a migration, which begins with its number")


def _check_table(wiring: Wiring) -> None:
    name = wiring.env.deploy_table
    if not wiring.journal.exists():
        raise NotFound(
            f"there is no deploy table {name}",
            where=wiring.env.region,
            state="nothing was changed",
            next_command=f"mend [deploy_table] name; for a new environment: verdigris deploy {wiring.name}",
        )


def _look(wiring: Wiring, names: Sequence[str]) -> Adoptable:
    snapshot = latest(wiring.journal)
    if snapshot and not snapshot.ended:
        raise UsageError(
            f"deployment {snapshot.deployment} is under way: Verdigris deploys here already",
            where=wiring.env.deploy_table,
            state="nothing was changed",
            next_command=f"verdigris status {wiring.name}",
        )
    rows = wiring.journal.rows.scan("")
    own = {str(row["pk"]): row for row in rows if row["pk"] == row["sk"]}
    flags = {name: own[name].get("current") for name in FLAGS if name in own}
    recorded = {pk.removeprefix(MIGRATION) for pk in own if pk.startswith(MIGRATION)}
    tables = {version: wiring.admin.describe(name) for version, name in wiring.names.tables.items()}
    live, faults = _ask(wiring, flags)
    old = wiring.env.unversioned_table
    world = World(
        wiring.name,
        flags,
        wiring.names.tables,
        [version for version, facts in tables.items() if facts],
        old if wiring.admin.describe(old) else None,
        live,
    )
    plans, more = plan_flags(world)
    return Adoptable(
        env=wiring.name,
        deploy_table=wiring.env.deploy_table,
        flags=plans,
        tables=tuple(facts for facts in tables.values() if facts),
        live=live,
        recorded=tuple(sorted(recorded)),
        baseline=tuple(name for name in names if name not in recorded),
        others=sum(_is_other(row) for row in rows),
        notes=tuple(_notes(wiring, plans, tables)),
        faults=(*faults, *more),
    )


def _is_other(row: Row) -> bool:
    pk = str(row["pk"])
    return not (pk in FLAGS and row["sk"] == pk) and not pk.startswith((MIGRATION, "verdigris|"))


def _ask(wiring: Wiring, flags: Mapping[str, Value | None]) -> tuple[str | None, tuple[Fault, ...]]:
    """What the live application says; a failure to ask is one more thing to decide."""
    color = color_of(flags)
    if wiring.live is None or color is None:
        return None, ()
    try:
        return wiring.live.table(color), ()
    except VerdigrisError as error:
        return None, (Fault(f"the live application cannot be asked: {error}", error.next_command),)


def _notes(wiring: Wiring, plans: Sequence[FlagPlan], tables: Mapping[DataVersion, TableFacts | None]) -> Iterator[str]:
    by_name = {plan.name: plan for plan in plans}
    source = by_name.get("source-table-version")
    serving = source and DataVersion(str(source.wanted or source.found))
    if serving:
        facts, left = tables[serving], tables[serving.other]
        if facts and not facts.stream:
            yield f"{facts.name} has no stream: a deployment that migrates needs --enable-stream"
        if left:
            yield f"{left.name} is left over: verdigris clean {wiring.name}"
    if (migrate := by_name.get("migrate")) and migrate.found == "true":
        yield "migrate is true: the next deployment copies the data, whether or not a migration is pending"
    if wiring.live is None:
        yield "nothing was asked of the live application: [live] says how"


def _write(wiring: Wiring, found: Adoptable) -> None:
    """The baseline; then the flags, in one transaction with what `history` shows."""
    puts = [Put(flag_row(plan.name, plan.wanted)) for plan in found.flags if plan.wanted is not None]
    said = [
        f"{plan.name}: {plan.found} → {str(plan.wanted).lower()}" for plan in found.flags if plan.wanted is not None
    ]
    if found.baseline:
        said.append(f"{len(found.baseline)} migrations of other tools recorded")
    checksums, _ = survey.migration_files(wiring)  # a file of our own folder is recorded with its checksum
    wiring.journal.record_applied({name: checksums.get(name) for name in found.baseline})
    wiring.journal.write(*puts, act(me("", ""), now_iso(), "adopt", "; ".join(said)))
