"""What is shown, in words: numbers, times, evidence, records. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import assert_never

from verdigris.core import records
from verdigris.core.machine import Event
from verdigris.core.model import Phase
from verdigris.core.pacing import Budget, Lane
from verdigris.core.records import Evidence, Record
from verdigris.core.wording import kind, move


def count(number: int) -> str:
    """`12,345`."""
    return f"{number:,}"


def plural(number: int, thing: str) -> str:
    """`1 item`, `12,345 items`."""
    return f"{count(number)} {thing}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 5 s`, `1 h 2 min`, `2 d 3 h`."""
    whole = round(seconds)
    if seconds < 9.95:
        return f"{max(seconds, 0):.1f} s"
    for size, big, small_size, small in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // small_size
            return f"{whole // size} {big}" + (f" {rest} {small}" if rest else "")
    return f"{whole} s"


def size(of: int) -> str:
    """Bytes: `512 B`, `4.2 MB`."""
    amount = float(of)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def dollars(of: float) -> str:
    """`$12.50`, and `under $0.01` for what is less than a cent."""
    return "under $0.01" if 0 < of < 0.01 else f"${of:,.2f}"


def between(start: str, end: str) -> float:
    """Seconds between two ISO 8601 times."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def clock(at: str) -> str:
    """`2026-11-23 17:55:06 UTC` for an ISO 8601 time in UTC."""
    return f"{datetime.fromisoformat(at):%Y-%m-%d %H:%M:%S} UTC"


def budget(of: Budget) -> str:
    """`reads 500 units a second, writes unlimited, index unlimited`."""
    said = []
    for lane, name in ((Lane.READ, "reads"), (Lane.WRITE, "writes"), (Lane.INDEX, "index")):
        limit = of.of(lane)
        said.append(f"{name} unlimited" if limit is None else f"{name} {limit:,.10g} {lane.unit} a second")
    return ", ".join(said)


# ── evidence ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def proof(phase: Phase, evidence: Evidence) -> str:
    """What a phase proved, in a few words."""
    return _PROOFS[phase](evidence) if evidence else ""


def _counted(evidence: Evidence, *, worth_telling: Mapping[str, str] | None = None, **names: str) -> str:
    """`12 changes, 3 keys settled` of the numbers that are there; those `worth_telling` only if they are not 0."""
    said = [(key, words) for key, words in names.items() if key in evidence]
    said += [(key, words) for key, words in (worth_telling or {}).items() if evidence.get(key)]
    return ", ".join(f"{count(int(evidence[key]))} {words}" for key, words in said)


_HELD = {"quarantined": "in quarantine"}


def _preflight(evidence: Evidence) -> str:
    if "sampled" not in evidence:
        return "everything is in place"
    said = f"{plural(evidence['sampled'], 'item')} tried, {count(evidence['sample_outputs'])} came out"
    if refused := evidence.get("sample_refused"):
        said += f"; {count(refused)} refused, the first: {evidence['first_refused']}"
    if "backfill_s" in evidence:
        said += f"; backfill about {duration(evidence['backfill_s'])}, verify about {duration(evidence['verify_s'])}"
    if longer := evidence.get("advice"):
        said += f". The backfill takes {longer}"
    return said


def _provision(evidence: Evidence) -> str:
    said = []
    if "table" in evidence:
        said.append(f"{evidence['table']} {'made' if evidence.get('table_made') else 'was there'}")
    if evidence.get("application", "none") != "none":
        said.append(f"application at {evidence['application']}")
    return ", ".join(said)


def _reindex(evidence: Evidence) -> str:
    if not evidence.get("indexes"):
        return "no index configured"
    return _counted(evidence, documents="documents proven equal", worth_telling={"repaired": "repaired", **_HELD})


def _exercise(evidence: Evidence) -> str:
    if not evidence.get("ran"):
        return "no smoke test configured"
    again = evidence.get("verify_destination_items")
    return "smoke test passed" + (f", {plural(again, 'item')} verified again" if again is not None else "")


def _switch(evidence: Evidence) -> str:
    held = f", writes held for {count(evidence['held_ms'])} ms" if "held_ms" in evidence else ""
    gone = f", {plural(len(evidence['discarded']), 'item')} discarded" if evidence.get("discarded") else ""
    behind = f"; {evidence['left_behind']}" if "left_behind" in evidence else ""
    return f"{evidence.get('live', '')} is live{held}{gone}{behind}"


def _bake(evidence: Evidence) -> str:
    said = f"watched for {duration(evidence.get('baked_s', 0))}, {plural(evidence.get('looks', 0), 'look')}"
    watched = [plural(evidence[name], thing) for name, thing in _WATCHED.items() if evidence.get(name)]
    return ", ".join([said, *watched])


_WATCHED = {"alarms": "alarm", "health_checks": "health check"}


def _finalize(evidence: Evidence) -> str:
    recorded = len(evidence.get("migrations", ()))
    said = [f"only {evidence.get('live')} is left"]
    if recorded:
        said.append(f"{plural(recorded, 'migration')} recorded")
    if backup := evidence.get("backup"):
        said.append(f"the old table is kept as {backup}")
    if not_there := evidence.get("not_there"):
        said.append(f"not there any more: {', '.join(not_there)}")
    return ", ".join(said)


_PROOFS: Mapping[Phase, Callable[[Evidence], str]] = {
    Phase.PREFLIGHT: _preflight,
    Phase.PROVISION: _provision,
    Phase.BACKFILL: lambda e: _counted(
        e, read="read", written="written", untouched="of them untouched", worth_telling=_HELD
    ),
    Phase.REPLAY: lambda e: _counted(e, changes="changes", settled="keys settled", worth_telling=_HELD),
    Phase.VERIFY: lambda e: _counted(
        e,
        destination_items="items compared",
        differences="differences",
        worth_telling={"in_motion": "in motion", "repaired": "repaired", **_HELD, "discarded": "discarded"},
    ),
    Phase.REINDEX: _reindex,
    Phase.EXERCISE: _exercise,
    Phase.APPROVE: lambda e: "",
    Phase.SWITCH: _switch,
    Phase.BAKE: _bake,
    Phase.FINALIZE: _finalize,
}


# ── records ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_SAID = {
    Event.APPROVED: "approved",
    Event.REJECTED: "rejected",
    Event.ROLLBACK: "rollback asked for",
    Event.FORWARD: "forward again, asked for",
    Event.FINALIZE: "finalize asked for",
    Event.ABORT: "abort asked for",
}


def happened(record: Record) -> tuple[str, str]:
    """A record as (phase or "", sentence)."""
    match record.body:
        case records.Started(plan):
            return "", f"deployment {record.deployment} began: {kind(plan)}, {move(plan)}"
        case records.PhaseBegan(phase):
            return phase, "began"
        case records.Intent(phase, step):
            return phase, f"{step}: about to"
        case records.Outcome(phase, step, _):
            return phase, f"{step}: done"
        case records.PhaseDone(phase, evidence):
            return phase, f"done: {said}" if (said := proof(phase, evidence)) else "done"
        case records.Failed() as failed:
            return failed.phase, f"failed: {failed.what}"
        case records.Gate(gate, before):
            return "", f"waits at the gate {gate} before {before}"
        case records.Said(event, who, comment):
            return "", f"{_SAID.get(event, event)} by {who}" + (f": {comment}" if comment else "")
        case records.Flipped(_, after):
            return Phase.SWITCH, f"{after} is live by the deploy table"
        case records.Mended(who, migrations):
            return "", f"the migrations were mended by {who}: {', '.join(one.name for one in migrations)}"
        case records.Lost():
            return "", "the stream dropped changes that were not read; replay again, with a later mark"
        case records.Undone(phase):
            return phase, "undone"
        case records.Closed():
            return "", "everything that was made is gone"
        case _ as never:
            assert_never(never)
