"""The items of the benchmark: 12 attributes, 33 typed values, about 1.2 KB as DynamoDB's JSON."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from verdigris.core.model import KeySchema, RawItem

KEY = KeySchema((("pk", "S"), ("sk", "S")))


def item(number: int) -> RawItem:
    case = f"{number % 9973:05d}-{number % 26:02d}"
    fields: dict[str, Any] = {
        "pk": {"S": f"case|{case}|{number:08d}"},
        "sk": {"S": f"docket-entry|{number % 7:04d}"},
        "gsi1pk": {"S": f"user|{number % 97:06d}"},
        "entityName": {"S": "DocketEntry"},
        "title": {"S": f"Motion for continuance of hearing {number}, filed by the petitioner's counsel of record"},
        "body": {"S": f"The petitioner respectfully moves this honorable court in case {case}. " * 3},
        "createdAt": {"S": f"2026-11-{number % 28 + 1:02d}T17:00:00.000Z"},
        "amount": {"N": f"{number % 10_000}.75"},
        "sealed": {"BOOL": number % 2 == 0},
        "tags": {"SS": ["continuance", "hearing", "motion", "petitioner", "sealed"]},
        "address": {
            "M": {
                "street": {"S": "400 Second Street NW"},
                "city": {"S": "Washington"},
                "zip": {"S": "20217"},
                "geo": {"M": {"lat": {"N": "38.895"}, "lon": {"N": "-77.0145"}}},
            }
        },
        "parties": {
            "L": [
                {
                    "M": {
                        "name": {"S": f"Party number {place} of {case}"},
                        "role": {"S": "petitioner"},
                        "email": {"S": f"party{place}@example.com"},
                        "share": {"N": str(place)},
                    }
                }
                for place in range(3)
            ]
        },
    }
    return json.dumps(fields, separators=(",", ":")).encode()


def small_item(number: int) -> RawItem:
    """About 150 bytes."""
    fields = {
        "pk": {"S": f"case|{number:08d}"},
        "sk": {"S": "fee"},
        "entityName": {"S": "Fee"},
        "amount": {"N": f"{number % 10_000}.75"},
        "paid": {"BOOL": number % 2 == 0},
    }
    return json.dumps(fields, separators=(",", ":")).encode()


def migrate(fields: dict[str, Any]) -> dict[str, Any]:
    """The migration of the benchmark, on native values: three attributes change."""
    fields["amountCents"] = int(fields.pop("amount") * 100)
    fields["title"] = fields["title"].upper()
    fields["parties"][0]["share"] = Decimal("0.5")
    return fields
