"""One round: a small environment, struck until it is through; then its ledger looks at the new table."""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.chaos.estate import shapes
from tests.chaos.estate.ledger import Ledger
from tests.chaos.estate.writing import Writer, fill, to_table
from tests.chaos.runners import Runner
from tests.chaos.strikes import Strike, Striker, Way, strikes
from tests.chaos.tally import Tally
from tests.project import Done, Project

from verdigris.core.model import Phase
from verdigris.core.records import PhaseDone
from verdigris.testing.fault_proxy import LATE, QUIET, FaultProxy, Rules

ESTATE = Path(__file__).parent / "estate"
#: How long a write may land after it was signed: the proxy refuses what is older, and Verdigris waits as long.
BOUND_S = 2
_ENVIRONMENT = f"""
approve = "manual"
enable_stream = true
lease_seconds = 3
late_write_seconds = {BOUND_S}
"""
_THINGS = 240
_WRITERS = 2
_STRIKES = 20
#: A deployment that faults stopped so often does not come to an end.
_STOPS = 30
_GOALS = {0, 3}

#: Small pages, empty ones, shards that are sealed all the time; nothing fails.
CALM = QUIET.changed(
    scan_items=5, page_records=100, split_after=120, open_shards=1, empty_page=0.1, signature_bound_s=BOUND_S
)
#: All faults, but few of those that boto3 waits seconds for.
ROUGH = LATE.changed(
    scan_items=5,
    page_records=100,
    split_after=120,
    open_shards=1,
    throttled=0.01,
    server_error=0.01,
    failed_after=0.02,
    reset_before=0.01,
    reset_after=0.02,
    conflict=0.02,
    late=0.02,
    late_s=(0.1, BOUND_S + 1),
    signature_bound_s=BOUND_S,
)


def estate(project: Project, migrations: Sequence[str] = ()) -> None:
    """Puts the application's files in place, and these migrations."""
    for file in ("shapes.py", "application.py"):
        shutil.copy(ESTATE / file, project.folder)
    for name in migrations:
        shutil.copy(ESTATE / "migrations" / name, project.folder / "migrations")


class Deployment:
    """`verdigris deploy dev`, started again and again."""

    def __init__(self, project: Project, tally: Tally, broken: str = "") -> None:
        self._project = project
        self._tally = tally
        self._broken = broken

    def start(self, *words: str) -> Runner:
        return Runner(self._project, *(words or ("deploy", "dev")), broken=self._broken)

    def struck(self, striker: Striker, plan: Sequence[Strike]) -> None:
        """Strikes the deployment as planned, or until it has reached its goal."""
        runner: Runner | None = None
        for strike in plan:
            runner = self._reaching(runner, strike.phase)
            if runner is None:
                return
            time.sleep(strike.after_s)
            runner = striker.strike(runner, strike.way)
        if runner:
            self._note(runner.finish())

    def insist(self, *words: str) -> Done:
        """The command, as often as faults stop it. Raises AssertionError when that does not help."""
        for _ in range(_STOPS):
            done = self.start(*words).finish()
            if self._note(done):
                return done
        raise AssertionError(f"stopped again and again: {done.out}{done.err}")

    def _reaching(self, runner: Runner | None, phase: Phase | None) -> Runner | None:
        """A runner that works at this phase; None if the goal is reached."""
        for _ in range(_STOPS):
            runner = runner or self.start()
            if runner.reaches(phase):
                return runner
            if self._note(runner.finish()):
                return None
            runner = None
        raise AssertionError(f"stopped again and again: {self._tally.stopped}")

    def _note(self, done: Done) -> bool:
        """Whether the goal is reached. Raises AssertionError for an end that no fault explains."""
        if done.code in _GOALS:
            return True
        told = [json.loads(line) for line in done.out.splitlines() if line.endswith("}")]
        code = next((line["error"]["code"] for line in told if "error" in line), "")
        assert code not in ("", "bug", "unverified", "hints-lost"), f"code {done.code}: {done.out}{done.err}"
        self._tally.stopped[code] += 1
        if code == "lease-held":
            time.sleep(0.3)
        return False


@contextmanager
def writing(project: Project, ledger: Ledger) -> Iterator[None]:
    """Writers at work in the source table."""
    with ExitStack() as stack:
        for number in range(_WRITERS):
            stack.enter_context(Writer(ledger, to_table(project), 0.3, number))
        yield


def carried(seed: int, folder: Path, dynamodb_url: str, broken: str = "") -> Tally:
    """Struck from preflight to the gate under writers, then around the flip; behind the fault proxy."""
    dice, tally = random.Random(seed), Tally(rounds=1)
    rules: Rules = dice.choice([CALM, ROUGH])
    migrations = sorted(dice.sample(sorted(shapes.MIGRATIONS), dice.choice([1, 2, 5, 5])))
    with FaultProxy(dynamodb_url, seed) as proxy:
        endpoint = f'endpoints = {{ dynamodb = "{proxy.url}" }}\n'
        project = Project(folder / f"chaos-{seed}", dynamodb_url, environment=_ENVIRONMENT + endpoint)
        estate(project)
        deployment = Deployment(project, tally, broken)
        deployment.insist("deploy", "dev", "--yes")
        ledger = Ledger(seed, frozenset(migrations), _WRITERS)
        fill(project, ledger, _THINGS)
        estate(project, migrations)
        proxy.set(rules)
        striker = Striker(deployment.start, proxy, dice, tally, BOUND_S)
        with writing(project, ledger):
            deployment.struck(striker, strikes(dice, _STRIKES))
            deployment.insist("deploy", "dev")
            striker.wait()
        deployment.insist("approve", "dev")
        deployment.struck(striker, [Strike(Way.KILLED, Phase.SWITCH, dice.uniform(0, 0.5)) for _ in range(2)])
        deployment.insist("deploy", "dev")
        tally.faults.update(proxy.injected)
    tally.verdict = ledger.verdict(project.items("beta"))
    tally.writes = ledger.acknowledged
    look_back(project, tally)
    return tally


def look_back(project: Project, tally: Tally) -> None:
    """What the journal tells: verify repaired nothing, and no runner wrote once another one had taken over."""
    token = 0
    for record in project.records():
        if isinstance(record.body, PhaseDone) and record.body.phase is Phase.VERIFY:
            tally.repaired += record.body.evidence.get("repaired_keys", ())
        if record.token < token:
            tally.wrong.append(f"record {record.seq} was written under token {record.token}, after {token}")
        token = record.token
