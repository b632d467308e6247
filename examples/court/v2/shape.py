"""Version 2's shape of the data: fees in cents, no draft notes, a user's contact data in an item of its own."""

from __future__ import annotations

from decimal import Decimal

from court.entities import NOTES, USERS, Entity, Ref
from court.layout import Item, Part, identity_of, index_keys, kept_fields, key_of

GONE = frozenset({NOTES})
_CONTACT = {"email", "phone", "address", "gsi1pk", "gsi1sk"}


def parts(ref: Ref, fields: Entity) -> list[Part]:
    if ref.kind in GONE:
        return []
    attributes = fields | index_keys(ref, fields)
    if "fee" in fields:
        attributes["feeCents"] = int(Decimal(attributes.pop("fee")) * 100)
    if ref.kind == "cases" and "status" in fields:
        attributes["caseStatus"] = attributes.pop("status")
    if ref.kind != USERS:
        return [Part(key_of(ref), identity_of(ref), attributes)]
    contact = {name: value for name, value in attributes.items() if name in _CONTACT or name == "rev"}
    user = {name: value for name, value in attributes.items() if name not in _CONTACT}
    return [
        Part(key_of(ref), identity_of(ref), user),
        Part(contact_key(ref.id), {"entityName": "UserContact", "userId": ref.id}, contact),
    ]


def contact_key(user_id: str) -> Item:
    return {"pk": f"user|{user_id}", "sk": f"contact|{user_id}"}


def entity(ref: Ref, items: list[Item]) -> Entity:
    fields: Entity = {}
    for item in items:
        fields |= kept_fields(item)
    if "feeCents" in fields:
        dollars, cents = divmod(int(fields.pop("feeCents")), 100)
        fields["fee"] = f"{dollars}.{cents:02d}"
    if "caseStatus" in fields:
        fields["status"] = fields.pop("caseStatus")
    return fields
