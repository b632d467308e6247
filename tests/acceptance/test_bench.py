"""The benchmark still runs: every job and variant once, on a few items."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_job_is_done_and_shown(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--items", "50", "--rounds", "1", "--no-node"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "build" / "bench.json").read_text())
    assert {job: list(rows) for job, rows in found.items()} == {
        "copy": ["floor", "untouched", "migrated", "boto3"],
        "settle": ["boto3-replay", "settle"],
        "verify": ["floor-scan", "verify"],
    }
    assert all(row["cpu_us"] > 0 and row["per_s"] > 0 for rows in found.values() for row in rows.values())
    for target in ("untouched: ratio", "migrated: ratio", "settle: ratio"):
        assert target in done.stdout
