"""`migrations new NAME`: the next file, ready to be filled in."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from verdigris.errors import UsageError
from verdigris.migrations.discovery import discover

_TEMPLATE = '''"""{title}."""
# from decimal import Decimal

# What it touches; all else passes through untouched. Without this line: every item.
# selects = {{"entityName": "Fee"}}


def up(item):
    """Returns the item as it is to be, a list of items, or None to drop it. Numbers are Decimal, never float."""
    return item


# def down(item, old):
#     """Makes a rollback lossless: the way back, where `old` is what `up` was given (None if it was born later)."""
#     return item


# def verify(item):
#     """Raises, and the item is refused with the reason."""
#     assert item["amountCents"] >= 0, "a fee is never negative"
'''


def new_migration(folder: Path, name: str) -> Path:
    """Writes the next migration and returns its path. Makes the folder if there is none; overwrites nothing.

    `name` may be words: `Amount in cents` becomes `0002_amount_in_cents.py`. Raises UsageError for a name without a
    letter or digit, and when the numbers are used up.
    """
    folder.mkdir(parents=True, exist_ok=True)
    number = max((file.number for file in discover(folder).files), default=0) + 1
    path = folder / file_name(number, name)
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text(name))
    return path


def file_name(number: int, name: str) -> str:
    """`0002_amount_in_cents.py` for 2 and `Amount in cents`. Raises UsageError."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "_", plain.removesuffix(".py")).strip("_")
    if not slug:
        raise UsageError(
            f"{name!r} has no letter or digit to name a file by",
            next_command="verdigris migrations new amount_in_cents",
        )
    if number > 9999:
        raise UsageError("all four-digit numbers are used; remove migrations that every environment has applied")
    return f"{number:04}_{slug}.py"


def text(name: str) -> str:
    """The text of a new migration: it changes nothing yet."""
    title = re.sub(r"[\s_-]+", " ", name.removesuffix(".py")).strip().rstrip(".").replace("\\", "").replace('"', "'")
    return _TEMPLATE.format(title=title[:1].upper() + title[1:])
