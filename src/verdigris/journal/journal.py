"""The journal of one environment: everything that is written carries the writer's fencing token, or is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

import msgspec

from verdigris.core import flags as names
from verdigris.core.damage import understood
from verdigris.core.flags import Applied, Flags
from verdigris.core.machine import IllegalEvent
from verdigris.core.records import Body, Flipped, OtherVersion, Record, from_json, to_json
from verdigris.core.snapshot import Snapshot, fold
from verdigris.errors import Conflict, LeaseLost, NotFound, StoreError
from verdigris.journal.base import ABSENT, JOURNAL, MIGRATION, Check, Delete, Put, Row, Rows, Value, flag_row
from verdigris.journal.flags import read_flags
from verdigris.journal.leases import Holder as Holder
from verdigris.journal.leases import Lease as Lease

_CHECKPOINT = "verdigris|checkpoint|{deployment:06d}"
_LEASE = "verdigris|lease"


class Journal:
    """Flags, lease, records and checkpoints of one environment, over a `Rows`.

    Writes need `token`, set by `acquire`. They raise LeaseLost if another runner has taken over since.
    `now` gives ISO 8601 UTC text.
    """

    def __init__(self, rows: Rows, now: Callable[[], str]) -> None:
        self.rows = rows
        self._now = now
        self._token = 0
        self._holder = ""

    # ── flags ────────────────────────────────────────────────────────────────────────────────────────────────────

    def exists(self) -> bool:
        return self.rows.exists()

    def create(self) -> None:
        self.rows.create()

    def flags(self) -> Flags:
        """The flags; none of them where there is no deploy table. Raises StoreError for a value that makes no sense."""
        try:
            return read_flags(self.rows)
        except NotFound:
            return Flags()

    def set_flags(self, values: Mapping[str, Value]) -> None:
        self.write(*[Put(flag_row(name, value)) for name, value in values.items()])

    # ── applied migrations ───────────────────────────────────────────────────────────────────────────────────────

    def applied(self) -> list[Applied]:
        """The migrations that the data has been through, in order of their names."""
        try:
            rows = self.rows.scan(MIGRATION)
        except NotFound:
            return []
        return [
            Applied(
                str(row["pk"]).removeprefix(MIGRATION),
                str(row.get("createdAt", "")),
                str(row["checksum"]) if "checksum" in row else None,
            )
            for row in rows
            if row["pk"] == row["sk"]
        ]

    def record_applied(self, checksums: Mapping[str, str | None]) -> None:
        """Records migrations (file name → checksum) as applied; those recorded already keep their date.

        None: another tool's, whose file is not looked at.
        """
        known = {migration.name: migration.created_at for migration in self.applied()}
        for name, checksum in checksums.items():
            key = MIGRATION + name
            created = known.get(name) or self._now()
            row: Row = {"pk": key, "sk": key, "createdAt": created}
            self.write(Put(row | ({"checksum": checksum} if checksum else {})))

    def forget_applied(self, migrations: Iterable[str]) -> None:
        """Removes the records of these migrations."""
        for name in migrations:
            self.write(Delete(MIGRATION + name, MIGRATION + name))

    # ── lease ────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def token(self) -> int:
        return self._token

    def lease(self) -> Lease | None:
        """The lease as it stands; None if there never was one."""
        try:
            row = self.rows.get(_LEASE, _LEASE)
        except NotFound:
            return None
        if row is None:
            return None
        with understood(self.rows.name, _LEASE, "remove that row if no runner works here, then run the command again"):
            text = str(row["holder"])
            return Lease(
                token=int(row["token"]),
                beat=int(row["beat"]),
                length_s=float(str(row["length_s"])),
                renewed_at=str(row["renewed_at"]),
                holder=msgspec.json.decode(text, type=Holder) if text else None,
                late_until_s=float(str(row.get("late_until_s", "0"))),
            )

    def acquire(self, holder: Holder, length_s: float, seen: Lease | None) -> None:
        """Takes the lease with the next fencing token, if it still stands as `seen`. Raises Conflict if not."""
        token = (seen.token if seen else self._last_token()) + 1
        expect = {"token": seen.token, "beat": seen.beat} if seen else ABSENT
        self.rows.write(Put(self._lease_row(token, 0, length_s, holder), expect))
        self._token, self._holder = token, holder.id

    def _last_token(self) -> int:
        """Where the lease's row is gone: a token that was given once must not be given again."""
        row = self.rows.last(JOURNAL)
        return self._record(row).token if row else 0

    def renew(self, holder: Holder, length_s: float, beat: int) -> None:
        """Raises LeaseLost if another runner has it."""
        row = self._lease_row(self._token, beat, length_s, holder)
        try:
            self.rows.write(Put(row, {"token": self._token, "holder_id": self._holder}))
        except Conflict as error:
            raise self._lost() from error

    def release(self, late_until_s: float = 0.0) -> None:
        """Gives the lease back; the token stays counted. Does nothing if another runner has it by now.

        `late_until_s`: until then what this runner sent may still land.
        """
        row = self._lease_row(self._token, 0, 0, None) | {"late_until_s": str(late_until_s)}
        with suppress(Conflict):
            self.rows.write(Put(row, {"token": self._token, "holder_id": self._holder}))
        self._holder = ""

    def break_lease(self, seen: Lease, late_until_s: float) -> None:
        """Frees somebody else's lease as `seen`: its holder's next write is refused. Raises Conflict if it moved on."""
        row = self._lease_row(seen.token + 1, 0, 0, None) | {"late_until_s": str(late_until_s)}
        self.rows.write(Put(row, {"token": seen.token}))

    def _lease_row(self, token: int, beat: int, length_s: float, holder: Holder | None) -> Row:
        return {
            "pk": _LEASE,
            "sk": _LEASE,
            "token": token,
            "beat": beat,
            "length_s": str(length_s),
            "renewed_at": self._now(),
            "holder": msgspec.json.encode(holder).decode() if holder else "",
            "holder_id": holder.id if holder else "",
        }

    def _lost(self) -> LeaseLost:
        lease = self.lease()
        who = f"{lease.holder.who} (pid {lease.holder.pid})" if lease and lease.holder else "somebody (it was unlocked)"
        return LeaseLost(
            f"this runner's lease was taken over by {who}",
            where=self.rows.name,
            state="this runner stopped before it wrote anything more",
            next_command="verdigris status ENV",
        )

    # ── records ──────────────────────────────────────────────────────────────────────────────────────────────────

    def deployments(self) -> int:
        """How many deployments the journal knows; the last one's number."""
        try:
            row = self.rows.last(JOURNAL)
        except NotFound:
            return 0
        return int(str(row["sk"]).split("|")[0]) if row else 0

    def records(self, deployment: int | None = None) -> list[Record]:
        """The records of one deployment, or of all, in order. Raises StoreError for those of a newer Verdigris."""
        try:
            rows = self.rows.query(JOURNAL, f"{deployment:06d}|" if deployment else "")
        except NotFound:
            return []
        return [self._record(row) for row in rows]

    def folded(self, history: list[Record]) -> Snapshot:
        """The records of one deployment as a snapshot. Raises StoreError where some were removed or exchanged."""
        with understood(self.rows.name, f"{JOURNAL} {history[0].deployment:06d}|…" if history else JOURNAL):
            try:
                return fold(history)
            except IllegalEvent as error:
                raise ValueError(f"one record cannot follow on the other: {error}") from error

    def _record(self, row: Row) -> Record:
        with understood(self.rows.name, f"{JOURNAL} {row['sk']!s}"):
            try:
                return from_json(str(row["record"]))
            except OtherVersion as error:
                raise StoreError(
                    str(error),
                    where=f"{self.rows.name}, record {row['sk']!s}",
                    state="nothing was changed",
                    next_command="upgrade Verdigris here, then run the command again",
                ) from error

    def append(self, deployment: int, seq: int, body: Body) -> Record:
        """Appends one record. Raises LeaseLost."""
        record = Record(deployment, seq, self._now(), self._token, body)
        self.write(self._put(record))
        return record

    def flip(self, deployment: int, seq: int, body: Flipped) -> Record:
        """Compares and sets the live color, in one transaction with its record. Raises Conflict, LeaseLost."""
        record = Record(deployment, seq, self._now(), self._token, body)
        row = flag_row(names.CURRENT_COLOR, body.after.value)
        expect = {"current": body.before.value} if body.before else ABSENT
        self.write(Put(row, expect), self._put(record))
        return record

    def _put(self, record: Record) -> Put:
        return Put(
            {
                "pk": JOURNAL,
                "sk": f"{record.deployment:06d}|{record.seq:06d}",
                "record": to_json(record),
            },
            ABSENT,
        )

    # ── checkpoints ──────────────────────────────────────────────────────────────────────────────────────────────

    def checkpoint(self, deployment: int, unit: str) -> bytes | None:
        """What was last saved for a unit of work, or None."""
        row = self.rows.get(_CHECKPOINT.format(deployment=deployment), unit)
        return bytes(row["value"]) if row and isinstance(row["value"], bytes) else None

    def checkpoints(self, deployment: int, prefix: str = "") -> dict[str, bytes]:
        try:
            rows = self.rows.query(_CHECKPOINT.format(deployment=deployment), prefix)
        except NotFound:
            return {}
        return {str(row["sk"]): row["value"] for row in rows if isinstance(row["value"], bytes)}

    def save(self, deployment: int, unit: str, value: bytes) -> None:
        """Overwrites a unit's checkpoint (at most 350 KB). Raises LeaseLost."""
        self.write(Put({"pk": _CHECKPOINT.format(deployment=deployment), "sk": unit, "value": value}))

    def forget(self, deployment: int, units: Iterable[str]) -> None:
        pk = _CHECKPOINT.format(deployment=deployment)
        for unit in units:
            self.write(Delete(pk, unit))

    def write(self, *operations: Put | Delete) -> None:
        """All of them or none, under the fencing token. Raises LeaseLost."""
        if not self._holder:  # given back, or never taken: then the row says so too, and would let the write pass
            raise self._lost()
        fence = Check(_LEASE, _LEASE, {"token": self._token, "holder_id": self._holder})
        try:
            self.rows.write(fence, *operations)
        except Conflict as error:
            lease = self.lease()
            if lease is None or lease.token != self._token or not self._holder:
                raise self._lost() from error
            raise
