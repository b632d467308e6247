"""The list of pinned parts."""

from __future__ import annotations

import re

import pytest

from verdigris.local.download import fingerprint, parts


@pytest.mark.parametrize("engine", ["dynamodb-local", "opensearch"])
def test_every_part_is_pinned(engine: str) -> None:
    for part in parts(engine):
        assert re.fullmatch(r"[0-9a-f]{64}", part.sha256)
        assert part.size > 0
        assert part.coordinate.count(":") == 2
    assert len({part.filename for part in parts(engine)}) == len(parts(engine))


def test_native_libraries_are_those_of_the_platform() -> None:
    kinds = {
        platform: {part.kind for part in parts("dynamodb-local", platform)} - {"jar"}
        for platform in ("linux", "darwin")
    }
    assert kinds == {"linux": {"so"}, "darwin": {"dylib"}}


def test_other_parts_are_another_folder() -> None:
    assert fingerprint(parts("opensearch")) != fingerprint(parts("opensearch")[1:])
