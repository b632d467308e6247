"""The quarantine's rows in the deploy table: for each entry a head, and its payload in as many parts as it needs.

All rows of a deployment are in one partition: `head|UNIT` (`entry`: JSON, `parts`: how many) and `body|UNIT|NNN`.
Heads are small, so they can be listed often; each row stays below an item's 400 KB.
"""

from __future__ import annotations

from verdigris.core.quarantine import Entry, Payload, entry_from_row, entry_to_row, payload_from_bytes, payload_to_bytes
from verdigris.errors import NotFound
from verdigris.journal.base import Delete, Put
from verdigris.journal.journal import Journal

_QUARANTINE = "verdigris|quarantine|{deployment:06d}"
_PART = 350_000


class QuarantineRows:
    """The entries of one deployment. Writes carry the journal's fencing token and raise LeaseLost."""

    def __init__(self, journal: Journal, deployment: int) -> None:
        self._journal = journal
        self._pk = _QUARANTINE.format(deployment=deployment)
        #: unit → how many parts its payload has
        self._parts: dict[str, int] = {}

    def entries(self) -> list[Entry]:
        """Every entry, in order of its unit; none where there is no deploy table."""
        try:
            rows = self._journal.rows.query(self._pk, "head|")
        except NotFound:
            return []
        found = []
        for row in rows:
            value = row["entry"]
            assert isinstance(value, str | bytes)
            entry = entry_from_row(value)
            self._parts[entry.unit] = int(row["parts"])
            found.append(entry)
        return found

    def payload(self, entry: Entry) -> Payload:
        """What was refused, whole."""
        rows = self._journal.rows.query(self._pk, f"body|{entry.unit}|")
        data = b"".join(row["value"] for row in rows if isinstance(row["value"], bytes))
        return payload_from_bytes(data) if data else Payload()

    def put(self, entry: Entry, payload: Payload | None = None) -> None:
        """Writes the entry, in one transaction with its payload; None: the payload stays as it is."""
        unit = entry.unit
        before = self._parts.get(unit, 0)
        bodies: list[Put | Delete] = []
        parts = before
        if payload is not None:
            data = payload_to_bytes(payload)
            texts = [data[start : start + _PART] for start in range(0, len(data), _PART)]
            parts = len(texts)
            bodies = [
                Put({"pk": self._pk, "sk": self._body(unit, number), "value": text})
                for number, text in enumerate(texts)
            ]
            bodies += [Delete(self._pk, self._body(unit, number)) for number in range(parts, before)]
        head = Put({"pk": self._pk, "sk": f"head|{unit}", "entry": entry_to_row(entry), "parts": parts})
        self._journal.write(head, *bodies)
        self._parts[unit] = parts

    def remove(self, entry: Entry) -> None:
        """Removes it with its payload. Safe to repeat."""
        unit = entry.unit
        bodies = [Delete(self._pk, self._body(unit, number)) for number in range(self._parts.pop(unit, 0))]
        self._journal.write(Delete(self._pk, f"head|{unit}"), *bodies)

    @staticmethod
    def _body(unit: str, number: int) -> str:
        return f"body|{unit}|{number:03d}"
