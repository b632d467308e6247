"""The court's first data: seeded logical entities, loaded in version 1's shape.

    python -m court.generator --items 20000 --seed 1 --dynamodb-url URL --table NAME --search-url URL --index NAME

Credentials come from the environment, as everywhere in AWS. Loads a table that exists and has no stream yet.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import msgspec
import urllib3
from boto3.dynamodb.types import TypeSerializer
from v1 import shape as version_1
from v1.search.documents import case as document_1

from court.case_index import DocumentOf
from court.contents import contents
from court.entities import CASES, ENTRIES, NOTES, USERS, WORK_ITEMS, Entity, Ref
from court.layout import Item, Shape
from verdigris.core.model import KeySchema
from verdigris.stores.aws import Aws
from verdigris.stores.dynamodb_table import DynamoTable

KEY = KeySchema((("pk", "S"), ("sk", "S")))

#: Of 20 entities that belong to cases, how many are of which kind (users come before: one in 20 of all).
_MIX = [CASES] * 5 + [ENTRIES] * 9 + [WORK_ITEMS] * 4 + [NOTES] * 2
_INITIAL = {ENTRIES: "e", WORK_ITEMS: "w", NOTES: "n"}
_LOADERS = 4
_wire = TypeSerializer().serialize


def initial(items: int, seed: int) -> Iterator[tuple[Ref, Entity]]:
    """`items` entities, each at revision 1; the same ones for the same arguments. Every case comes before its own."""
    rng = Random(f"court/{seed}")
    users = [user_id(rng) for _ in range(max(1, items // 20))]
    for ident in users[:items]:
        yield _born(rng, Ref(USERS, ident), users)
    cases: list[str] = []
    for number in range(items - len(users)):
        kind = rng.choice(_MIX) if cases else CASES
        if kind == CASES:
            cases.append(f"{101 + len(cases)}-26")
            yield _born(rng, Ref(CASES, cases[-1]), users)
        else:
            yield _born(rng, Ref(kind, f"{rng.choice(cases)}.{_INITIAL[kind]}{number}"), users)


def user_id(rng: Random) -> str:
    """A new user's id, in the form of a UUID."""
    text = f"{rng.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def load(
    url: str | None,
    table: str,
    entities: Iterable[tuple[Ref, Entity]],
    *,
    region: str = "us-east-1",
    shape: Shape = version_1,
) -> int:
    """Writes the entities into an existing table; returns how many items they are. Raises StoreError."""
    target = DynamoTable(Aws(region, endpoint_url=url).json("dynamodb"), table, KEY)
    puts = [msgspec.json.encode(wire(part.item)) for ref, fields in entities for part in shape.parts(ref, fields)]
    with ThreadPoolExecutor(_LOADERS) as pool:
        list(pool.map(target.write, (puts[start : start + 500] for start in range(0, len(puts), 500))))
    return len(puts)


def load_index(
    url: str,
    index: str,
    entities: Iterable[tuple[Ref, Entity]],
    *,
    shape: Shape = version_1,
    document: DocumentOf = document_1,
) -> int:
    """Writes the entities' documents into an existing index and refreshes it; returns how many documents they are.

    Raises RuntimeError if the index refuses one of them.
    """
    http = urllib3.PoolManager(retries=False, timeout=60)
    documents = [
        made
        for ref, fields in entities
        for part in shape.parts(ref, fields)
        if (made := document(part.item)) is not None
    ]
    for start in range(0, len(documents), 2000):
        _bulk(http, f"{url.rstrip('/')}/{index}", documents[start : start + 2000])
    http.request("POST", f"{url.rstrip('/')}/{index}/_refresh")
    return len(documents)


def wire(item: Item) -> dict[str, Any]:
    """An item in DynamoDB's JSON."""
    return {name: _wire(value) for name, value in item.items()}


def _born(rng: Random, ref: Ref, users: list[str]) -> tuple[Ref, Entity]:
    return ref, contents(rng, ref, users) | {"rev": 1}


def _bulk(http: urllib3.PoolManager, index: str, documents: list[tuple[str, Item]]) -> None:
    lines = [line for ident, body in documents for line in ({"index": {"_id": ident}}, body)]
    body = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    headers = {"Content-Type": "application/x-ndjson"}
    answer = http.request("POST", f"{index}/_bulk?filter_path=errors", body=body, headers=headers)
    if answer.status != 200 or json.loads(answer.data)["errors"]:
        raise RuntimeError(f"the index {index} refused documents ({answer.status})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dynamodb-url")
    parser.add_argument("--table", required=True)
    parser.add_argument("--search-url", required=True)
    parser.add_argument("--index", required=True)
    options = parser.parse_args()
    entities = list(initial(options.items, options.seed))
    print(f"{load(options.dynamodb_url, options.table, entities)} items loaded into {options.table}")
    print(f"{load_index(options.search_url, options.index, entities)} documents loaded into {options.index}")


if __name__ == "__main__":
    main()
