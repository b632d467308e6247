"""What an application keeps of one entity, before and after the migrations: written by hand, not through them."""

from __future__ import annotations

from typing import Any

#: Makes pages of 1 MB out of a few hundred items.
PAD = "." * 3000
KINDS = ("Case", "User", "Draft", "Other")


def first(number: int, entity: str, n: int) -> list[dict[str, Any]]:
    key = f"case|{number}"
    return [{"pk": key, "sk": key, "entityName": entity, "n": n, "pad": PAD if number % 4 else ""}]


def second(number: int, entity: str, n: int) -> list[dict[str, Any]]:
    (item,) = first(number, entity, n)
    match entity:
        case "Case":
            return [item | {"cents": n * 100}]
        case "User":
            contact = {"pk": item["pk"], "sk": f"contact|{item['sk']}", "n": n, "entityName": "Contact"}
            return [item, contact]
        case "Draft":
            return []
    return [item]


def keys(number: int) -> list[tuple[str, str]]:
    """Every key that the entity may use in either shape."""
    return [(f"case|{number}", f"case|{number}"), (f"case|{number}", f"contact|case|{number}")]


def encoded(item: dict[str, Any]) -> dict[str, Any]:
    """In DynamoDB's JSON."""
    return {name: {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in item.items()}
