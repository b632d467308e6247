"""Numbers, times, evidence and records in words."""

from __future__ import annotations

import pytest
from tests.unit.cli import sample

from verdigris.cli import words
from verdigris.core import wording
from verdigris.core.machine import State
from verdigris.core.model import Phase


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0.0 s"),
        (-1, "0.0 s"),
        (0.44, "0.4 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (185, "3 min 5 s"),
        (3720, "1 h 2 min"),
        (97_200, "1 d 3 h"),
    ],
)
def test_duration(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


@pytest.mark.parametrize(("size", "said"), [(0, "0 B"), (999, "999 B"), (8_000_000, "8.0 MB"), (3 * 10**12, "3.0 TB")])
def test_size(size: int, said: str) -> None:
    assert words.size(size) == said


@pytest.mark.parametrize(
    ("phase", "evidence", "said"),
    [
        (Phase.PREFLIGHT, {"sampled": 1, "sample_outputs": 2}, "1 item tried, 2 came out"),
        (Phase.PREFLIGHT, {"pointer": "none"}, "everything is in place"),
        (Phase.PROVISION, {"table": "t", "table_made": True, "application": "none"}, "t made"),
        (Phase.BACKFILL, {"read": 2000, "written": 1900, "untouched": 7},
         "2,000 read, 1,900 written, 7 of them untouched"),
        (Phase.VERIFY, {"destination_items": 9, "in_motion": 0, "repaired": 2, "differences": 0},
         "9 items compared, 0 differences, 2 repaired"),
        (Phase.REINDEX, {"indexes": 0}, "no index configured"),
        (Phase.REINDEX, {"indexes": 1, "documents": 5, "repaired": 0}, "5 documents proven equal"),
        (Phase.EXERCISE, {"ran": False}, "no smoke test configured"),
        (Phase.EXERCISE, {"ran": True, "verify_destination_items": 9}, "smoke test passed, 9 items verified again"),
        (Phase.SWITCH, {"live": "green", "held_ms": 1040}, "green is live, writes held for 1,040 ms"),
        (Phase.BAKE, {"looks": 1, "baked_s": 3600}, "watched for 1 h, 1 look"),
        (Phase.FINALIZE, {"live": "green", "migrations": ["a", "b"]}, "only green is left, 2 migrations recorded"),
    ],
)  # fmt: skip
def test_proof(phase: Phase, evidence: dict[str, object], said: str) -> None:
    assert words.proof(phase, evidence) == said


@pytest.mark.parametrize("phase", list(Phase))
def test_evidence_of_another_version_is_no_error(phase: Phase) -> None:
    assert isinstance(words.proof(phase, {"new": 1}), str)


def test_every_state_is_said() -> None:
    ends = (sample.AT_GATE, sample.REJECTED, sample.BAKED, sample.RETURNED, sample.FINISHED, sample.ABORTED)
    said = [wording.stands(sample.deployment(*bodies)) for bodies in ends]
    assert said == [
        "waits for a yes: approve or reject the switch to green",
        "was rejected by ada@here: too many drafts",
        "has switched: green is live, blue is kept for the way back until finalize",
        "was rolled back: blue is live; deploy goes forward again, abort removes green",
        "is finished: green is live",
        "was aborted: what it had made is gone, blue is live",
    ]
    assert wording.stands(sample.deployment()) == f"is in {State.PREFLIGHT}"


def test_every_record_is_said() -> None:
    said = [words.happened(record) for record in sample.records_of(*sample.RETURNED)]
    assert said[0] == ("", "deployment 3 began: new color, migrated data, blue → green, alpha → beta")
    assert ("", "approved by ada@here: fine") in said
    assert ("switch", "green is live by the deploy table") in said
    assert words.happened(sample.records_of(*sample.FAILED)[-1]) == ("provision", "failed: the table is there")
    assert words.happened(sample.records_of(*sample.ABORTED)[-1]) == ("", "everything that was made is gone")
