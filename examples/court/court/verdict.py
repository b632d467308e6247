"""The verdict: what the ledger says that the data must be, against what the table and the index hold.

    python -m court.verdict --items 20000 --seed 1 --ledger FILE \\
        --dynamodb-url URL --table NAME --search-url URL --index NAME

The expectation is computed from logical entities by version 2's own encoding; no migration takes part in it. Prints
one line and exits with 1 unless everything in it is 0.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import boto3
import urllib3
from v2 import shape as version_2
from v2.search.documents import case as document_2

from court import ledger
from court.case_index import DocumentOf
from court.entities import CASES, Entity, Ref
from court.generator import initial, wire
from court.layout import Shape

#: What the keys begin with that Verdigris reserves for itself.
BEACON = "verdigris|beacon"
_EXAMPLES = 20

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts of differences, items and documents together, and up to 20 of them named."""

    lost: int  # acknowledged, and missing
    resurrected: int  # deleted, and present
    stale: int  # present, with an older revision or other content
    extra: int  # never written by anyone
    items: int
    documents: int
    examples: tuple[str, ...]

    @property
    def clean(self) -> bool:
        return not (self.lost or self.resurrected or self.stale or self.extra)

    def __str__(self) -> str:
        return f"lost {self.lost}, resurrected {self.resurrected}, stale {self.stale}, extra {self.extra}"


class Expectation:
    """What the table and the index must hold, in one version's shape, and every key that ever was theirs."""

    def __init__(self, shape: Shape = version_2, document: DocumentOf = document_2) -> None:
        self._shape, self._document = shape, document
        self._entities: dict[Ref, Entity | None] = {}

    def apply(self, writes: Mapping[Ref, Entity | None]) -> None:
        self._entities.update(writes)

    def items(self) -> tuple[dict[tuple[str, str], Any], set[tuple[str, str]]]:
        """Canonical items by (pk, sk), and the keys of everything that was ever written, deleted things included."""
        living: dict[tuple[str, str], Any] = {}
        known: set[tuple[str, str]] = set()
        for ref, entity in self._entities.items():
            for part in self._shape.parts(ref, entity or {}):
                key = (part.key["pk"], part.key["sk"])
                known.add(key)
                if entity is not None:
                    living[key] = canonical_item(wire(part.item))
        return living, known

    def documents(self) -> tuple[dict[str, Any], set[str]]:
        """Bodies by id, and the ids of everything that was ever written."""
        living: dict[str, Any] = {}
        known: set[str] = set()
        for ref, entity in self._entities.items():
            if ref.kind == CASES:
                known.add(ref.id)
            for part in self._shape.parts(ref, entity) if entity is not None else ():
                found = self._document(part.item)
                if found is not None:
                    living[found[0]] = found[1]
        return living, known


def judge(
    expected: Expectation, items: Iterable[dict[str, Any]], documents: Iterable[tuple[str, dict[str, Any]]]
) -> Verdict:
    """Compares with every item of the table (DynamoDB's JSON) and every document of the index."""
    tally = _Tally()
    real_items = {
        (item["pk"]["S"], item["sk"]["S"]): canonical_item(item)
        for item in items
        if not item["pk"].get("S", "").startswith(BEACON)
    }
    tally.compare("item", real_items, *expected.items())
    real_documents = dict(documents)
    tally.compare("document", real_documents, *expected.documents())
    return Verdict(**tally.counts, items=len(real_items), documents=len(real_documents), examples=tuple(tally.examples))


class _Tally:
    def __init__(self) -> None:
        self.counts = {"lost": 0, "resurrected": 0, "stale": 0, "extra": 0}
        self.examples: list[str] = []

    def compare(self, what: str, real: Mapping[K, Any], expected: Mapping[K, Any], known: set[K]) -> None:
        for key, body in expected.items():
            if key not in real:
                self._found("lost", f"{what} {_named(key)}")
            elif real[key] != body:
                self._found("stale", f"{what} {_named(key)}: {_difference(body, real[key])}")
        for key in real.keys() - expected.keys():
            self._found("resurrected" if key in known else "extra", f"{what} {_named(key)}")

    def _found(self, kind: str, example: str) -> None:
        self.counts[kind] += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(f"{kind}: {example}")


def _named(key: Hashable) -> str:
    return " / ".join(key) if isinstance(key, tuple) else str(key)


def _difference(expected: dict[str, Any], real: dict[str, Any]) -> str:
    """The names of the attributes that differ, with their values if they are short."""
    names = [name for name in sorted(expected.keys() | real.keys()) if expected.get(name) != real.get(name)]
    shown = [f"{name} is {real.get(name)!r:.60}, not {expected.get(name)!r:.60}" for name in names[:3]]
    return "; ".join(shown)


def canonical_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item of DynamoDB's JSON with one spelling for equal values."""
    return {name: _canonical(value) for name, value in item.items()}


def _canonical(value: Mapping[str, Any]) -> tuple[str, Any]:
    [(kind, body)] = value.items()
    if kind == "N":
        return kind, Decimal(body)
    if kind == "NS":
        return kind, frozenset(map(Decimal, body))
    if kind in ("SS", "BS"):
        return kind, frozenset(body)
    if kind == "L":
        return kind, tuple(map(_canonical, body))
    if kind == "M":
        return kind, canonical_item(body)
    return kind, body


def expectation(
    entities: Iterable[tuple[Ref, Entity]],
    ledger_file: Path,
    shape: Shape = version_2,
    document: DocumentOf = document_2,
) -> Expectation:
    """The initial entities with every acknowledged write applied. Raises Unsettled."""
    expected = Expectation(shape, document)
    expected.apply(dict(entities))
    for acknowledged in ledger.read(ledger_file):
        expected.apply(acknowledged.writes)
    return expected


def scan_table(url: str | None, table: str, *, region: str = "us-east-1") -> Iterator[dict[str, Any]]:
    """Every item, strongly consistent. Plain boto3 on purpose: it shares no code with what it judges."""
    client = boto3.Session().client("dynamodb", region_name=region, endpoint_url=url)
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from page["Items"]


def scan_index(url: str, index: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every document, after a refresh."""
    http = urllib3.PoolManager(retries=False, timeout=60)
    base = url.rstrip("/")
    _ask(http, f"{base}/{index}/_refresh", {})
    page = _ask(http, f"{base}/{index}/_search?scroll=1m", {"size": 2000, "sort": ["_doc"]})
    while hits := page["hits"]["hits"]:
        yield from ((hit["_id"], hit["_source"]) for hit in hits)
        page = _ask(http, f"{base}/_search/scroll", {"scroll": "1m", "scroll_id": page["_scroll_id"]})


def _ask(http: urllib3.PoolManager, url: str, body: dict[str, Any]) -> Any:
    answer = http.request("POST", url, json=body if body else None)
    if answer.status != 200:
        raise RuntimeError(f"{url} answers {answer.status}")
    return json.loads(answer.data)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--dynamodb-url")
    parser.add_argument("--table", required=True)
    parser.add_argument("--search-url", required=True)
    parser.add_argument("--index", required=True)
    options = parser.parse_args()
    verdict = judge(
        expectation(initial(options.items, options.seed), options.ledger),
        scan_table(options.dynamodb_url, options.table),
        scan_index(options.search_url, options.index),
    )
    print(*verdict.examples, sep="\n", file=sys.stderr)
    print(verdict)
    return 0 if verdict.clean else 1


if __name__ == "__main__":
    sys.exit(main())
