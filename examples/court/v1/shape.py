"""Version 1's shape of the data: one item for each entity, fees in dollars."""

from __future__ import annotations

from decimal import Decimal

from court.entities import Entity, Ref
from court.layout import Item, Part, identity_of, index_keys, kept_fields, key_of

GONE: frozenset[str] = frozenset()


def parts(ref: Ref, fields: Entity) -> list[Part]:
    attributes = fields | index_keys(ref, fields)
    if "fee" in fields:
        attributes["fee"] = Decimal(fields["fee"])
    return [Part(key_of(ref), identity_of(ref), attributes)]


def entity(ref: Ref, items: list[Item]) -> Entity:
    fields = kept_fields(items[0])
    if "fee" in fields:
        fields["fee"] = f"{fields['fee']:.2f}"
    return fields
