"""Which data version serves, and what to type where flags and application disagree."""

from __future__ import annotations

import pytest

from verdigris.core.flags import Flags
from verdigris.core.model import Color, DataVersion
from verdigris.core.versions import judge

TABLES = {DataVersion.ALPHA: "court-dev-alpha", DataVersion.BETA: "court-dev-beta"}
A, B = DataVersion.ALPHA, DataVersion.BETA


@pytest.mark.parametrize(
    ("source", "destination", "live", "version", "repair"),
    [
        (A, A, None, A, ""),
        (B, B, "court-dev-beta", B, ""),
        (A, B, None, None, "look which table the live application uses; if it is court-dev-alpha"),
        (A, B, "court-dev-alpha", A, "verdigris set dev destination-table-version alpha"),
        (A, B, "court-dev-beta", B, "verdigris set dev source-table-version beta"),
        (B, B, "court-dev-alpha", A, "verdigris set dev source-table-version alpha"),
        (None, None, "court-dev-alpha", A, "verdigris set dev source-table-version alpha"),
        (A, None, None, None, "look which table"),
        (A, A, "court-dev", None, "mend [table] name"),
    ],
)
def test_each_combination(
    source: DataVersion | None,
    destination: DataVersion | None,
    live: str | None,
    version: DataVersion | None,
    repair: str,
) -> None:
    verdict = judge("dev", Flags(Color.BLUE, source, destination), TABLES, live)
    assert verdict.version is version
    assert verdict.repair.startswith(repair)
    assert bool(verdict.repair) == bool(verdict.wrong) == bool(repair)


def test_following_the_repairs_comes_to_an_end() -> None:
    """Two flags, at most two commands."""
    flags = Flags(Color.BLUE, B, B)
    for _ in range(2):
        _, _, _, name, value = judge("dev", flags, TABLES, "court-dev-alpha").repair.split()
        parts = {"source-table-version": flags.source, "destination-table-version": flags.destination}
        parts[name] = DataVersion(value)
        flags = Flags(Color.BLUE, parts["source-table-version"], parts["destination-table-version"])
    assert judge("dev", flags, TABLES, "court-dev-alpha").wrong == ""
