"""Where entities lie in the table: the keys and names that both versions have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from court.entities import CASES, ENTRIES, NOTES, USERS, WORK_ITEMS, Entity, Ref

#: An item as boto3's serializer takes and gives it.
Item: TypeAlias = dict[str, Any]

_SORT_PREFIX = {CASES: "case", ENTRIES: "docket-entry", USERS: "user", WORK_ITEMS: "work-item", NOTES: "draft-note"}
_ENTITY_NAME = {CASES: "Case", ENTRIES: "DocketEntry", USERS: "User", WORK_ITEMS: "WorkItem", NOTES: "DraftNote"}
_ID_NAME = {ENTRIES: "docketEntryId", WORK_ITEMS: "workItemId", NOTES: "draftNoteId"}
#: What the layout adds to an entity's own fields.
ADDED = {"pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk", "entityName", "docketNumber", "userId", *_ID_NAME.values()}


@dataclass(frozen=True, slots=True)
class Part:
    """One of the items that an entity is stored as: where, what never changes, and what its fields become."""

    key: Item
    identity: Item
    attributes: Item

    @property
    def item(self) -> Item:
        return {**self.key, **self.identity, **self.attributes}


class Shape(Protocol):
    """How one version of the application stores entities; a module implements it."""

    @property
    def GONE(self) -> frozenset[str]:  # noqa: N802 (a module's constant)
        """The kinds of entity that this version no longer has."""
        ...

    def parts(self, ref: Ref, fields: Entity) -> list[Part]:
        """The items of an entity, always all of them; given only some fields, their attributes are only those."""
        ...

    def entity(self, ref: Ref, items: list[Item]) -> Entity:
        """The entity that `items` (those of its parts that exist) are stored for."""
        ...


def key_of(ref: Ref) -> Item:
    prefix = "user" if ref.kind == USERS else "case"
    return {"pk": f"{prefix}|{ref.owner}", "sk": f"{_SORT_PREFIX[ref.kind]}|{ref.id}"}


def identity_of(ref: Ref) -> Item:
    if ref.kind == USERS:
        return {"entityName": "User", "userId": ref.id}
    own = {_ID_NAME[ref.kind]: ref.id} if ref.kind in _ID_NAME else {}
    return {"entityName": _ENTITY_NAME[ref.kind], "docketNumber": ref.owner, **own}


def index_keys(ref: Ref, fields: Entity) -> Item:
    """The attributes of the secondary indexes that `fields` decide."""
    found: Item = {}
    if ref.kind == CASES and "status" in fields:
        found["gsi1pk"] = f"status|{fields['status']}"
    if ref.kind == WORK_ITEMS and "section" in fields:
        found["gsi1pk"] = f"section|{fields['section']}"
    if ref.kind == WORK_ITEMS and "assigneeId" in fields:
        found["gsi2pk"] = assignee_partition(fields["assigneeId"])
    if ref.kind in (CASES, WORK_ITEMS) and "createdAt" in fields:
        found["gsi1sk"] = fields["createdAt"]
    if ref.kind == USERS and "email" in fields:
        found |= {"gsi1pk": f"email|{fields['email']}", "gsi1sk": f"user|{ref.id}"}
    return found


def assignee_partition(user_id: str) -> str:
    return f"assignee|{user_id}"


def kept_fields(item: Item) -> Entity:
    """An item without what the layout added, its whole numbers as int."""
    whole = {"rev", "entryCount", "index"}
    return {name: int(v) if name in whole else v for name, v in item.items() if name not in ADDED}
