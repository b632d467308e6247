"""One round: a small environment, struck until it is through; then its ledger looks at the new table."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.chaos.deployment import Deployment, estate
from tests.chaos.estate import shapes
from tests.chaos.estate.ledger import Ledger
from tests.chaos.estate.writing import Writer, fill, to_door, to_table
from tests.chaos.serving import Supervisor
from tests.chaos.strikes import Strike, Striker, Way, while_carrying, while_switching
from tests.chaos.tally import Tally
from tests.project import Project

from verdigris.core.model import Phase
from verdigris.core.records import PhaseDone
from verdigris.local import dynamodb
from verdigris.local.stack import LocalStack
from verdigris.testing.fault_proxy import LATE, QUIET, FaultProxy

#: How long a write may land after it was signed: the proxy refuses what is older, and Verdigris waits as long.
BOUND_S = 2
ENVIRONMENT = f"""
approve = "manual"
enable_stream = true
lease_seconds = 3
late_write_seconds = {BOUND_S}
"""
_APPLICATION = """
[application]
command = ["{python}", "application.py", "{port}"]
health = "/health"
"""
_THINGS = 240
_WRITERS = 2
#: Seconds between two writes of one writer: DynamoDB Local keeps up with them, whatever else the machine does.
_PAUSE_S = 0.3
_WHILE_CARRYING, _WHILE_SWITCHING = 20, 10

#: Small pages, empty ones, shards that are sealed all the time; nothing fails.
CALM = QUIET.changed(
    scan_items=5, page_records=100, split_after=120, open_shards=3, empty_page=0.1, signature_bound_s=BOUND_S
)
#: All faults, but few of those that slow Verdigris down, or that boto3 waits seconds for.
ROUGH = LATE.changed(
    scan_items=5,
    page_records=100,
    split_after=120,
    open_shards=3,
    throttled=0.001,
    unprocessed=0.02,
    expired_iterator=0.03,
    empty_page=0.1,
    server_error=0.01,
    failed_after=0.02,
    reset_before=0.01,
    reset_after=0.02,
    conflict=0.02,
    late=0.02,
    late_s=(0.1, BOUND_S + 1),
    signature_bound_s=BOUND_S,
)


def carried(seed: int, folder: Path, dynamodb_url: str, tally: Tally, broken: str = "") -> None:
    """Struck from preflight to the gate under writers, then around the flip; behind the fault proxy.

    What happens is added to `tally`. Raises AssertionError where the deployment does not come to its end.
    """
    dice = random.Random(seed)
    rules = dice.choice([CALM, ROUGH])
    migrations = sorted(dice.sample(sorted(shapes.MIGRATIONS), dice.choice([1, 2, 5, 5])))
    ledger = Ledger(seed, frozenset(migrations), _WRITERS)
    with FaultProxy(dynamodb_url, seed) as proxy:
        # Its commands go through the proxy; what is written and read here goes past it.
        endpoint = f'endpoints = {{ dynamodb = "{proxy.url}" }}\n'
        project = Project(folder / f"carried-{seed}", dynamodb_url, environment=ENVIRONMENT + endpoint)
        deployment = Deployment(project, tally, broken)
        deployment.insist("deploy", "dev", "--yes")
        fill(project, ledger, _THINGS)
        estate(project, migrations)
        proxy.set(rules)
        striker = Striker(deployment.start, dice, tally, proxy, BOUND_S)
        with _writing(project, ledger):
            deployment.struck(striker, while_carrying(dice, _WHILE_CARRYING))
            deployment.insist("deploy", "dev")
            striker.wait()
        deployment.insist("approve", "dev")
        deployment.struck(striker, [Strike(Way.KILLED, Phase.SWITCH, dice.uniform(0, 0.5)) for _ in range(2)])
        deployment.insist("deploy", "dev")
        tally.faults.update(proxy.injected)
        judge(project, ledger, tally)


def served(seed: int, folder: Path, tally: Tally, broken: str = "") -> None:
    """Struck around the switch, and so is what serves, under a writer that comes through the front door.

    As `carried`, on an embedded stack, with nothing between it and its runners.
    """
    dice, ledger = random.Random(seed), Ledger(seed)
    stack = LocalStack(folder / f"served-{seed}" / "state")
    try:
        url = stack.up(engines=[dynamodb.NAME]).dynamodb_url
        environment = ENVIRONMENT + "local = true\n"
        project = Project(stack.folder.parent, url, environment=environment, sections=_APPLICATION)
        estate(project)
        deployment = Deployment(project, tally, broken)
        deployment.insist("deploy", "dev", "--yes")
        fill(project, ledger, _THINGS)
        estate(project, sorted(shapes.SIMPLE))
        with (
            Supervisor(project, dice) as supervisor,
            Writer(ledger, to_door(lambda: supervisor.door_url), _PAUSE_S / 4),
        ):
            striker = Striker(deployment.start, dice, tally, serving=supervisor.kills)
            deployment.insist("deploy", "dev")
            deployment.insist("approve", "dev")
            deployment.struck(striker, while_switching(dice, _WHILE_SWITCHING))
            deployment.insist("deploy", "dev")
            _wait_for_writes(ledger, 20)
        judge(project, ledger, tally)
    finally:
        stack.down()


@contextmanager
def _writing(project: Project, ledger: Ledger) -> Iterator[None]:
    """Writers at work in the source table."""
    with ExitStack() as stack:
        for number in range(_WRITERS):
            stack.enter_context(Writer(ledger, to_table(project), _PAUSE_S, number))
        yield


def _wait_for_writes(ledger: Ledger, count: int, within_s: float = 60) -> None:
    goal, until_s = ledger.acknowledged + count, time.monotonic() + within_s
    while ledger.acknowledged < goal:
        assert time.monotonic() < until_s, "the new color takes no writes"
        time.sleep(0.01)


def judge(project: Project, ledger: Ledger, tally: Tally) -> None:
    """By the ledger; and by the journal: verify repaired nothing, no runner wrote once another one had taken over."""
    tally.verdict = ledger.verdict(project.items("beta"))
    tally.writes = ledger.acknowledged
    token = 0
    for record in project.records():
        if isinstance(record.body, PhaseDone) and record.body.phase is Phase.VERIFY:
            tally.repaired += record.body.evidence.get("repaired_keys", ())
        if record.token < token:
            tally.wrong.append(f"record {record.seq} was written under token {record.token}, after {token}")
        token = record.token
