"""What an application keeps of one thing, before and after the migrations: written by hand, not through them."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any, NamedTuple

#: Makes items as long as those of a real table, now and then.
_PAD = "." * 700
#: kind → the migration that changes such things; None: no migration does
KINDS = {
    "Case": "0001_cents.py",
    "Draft": "0002_no_drafts.py",
    "User": "0003_contact.py",
    "Place": "0004_slots.py",
    "Note": "0005_seen.py",
    "Other": None,
}
#: The migrations whose outcome follows from the thing alone: an application can keep the second shape without a read.
SIMPLE = frozenset({"0001_cents.py", "0002_no_drafts.py", "0003_contact.py"})
MIGRATIONS = frozenset(name for name in KINDS.values() if name)

Item = dict[str, Any]
ItemKey = tuple[str, str]


class Thing(NamedTuple):
    """`ref` is the slot that a Place takes, and the number that a Note is about."""

    kind: str
    n: int
    ref: int = 0


def first(number: int, thing: Thing) -> Item:
    pk, sk = own_key(number)
    item = {"pk": pk, "sk": sk, "entityName": thing.kind, "n": thing.n, "ref": thing.ref}
    return item | {"pad": _PAD} if number % 4 else item


def second(number: int, thing: Thing, things: Mapping[int, Thing], migrations: Set[str]) -> list[Item]:
    """After these migrations, where `things` is all there is."""
    item, (pk, sk) = first(number, thing), own_key(number)
    if KINDS[thing.kind] not in migrations:
        return [item]
    match thing.kind:
        case "Case":
            return [item | {"cents": thing.n * 100}]
        case "Draft":
            return []
        case "User":
            return [item, {"pk": pk, "sk": f"contact|{sk}", "n": thing.n, "entityName": "Contact"}]
        case "Place":
            return [{"pk": f"slot|{thing.ref}", "sk": "slot", "n": thing.n, "entityName": "Place"}]
    seen = things.get(thing.ref)
    return [item | {"seen": seen.n if seen else -1}]


def own_key(number: int) -> ItemKey:
    return f"case|{number}", f"case|{number}"


def key_of(item: Item) -> ItemKey:
    return item["pk"], item["sk"]


def encoded(item: Item) -> Item:
    """In DynamoDB's JSON."""
    return {name: {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in item.items()}
