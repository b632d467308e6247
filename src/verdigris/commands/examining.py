"""doctor: whether everything is in place for a deployment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from verdigris import drivers, survey
from verdigris.commands.sessions import PUT_BACK, latest
from verdigris.config.model import Config
from verdigris.core.declared import undeclared
from verdigris.core.model import Color, DataVersion
from verdigris.core.plan_faults import faults
from verdigris.core.planning import make_plan
from verdigris.core.standing import disagreements
from verdigris.core.versions import judge
from verdigris.errors import ConfigError, NotFound, UsageError, VerdigrisError
from verdigris.wiring import Wiring


@dataclass(frozen=True)
class Finding:
    """One thing that `doctor` looked at."""

    name: str
    ok: bool
    said: str
    next_command: str = ""


def doctor(config: Config, env: str) -> list[Finding]:
    """Whether everything is in place for a deployment. Read-only; goes on after each fault."""
    wiring = Wiring(config, env)
    found: list[Finding] = []
    for name, look in _looks(wiring):
        one = _look(name, look)
        same = next((before.name for before in found if not one.ok and before.said == one.said), "")
        found.append(replace(one, said=f"the same fault as of: {same}", next_command="") if same else one)
    return found


def _looks(wiring: Wiring) -> Iterator[tuple[str, Callable[[], str]]]:
    env = wiring.name

    def engines() -> str:
        domains = "the domains " + " and ".join(wiring.names.domains.values()) if wiring.domains else "none"
        return f"DynamoDB at {wiring.dynamodb_url or wiring.env.region}, search at {wiring.search_url or domains}"

    def table() -> str:
        names = [name for name in wiring.names.tables.values() if wiring.admin.describe(name)]
        return "tables: " + (", ".join(names) or "none yet")

    def flags() -> str:
        if not wiring.journal.exists():
            return f"{wiring.env.deploy_table} is not there yet"
        found = wiring.journal.flags()
        snapshot = latest(wiring.journal)
        if snapshot and not snapshot.ended and (wrong := disagreements(snapshot, found)):
            raise UsageError(
                f"changed by hand: {'; '.join(wrong)}",
                next_command=PUT_BACK,
            )
        return (
            f"live {found.color or 'none'}, source {found.source or 'none'}, destination {found.destination or 'none'}"
        )

    def data() -> str:
        found = wiring.journal.flags()
        under_way = latest(wiring.journal)
        if found.color is None or (under_way and not under_way.ended):
            return f"{found.source or 'none yet'}, filling {found.destination}" if found.source else "none yet"
        if found.color_implied or found.source is None:
            raise UsageError("scripts ran here: not all flags are written", next_command=f"verdigris adopt {env}")
        live = wiring.live.table(found.color) if wiring.live else None
        verdict = judge(env, found, wiring.names.tables, live)
        if verdict.wrong:
            raise UsageError(verdict.wrong, next_command=verdict.repair)
        return f"{verdict.version} serves: {verdict.why}"

    def traffic() -> str:
        if wiring.pointer is None:
            return "nothing is configured that sends it to a color"
        there, live = wiring.pointer.read().live, wiring.journal.flags().color
        if there is not live:
            mend = f"point it to {live}" if live else f"take it off {there} (or adopt, if scripts ran here)"
            raise UsageError(
                f"goes to {there or 'neither color'}, and {live or 'no color'} is live by the deploy table",
                next_command=f"{mend} by hand, then: verdigris status {env}",
            )
        return f"goes to {there}" if there else "goes nowhere yet"

    def lease() -> str:
        found = wiring.journal.lease()
        return f"held by {found.holder.who}: {found.holder.doing}" if found and found.holder else "free"

    def search() -> str:
        version = wiring.journal.flags().source or DataVersion.ALPHA
        if domains := wiring.domains:
            name = wiring.names.domains[version]
            domains.check(name, wiring.config.domain_body())
            found = domains.describe(name)
            if found is None:
                return f"there is no domain {name} yet: a deployment makes it"
            if not found.serves:
                return f"the domain {name} is being {'removed' if found.deleted else 'made'}: a deployment waits for it"
        index = wiring.search(version)
        if index is None:
            return "no index configured"
        aliases = [place.alias for place in wiring.env.indexes()]
        return ", ".join(f"{alias} → {index.alias(alias) or 'nothing yet'}" for alias in aliases)

    def consumers() -> str:
        port = wiring.consumers
        if port is None:
            return "no Lambda is named beside these engines"
        tables = [facts for name in wiring.names.tables.values() if (facts := wiring.admin.describe(name))]
        found = [one for facts in tables if facts.stream for one in port.of(facts.stream)]
        declared = tuple(one for color in Color for one in wiring.env.consumers(color))
        for function in undeclared(tuple(one.function for one in found), declared):
            raise UsageError(
                f"no [[consumer]] says what {function} does with the changes that it is given",
                next_command=f'declare it in verdigris.toml: [[consumer]] function = "{function.partition(":")[0]}"',
            )
        return ", ".join(f"{one.function} is {one.state}" for one in found) or "none"

    def application() -> str:
        section = wiring.env.application
        if missing := drivers.missing_programs(wiring.env):
            raise NotFound(
                f"not on this machine's PATH: {', '.join(missing)}",
                next_command=f"install {missing[0]}, or mend [application], then: verdigris doctor {env}",
            )
        return f"{section.driver}, its programs are here" if section else "none that Verdigris starts"

    def migrations() -> str:
        found = survey.migrations(wiring)
        if found.faults:
            raise UsageError(found.faults[0], next_command=f"verdigris migrations repair {wiring.name}")
        return f"{len(found.applied)} applied, {len(found.pending)} pending"

    def planned() -> str:
        snapshot = latest(wiring.journal)
        if snapshot and not snapshot.ended:
            return f"deployment {snapshot.deployment} is under way: {snapshot.state}"
        facts = survey.facts(wiring)
        made = make_plan(wiring.names, facts)
        for fault in faults(made, facts):
            raise UsageError(fault.what, next_command=fault.next_command)
        return f"the next deployment would be: {made.kind}"

    yield from {
        "engines": engines,
        "deploy table": flags,
        "data": data,
        "traffic": traffic,
        "lease": lease,
        "tables": table,
        "search": search,
        "consumers": consumers,
        "application": application,
        "migrations": migrations,
        "plan": planned,
    }.items()


def _look(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, look())
    except ConfigError as error:
        return Finding(name, False, "; ".join(error.faults) or str(error), error.next_command)
    except VerdigrisError as error:
        return Finding(name, False, str(error), error.next_command)
