"""A deployment, a status and all else that commands return, without anything behind them."""

from __future__ import annotations

from pathlib import Path

import msgspec

from verdigris.commands.adopting import Adoptable
from verdigris.commands.cleaning import Cleaning, Leftover
from verdigris.commands.deploying import Planned
from verdigris.commands.examining import Finding
from verdigris.commands.linting import Linted
from verdigris.commands.looking import History, Status
from verdigris.commands.quarantining import Listed, Redriven, Shown
from verdigris.commands.trying import Trials
from verdigris.commands.values import FlagSet
from verdigris.core import records
from verdigris.core.acts import Act
from verdigris.core.adoption import FlagPlan
from verdigris.core.differences import Changed, Difference
from verdigris.core.figures import Figure, Outlook, Removal, Source, Unit
from verdigris.core.flags import Flags
from verdigris.core.keys import Schemas
from verdigris.core.machine import Event
from verdigris.core.model import Color, DataVersion, KeySchema, Kind, Phase
from verdigris.core.plan_faults import Fault
from verdigris.core.planned_indexes import PlannedIndex, Recipe
from verdigris.core.planning import PendingMigration, Plan
from verdigris.core.quarantine import Discarded, Entry, Held, Payload
from verdigris.core.records import Body, Record
from verdigris.core.snapshot import Snapshot, fold
from verdigris.core.trial import Outcome, Product, Step, Tried
from verdigris.journal.journal import Holder, Lease
from verdigris.migrations.lint import RULES
from verdigris.migrations.lint import Finding as LintFinding
from verdigris.migrations.state import Comparison
from verdigris.stores.base import Replica, TableFacts, TableShape

PLAN = Plan(
    env="dev",
    kind=Kind.MIGRATE,
    before=Color.BLUE,
    after=Color.GREEN,
    source=DataVersion.ALPHA,
    destination=DataVersion.BETA,
    source_table="court-dev-alpha",
    destination_table="court-dev-beta",
    deploy_table="court-dev-deploy",
    indexes=(
        PlannedIndex(
            "court-dev-case", "court-dev-case-alpha-2", "court-dev-case-beta-3", "case", Recipe("5e88", "2c26")
        ),
    ),
    migrations=(PendingMigration("0001_cents.py", "9a9163b77eab1234"),),
    phases=tuple(Phase),
    items_estimate=20_000,
    bytes_estimate=8_000_000,
    notes=("0001_cents.py comes late",),
)
OUTLOOK = Outlook(
    figures=(Figure("items", 20_000, Unit.ITEMS, Source.DESCRIBED, "the table's own count, up to 6 hours old"),),
    risks=("finalize deletes court-dev-alpha without a backup",),
    removes=(Removal("finalize", "the table court-dev-alpha in us-east-1"),),
)
COLOR_PLAN = Plan(
    env="dev",
    kind=Kind.COLOR,
    before=Color.BLUE,
    after=Color.GREEN,
    source=DataVersion.ALPHA,
    destination=DataVersion.ALPHA,
    source_table="court-dev-alpha",
    destination_table="court-dev-alpha",
    deploy_table="court-dev-deploy",
    indexes=(),
    migrations=(),
    phases=(Phase.PREFLIGHT, Phase.SWITCH),
)
FAULT = Fault("the source table has no stream", "verdigris deploy dev --enable-stream")
UNTIL_APPROVE = Phase.PROVISION, Phase.BACKFILL, Phase.REPLAY, Phase.VERIFY, Phase.REINDEX, Phase.EXERCISE


def records_of(*bodies: Body) -> list[Record]:
    """The records of deployment 3, a second apart."""
    every = (records.Started(PLAN), *bodies)
    return [
        Record(3, number, f"2026-11-23T18:15:{number:02}.000+00:00", 7, body) for number, body in enumerate(every, 1)
    ]


def phase(which: Phase, **evidence: object) -> tuple[Body, Body]:
    return records.PhaseBegan(which), records.PhaseDone(which, evidence)


PREFLIGHT = phase(Phase.PREFLIGHT, sampled=12, sample_outputs=13)
AT_GATE: tuple[Body, ...] = (*PREFLIGHT, *(body for which in UNTIL_APPROVE for body in phase(which)))
APPROVED = (*AT_GATE, records.Said(Event.APPROVED, "ada@here", "fine"))
REJECTED = (*AT_GATE, records.Said(Event.REJECTED, "ada@here", "too many drafts"))
FLIPPED = (*APPROVED, records.PhaseBegan(Phase.SWITCH), records.Flipped(Color.BLUE, Color.GREEN))
BAKED = (*FLIPPED, records.PhaseDone(Phase.SWITCH, {"live": "green", "held_ms": 40}), *phase(Phase.BAKE))
RETURNED = (
    *BAKED,
    records.Said(Event.ROLLBACK, "ada@here"),
    records.Flipped(Color.GREEN, Color.BLUE),
    records.PhaseDone(Phase.SWITCH, {"live": "blue"}),
)
FINISHED = (*BAKED, records.Said(Event.FINALIZE, "ada@here"), *phase(Phase.FINALIZE, live="green"))
ABORTED = (*PREFLIGHT, records.Said(Event.ABORT, "ada@here"), records.Undone(Phase.PREFLIGHT), records.Closed())
FAILED = (
    *PREFLIGHT,
    records.PhaseBegan(Phase.PROVISION),
    records.Failed(Phase.PROVISION, "already-there", "the table is there", "court-dev-beta", "nothing was changed"),
)


def deployment(*bodies: Body) -> Snapshot:
    return fold(records_of(*bodies))


LEASE = Lease(
    token=7,
    beat=3,
    length_s=15.0,
    renewed_at="2026-11-23T18:16:20.000+00:00",
    holder=Holder("id", "ada@build-7", "elsewhere", 4711, "1", "deploy dev", "2026-11-23T18:15:43.900+00:00"),
)


def status(*bodies: Body, lease: Lease | None = None) -> Status:
    flags = Flags(Color.BLUE, DataVersion.ALPHA, DataVersion.BETA, migrate=True)
    done, estimated, then = 10_431, 20_000, "verdigris deploy dev"
    return Status("dev", flags, deployment(*bodies), lease, done, estimated, then, stream_left_s=81_120.0)


PLANNED = Planned(PLAN, (FAULT,), outlook=OUTLOOK)
HISTORY = History(
    records_of(*PREFLIGHT)[1:], [Act("2026-11-23T18:10:00.000+00:00", "ada@here", "set", "migrate: false → true")]
)
FLAG_SET = FlagSet("dev", "migrate", "false", "true", True)
ADOPTABLE = Adoptable(
    "dev",
    "court-deploy-dev",
    (
        FlagPlan("current-color", "missing", "green", "scripts read a missing color as green"),
        FlagPlan("migrate", "true"),
    ),
    (TableFacts("court-dev-beta", KeySchema((("pk", "S"),)), True, 20_000, 8_000_000, TableShape({}), None, None),),
    "court-dev-beta",
    ("0012-court.ts",),
    ("0013-court.ts",),
    12,
    ("court-dev-beta has no stream",),
    (FAULT,),
)
CLEANING = Cleaning(
    "dev",
    "court-dev-beta",
    (Leftover("us-east-1", 20_000, 8_000_000, (Replica("us-west-1", "ACTIVE"),), False),),
    (("court-dev-case-beta", 12_000),),
)
FINDINGS = [Finding("lease", True, "free"), Finding("tables", False, "court-dev-alpha is gone", "verdigris get dev x")]
MIGRATIONS = Comparison(("0002_b.py",), ("0001_a.py",), (), ("0001_a.py",), (), ("0001_a.py is gone",), ("a note",))

CASE = ("case|1", "case|1")
CENTS = Difference(
    {"feeCents": {"N": "1250"}}, {"fee": {"N": "12.5"}}, {"status": Changed({"S": "open"}, {"S": "Open"})}
)
PK_SK = KeySchema((("pk", "S"), ("sk", "S")))
TRIALS = Trials(
    "dev",
    "court-dev-alpha",
    PK_SK,
    PK_SK,
    ("0001_cents.py",),
    312,
    (
        Tried(
            CASE,
            Outcome.CHANGED,
            (Step("0001_cents.py", CASE, PK_SK, Outcome.CHANGED, (Product(CASE, True, CENTS),)),),
            (CASE,),
        ),
        Tried(("case|2", "case|2"), Outcome.REFUSED, (), (), "0001_cents.py: up failed: KeyError: 'fee' (line 9)"),
    ),
    {("seat|1", "seat"): (("person|1", "person"), ("person|2", "person"))},
)
ENTRY = Entry(
    Held.ITEM,
    CASE,
    "0001_cents.py: up failed: KeyError: 'fee' (line 9)",
    "print",
    "2026-11-23T18:15:50.000+00:00",
    "2026-11-23T18:15:59.000+00:00",
    2,
    "0001_cents.py",
    "9a9163b77eab1234",
    kept=((CASE, (CASE,)),),
    sources=(CASE,),
    discarded=Discarded("ada@here", "made by a test", "2026-11-23T18:16:00.000+00:00"),
)
LISTED = Listed("dev", 3, Schemas(PK_SK, PK_SK), (ENTRY,))
PAYLOAD = Payload(((CASE, b'{"pk":{"S":"case|1"},"sk":{"S":"case|1"}}'),), "Traceback …\nKeyError: 'fee'\n")
SHOWN = Shown("dev", LISTED.schemas, ((ENTRY, PAYLOAD),))
WAITING = msgspec.structs.replace(ENTRY, discarded=None)
REDRIVEN = Redriven("dev", LISTED.schemas, ("0001_cents.py",), (WAITING,), (WAITING,), False, deployment(*AT_GATE))
LINTED = Linted(
    ("0001_cents.py",), (LintFinding(RULES[4], Path("/srv/migrations/0001_cents.py"), 12, "uuid4"),), "court-dev-alpha"
)
