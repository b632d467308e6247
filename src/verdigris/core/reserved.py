"""The keys that are reserved for beacons: a family, since nobody can say to which shard the changes of a key go."""

from __future__ import annotations

import re
from binascii import Error, a2b_base64, b2a_base64
from dataclasses import dataclass
from functools import cached_property

from verdigris.core.model import Key, KeySchema
from verdigris.core.selection import is_plain

#: Whole numbers that leave room for a fraction within DynamoDB's 38 digits.
NUMBER = re.compile(r"0|-?[1-9][0-9]{0,27}")
_DIGITS = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Reserved:
    """The keys number 0, 1, 2, … that belong to one configured value.

    Number 0 is the value itself, in every key attribute. The others differ from it in the partition key: `value|17`
    where that is text or binary; where it is a number, a fraction of the value (`7.171` is number 17 of `7`), because
    whole numbers beside it may be somebody's.
    """

    schema: KeySchema
    value: str

    @property
    def fits(self) -> bool:
        """Whether the value can stand in every key attribute: in those that are numbers, only a whole number can."""
        return bool(NUMBER.fullmatch(self.value)) or all(kind != "N" for _, kind in self.schema.attributes)

    def key(self, number: int) -> Key:
        parts = [self._text(self.value, kind) for _, kind in self.schema.attributes]
        if number:
            kind = self._kind
            parts[0] = self._text(f"{self.value}.{number}1" if kind == "N" else f"{self.value}|{number}", kind)
        return tuple(parts)

    def number(self, key: Key) -> int | None:
        """Which of them `key` is; None if it is somebody else's."""
        if not key[0].startswith(self._prefix):
            return None
        text = self._plain(key[0])
        digits = text[len(self.value) + 1 :]
        if self._kind == "N":
            digits = digits[:-1]
        number = int(digits) if _DIGITS.fullmatch(digits) else 0
        return number if key == self.key(number) else None

    def __contains__(self, key: object) -> bool:
        return isinstance(key, tuple) and self.number(key) is not None

    @property
    def needles(self) -> tuple[bytes, ...]:
        """One of these stands in the JSON of each reserved item, unless it is spelled with escapes; () if none must."""
        return (f'"{self.value}'.encode(),) if self._kind == "S" and is_plain(self.value) else ()

    @property
    def _kind(self) -> str:
        return self.schema.attributes[0][1]

    @cached_property
    def _prefix(self) -> str:
        """How each of their partition keys begins, as a key spells it."""
        text = self._text(self.value, self._kind)
        return text[: len(self.value.encode()) // 3 * 4] if self._kind == "B" else text

    def _text(self, value: str, kind: str) -> str:
        return b2a_base64(value.encode(), newline=False).decode() if kind == "B" else value

    def _plain(self, text: str) -> str:
        if self._kind != "B":
            return text
        try:
            return a2b_base64(text).decode()
        except (Error, UnicodeDecodeError):
            return ""
