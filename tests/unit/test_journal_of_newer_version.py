"""A journal that a newer Verdigris wrote is refused in words, not as a bug."""

from __future__ import annotations

import pytest

from verdigris.core.records import Closed
from verdigris.errors import StoreError
from verdigris.journal.base import Put
from verdigris.journal.journal import Holder, Journal
from verdigris.journal.memory import MemoryRows


def test_a_record_of_a_newer_version_is_refused() -> None:
    rows = MemoryRows("court-dev-deploy", created=True)
    journal = Journal(rows, lambda: "2026-11-23T18:15:44.000+00:00")
    journal.acquire(Holder("id", "ada", "here", 1, "0", "deploy dev", "now"), 15, None)
    journal.append(1, 1, Closed())
    [row] = rows.query("verdigris|journal", "")
    rows.write(Put({**row, "record": str(row["record"]).replace('"v":1', '"v":2')}))
    with pytest.raises(StoreError, match="version 2") as caught:
        journal.records(1)
    assert caught.value.where == "court-dev-deploy, record 000001|000001"
    assert "upgrade" in caught.value.next_command
