"""The tables of the world: their names and shapes."""

from __future__ import annotations

from dataclasses import replace

from verdigris.core.reserved import Reserved
from verdigris.stores.base import TableShape
from verdigris.stores.table_shape import shape_with_key
from verdigris.testing.simulation.migrations import REKEYED

SOURCE, DESTINATION, DEPLOY = "app-dev-alpha", "app-dev-beta", "app-dev-deploy"
SHAPE = TableShape(
    create={
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
)
RESERVED = Reserved(SHAPE.key, "verdigris|beacon")


def destination_shape(migration: str) -> TableShape:
    """Of the table that a migration is to fill."""
    made = shape_with_key(REKEYED[migration]) if migration in REKEYED else SHAPE
    return replace(made, ttl_attribute="exp")
