"""The smoke test of a color before it gets the traffic: reads only, at the address in VERDIGRIS_URL."""

from __future__ import annotations

import json
import os
import sys
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen


def get(path: str) -> Any:
    with urlopen(os.environ["VERDIGRIS_URL"].rstrip("/") + path, timeout=10) as answer:
        return json.load(answer)


def main() -> int:
    print(f"healthy: {get('/health')}")
    found = get("/search?q=")
    print(f"search answers with {len(found)} cases")
    for document in found[:5]:
        check(document)
    return 0


def check(document: dict[str, Any]) -> None:
    """What the index says of a case is what the case says, or the case has moved on since."""
    case = get(f"/cases/{quote(document['docketNumber'])}")
    assert case["rev"] >= document["rev"], f"{document['docketNumber']}: the index is ahead of the table"
    if case["rev"] == document["rev"]:
        assert case["caption"] == document["caption"], f"{document['docketNumber']}: another caption in the index"
    dollars, cents = case["fee"].split(".")
    assert dollars.isdigit(), f"{document['docketNumber']}: the fee is {case['fee']}"
    assert len(cents) == 2, f"{document['docketNumber']}: the fee is {case['fee']}"


if __name__ == "__main__":
    sys.exit(main())
