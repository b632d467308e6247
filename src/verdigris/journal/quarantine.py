"""The quarantine's rows in the deploy table: for each entry a head, and its payload in as many parts as it needs.

All rows of a deployment are in one partition: `head|UNIT` (`entry`: JSON, `parts`: how many), `body|UNIT|NNN`, and
`heads`, which counts them. Heads are small, so they can be listed often; each row stays below an item's 400 KB.
"""

from __future__ import annotations

from verdigris.core.damage import FROM_BACKUP, damaged, understood
from verdigris.core.quarantine import Entry, Payload, entry_from_row, entry_to_row, payload_from_bytes, payload_to_bytes
from verdigris.errors import NotFound
from verdigris.journal.base import Delete, Put, Row
from verdigris.journal.journal import Journal

_QUARANTINE = "verdigris|quarantine|{deployment:06d}"
_COUNT = "heads"
_PART = 350_000
#: A query is no transaction: who only looks may see a count that is older than the heads.
_LOOKS = 3


class QuarantineRows:
    """The entries of one deployment. Writes carry the journal's fencing token and raise LeaseLost."""

    def __init__(self, journal: Journal, deployment: int) -> None:
        self._journal = journal
        self._pk = _QUARANTINE.format(deployment=deployment)
        #: unit → how many parts its payload has
        self._parts: dict[str, int] = {}

    def entries(self) -> list[Entry]:
        """Every entry, in order of its unit; none where there is no deploy table. Raises StoreError for rows that were
        changed or removed by hand: an item that nobody remembers would be lost."""
        for _ in range(_LOOKS):
            rows = self._heads()
            with understood(self._journal.rows.name, f"{self._pk} {_COUNT}"):
                count = int(rows.pop(_COUNT, {"entries": 0})["entries"])
            if count <= len(rows):  # more are no harm: what is gone would be forgotten
                break
        else:
            raise damaged(
                self._journal.rows.name,
                f"{self._pk} head|…",
                f"{count} things are in quarantine, and {len(rows)} are there",
                FROM_BACKUP,
            )
        return [self._entry(row) for row in rows.values()]

    def _heads(self) -> dict[str, Row]:
        try:
            return {str(row["sk"]): row for row in self._journal.rows.query(self._pk, "head")}
        except NotFound:
            return {}

    def _entry(self, row: Row) -> Entry:
        with understood(self._journal.rows.name, f"{self._pk} {row['sk']!s}"):
            value = row["entry"]
            entry = entry_from_row(value if isinstance(value, str | bytes) else str(value))
            self._parts[entry.unit] = int(row["parts"])
        return entry

    def payload(self, entry: Entry) -> Payload:
        """What was refused, whole."""
        rows = self._journal.rows.query(self._pk, f"body|{entry.unit}|")
        data = b"".join(row["value"] for row in rows if isinstance(row["value"], bytes))
        with understood(self._journal.rows.name, f"{self._pk} body|{entry.unit}"):
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
        self._journal.write(head, self._counted(len(self._parts.keys() | {unit})), *bodies)
        self._parts[unit] = parts

    def remove(self, entry: Entry) -> None:
        """Removes it with its payload. Safe to repeat."""
        unit = entry.unit
        bodies = [Delete(self._pk, self._body(unit, number)) for number in range(self._parts.get(unit, 0))]
        left = len(self._parts.keys() - {unit})
        self._journal.write(Delete(self._pk, f"head|{unit}"), self._counted(left), *bodies)
        self._parts.pop(unit, None)  # after the write: one that failed is to be tried again, whole

    def _counted(self, entries: int) -> Put | Delete:
        if not entries:
            return Delete(self._pk, _COUNT)
        return Put({"pk": self._pk, "sk": _COUNT, "entries": entries})

    @staticmethod
    def _body(unit: str, number: int) -> str:
        return f"body|{unit}|{number:03d}"
