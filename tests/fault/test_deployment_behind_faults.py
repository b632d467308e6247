"""Whole deployments whose every call to DynamoDB goes through the fault proxy, under a live writer.

The writer's own calls do not: its ledger is exactly what was acknowledged. A command that faults stopped is typed
again, as its error says.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.fault.deployments import NOTHING, Writer, add_migrations, environment, table, verdict

from verdigris import commands
from verdigris.config.model import Config
from verdigris.core.machine import State
from verdigris.core.model import Color, Phase
from verdigris.core.snapshot import Snapshot
from verdigris.errors import AccessRefused, HintsLost, LeaseHeld, VerdigrisError
from verdigris.local.dynamodb import ACCESS_KEY, SECRET_KEY
from verdigris.testing.fault_proxy import LATE, QUIET, Fault, FaultProxy, Rules

SEEDS = (1,)
#: All faults, late writes too, but fewer: Verdigris slows down when it is throttled, and boto3 waits for seconds.
RULES = LATE.changed(
    throttled=0.01,
    server_error=0.01,
    failed_after=0.03,
    reset_before=0.01,
    reset_after=0.03,
    conflict=0.03,
    page_records=60,
    split_after=25,
    late_s=(0.1, 6.0),  # some land, some are too old by then
)
#: What must have befallen a deployment for "every fault" to be true.
EVERY = {fault.value for fault in Fault} | {"delayed", "old_signature", "split"}


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)


class Site:
    """One environment behind one proxy, with a writer."""

    def __init__(self, folder: Path, url: str, proxy: FaultProxy, seed: int) -> None:
        self.url = url
        self.proxy = proxy
        self.config: Config = environment(folder, proxy.url)
        self.stopped: list[str] = []
        self.insist(lambda: commands.deploy(self.config, "dev", yes=True))
        self.writer = Writer(table(url, "court-dev-alpha"), seed)
        for _ in range(150):
            self.writer.write()
        add_migrations(self.config)

    def insist(self, command: Callable[[], Snapshot]) -> Snapshot:
        """Types the command again as long as faults stop it; waits for the lease of one that could not give it back."""
        waited = 0
        while len(self.stopped) < 10 and waited < 120:
            try:
                return command()
            except AccessRefused:
                raise
            except LeaseHeld:
                waited += 1
                time.sleep(0.5)
            except VerdigrisError as error:
                self.stopped.append(f"{error.code}: {error}")
        raise AssertionError(f"seed {self.proxy.seed}: stopped again and again: {self.stopped}")

    def verdict(self) -> dict[str, list[str]]:
        return verdict(self.writer, table(self.url, "court-dev-beta"))


@pytest.fixture
def build(tmp_path: Path, fresh_dynamodb: Callable[[], str]) -> Iterator[Callable[[int, Rules], Site]]:
    sites: list[Site] = []

    def make(seed: int, rules: Rules) -> Site:
        url = fresh_dynamodb()
        proxy = FaultProxy(url, seed, rules).__enter__()
        proxies.append(proxy)
        sites.append(Site(tmp_path, url, proxy, seed))
        return sites[-1]

    proxies: list[FaultProxy] = []
    try:
        yield make
    finally:
        for site in sites:
            site.writer.stop()
        for proxy in proxies:
            proxy.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_in_a_deployment_through_every_fault(build: Callable[[int, Rules], Site], seed: int) -> None:
    """Shards are sealed and branch all the time, also while writes are held: each gives a beacon back."""
    site = build(seed, RULES)
    site.writer.start()
    snapshot = site.insist(lambda: commands.deploy(site.config, "dev"))
    assert snapshot.state is State.APPROVE
    site.writer.stop()  # nothing holds writes in this environment: no front door
    site.insist(lambda: commands.approve(site.config, "dev"))
    snapshot = site.insist(lambda: commands.deploy(site.config, "dev"))
    assert snapshot.live is Color.GREEN
    assert site.verdict() == NOTHING, f"seed {seed}"
    assert site.proxy.injected.keys() >= EVERY


def test_changes_that_the_stream_has_dropped_are_never_passed_over(build: Callable[[int, Rules], Site]) -> None:
    """It stops, loudly, and the same command goes on without them: verify finds what changed."""
    site = build(1, QUIET.changed(split_after=25))
    commands.deploy(site.config, "dev", until=Phase.REPLAY)
    for _ in range(100):
        site.writer.write()
    site.proxy.trim(keep=10)
    with pytest.raises(HintsLost) as caught:
        commands.deploy(site.config, "dev")
    assert caught.value.next_command == "verdigris deploy dev"
    assert commands.deploy(site.config, "dev").state is State.APPROVE
    assert site.verdict() == NOTHING
