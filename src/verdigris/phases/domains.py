"""The search domains of data versions: the destination's is made while it is provisioned, the source's goes last.

A domain carries the deployment that made it as a tag. So whatever was sent and never answered, abort removes what is
this deployment's, and nothing that was there before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from verdigris.core.model import Phase
from verdigris.core.records import Evidence
from verdigris.errors import AlreadyThere, PhaseFailed
from verdigris.phases.base import Bench, Progress
from verdigris.phases.waiting import answered, wait_for_others
from verdigris.stores.searching import Domain, SearchDomains

CREATE, DELETE = "create-domain", "delete-domain"
REMOVED = "is being removed"
#: A domain takes a quarter of an hour, a large one longer.
LIMIT_S = 2 * 3600.0
#: Seconds between two looks: more and more, up to this.
_LOOK_S = 10.0


@dataclass(frozen=True)
class Patience:
    """How somebody waits for a domain: `waiting` is told why at each look, and may raise."""

    now: Callable[[], float]
    sleep: Callable[[float], None]
    waiting: Callable[[str], None]
    next_command: str

    def until(
        self, domains: SearchDomains, name: str, reason: str, done: Callable[[Domain | None], bool]
    ) -> Domain | None:
        """The domain when it is `done` (None: there is none). Raises PhaseFailed after `LIMIT_S`."""
        until_s = self.now() + LIMIT_S
        pause_s = 0.1
        while not done(found := domains.describe(name)):
            if self.now() >= until_s:
                raise PhaseFailed(
                    f"the search domain {name} {reason}, and was not done in {LIMIT_S / 3600:g} hours",
                    where=name,
                    state="what was asked for goes on",
                    next_command=self.next_command,
                )
            self.waiting(f"the search domain {name} {reason}")
            self.sleep(pause_s)
            pause_s = min(2 * pause_s, _LOOK_S)
        return found


def check_body(bench: Bench) -> None:
    """What the destination's domain would be made from. Raises ConfigError, Invalid."""
    domains, name = bench.stores.domains, bench.plan.destination_domain
    if domains and name and bench.indexes():
        domains.check(name, bench.domain_body())


def make(bench: Bench) -> Evidence:
    """The destination's domain, ready for indexes. Nothing where there are none."""
    domains, name = bench.stores.domains, bench.plan.destination_domain
    if domains is None or name is None or not bench.indexes():
        return {}
    made = bench.log.step(Phase.PROVISION, CREATE, lambda: _create(bench, domains, name))
    found = _wait(bench, domains, name, "is being made or changed", lambda found: found is None or found.ready)
    if found is None:
        raise _vanished(bench, name)
    return {"domain": name, "domain_made": made["made"], "endpoint": found.endpoint}


def demand(bench: Bench) -> None:
    """The destination's domain is still there. Raises PhaseFailed."""
    domains, name = bench.stores.domains, bench.plan.destination_domain
    if domains and name and bench.indexes() and domains.describe(name) is None:
        raise _vanished(bench, name)


def remove_made(bench: Bench) -> bool:
    """Removes the destination's domain if this deployment made it; whether it is gone, with all its indexes."""
    domains, name = bench.stores.domains, bench.plan.destination_domain
    if domains is None or name is None:
        return False
    if CREATE in bench.snapshot.steps and bench.snapshot.evidence(CREATE) is None:
        wait_for_others(bench, "a creation of the search domain by an earlier run")
    found = domains.describe(name)
    if found is None:
        return True
    if found.owner != _owner(bench):
        return False
    _remove(bench, domains, name)
    return True


def remove_source(bench: Bench, domains: SearchDomains, name: str) -> Evidence:
    """Never one that the flags name: they were settled before, and are read again here."""
    plan, now = bench.plan, bench.journal.flags()
    if plan.source in (now.source, now.destination):
        raise PhaseFailed(
            f"the flags still name {plan.source}; the domain {name} was not removed",
            where=plan.deploy_table,
            next_command=f"verdigris doctor {plan.env}",
        )
    there = domains.describe(name) is not None
    _remove(bench, domains, name)
    return {"domain": name, "was_there": there or bench.log.announced_before(DELETE)}


def _create(bench: Bench, domains: SearchDomains, name: str) -> Evidence:
    wait_for_others(bench, "a removal of the search domain by an earlier run")
    found = _wait(bench, domains, name, REMOVED, lambda found: found is None or not found.deleted)
    if found is None:
        try:
            with answered(bench):
                domains.create(name, bench.domain_body(), _owner(bench))
        except AlreadyThere:
            found = domains.describe(name)  # a request of an earlier run, or of the client's own retry
    return {"domain": name, "made": found is None or found.owner == _owner(bench)}


def _remove(bench: Bench, domains: SearchDomains, name: str) -> None:
    with answered(bench):
        domains.delete(name)
    _wait(bench, domains, name, REMOVED, lambda found: found is None)


def _wait(
    bench: Bench, domains: SearchDomains, name: str, reason: str, done: Callable[[Domain | None], bool]
) -> Domain | None:
    """The domain when it is `done`. Raises PhaseFailed after `LIMIT_S`; Interrupted, LeaseLost."""

    def waiting(reason: str) -> None:
        bench.breathe()
        bench.pace.held_up(reason)
        bench.report(Progress(bench.snapshot.phase or Phase.PROVISION, unit="domains", reason=reason))

    return Patience(bench.now, bench.sleep, waiting, f"verdigris deploy {bench.plan.env}").until(
        domains, name, reason, done
    )


def _owner(bench: Bench) -> str:
    return f"{bench.plan.deploy_table}/{bench.deployment}"


def _vanished(bench: Bench, name: str) -> PhaseFailed:
    return PhaseFailed(
        f"the search domain {name} was made for this deployment, and is gone",
        where=name,
        state=f"{bench.plan.before} serves on, untouched",
        next_command=f"verdigris abort {bench.plan.env}",
    )
