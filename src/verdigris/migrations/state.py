"""The folder compared with what is recorded as applied. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from verdigris.core.flags import Applied


@dataclass(frozen=True, slots=True)
class Comparison:
    """Where each migration stands; names are file names, in order.

    `changed`: applied with another checksum than the file has now. `missing`: applied, recorded with a checksum, and
    the file is gone. A record without a checksum was made by another tool: it is applied, whether or not there is a
    file of that name. `forgotten`: a deployment applied it by the journal, and there is no record of that any more; it
    is pending, and must not run again. `faults` says what is wrong with all of these; `notes` what is no error.
    """

    pending: tuple[str, ...]
    applied: tuple[str, ...]
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    forgotten: tuple[str, ...]
    faults: tuple[str, ...]
    notes: tuple[str, ...]


def compare(
    checksums: Mapping[str, str], applied: Sequence[Applied], deployed: Mapping[str, int] | None = None
) -> Comparison:
    """`checksums`: file name → checksum of every migration in the folder; `deployed`: file name → the deployment that
    applied it, by the journal."""
    records = {record.name: record for record in applied}
    pending = tuple(sorted(name for name in checksums if name not in records))
    changed = [records[name] for name in sorted(records) if _has_changed(records[name], checksums)]
    missing = [records[name] for name in sorted(records) if records[name].checksum and name not in checksums]
    forgotten = {name: (deployed or {})[name] for name in pending if name in (deployed or {})}
    return Comparison(
        pending=pending,
        applied=tuple(sorted(records)),
        changed=tuple(record.name for record in changed),
        missing=tuple(record.name for record in missing),
        forgotten=tuple(forgotten),
        faults=(
            *(_changed_fault(record, checksums[record.name]) for record in changed),
            *(_missing_fault(record) for record in missing),
            *(_forgotten_fault(name, deployment) for name, deployment in forgotten.items()),
        ),
        notes=tuple(_late_notes(pending, sorted(set(records) & set(checksums)))),
    )


def _has_changed(record: Applied, checksums: Mapping[str, str]) -> bool:
    now = checksums.get(record.name)
    return bool(record.checksum) and now is not None and now != record.checksum


def _changed_fault(record: Applied, now: str) -> str:
    return (
        f"{record.name} (or a module that it imports) has changed since it was applied at {record.created_at}: its "
        f"checksum was {(record.checksum or '')[:12]}… and is {now[:12]}…; put it back as it was, or, if the data is "
        "right, accept it with `verdigris migrations repair`"
    )


def _missing_fault(record: Applied) -> str:
    return (
        f"{record.name} was applied at {record.created_at} and its file is gone; put it back, or, if that is meant, "
        "forget it with `verdigris migrations repair`"
    )


def _forgotten_fault(name: str, deployment: int) -> str:
    return (
        f"{name} was applied by deployment {deployment}, and the deploy table's record of it is gone; it would run on "
        "data that has been through it: write the record again with `verdigris migrations repair`, or, if the data is "
        "from before it, give the file another name"
    )


def _late_notes(pending: Sequence[str], known: Sequence[str]) -> list[str]:
    last = known[-1] if known else ""
    return [
        f"{name} is pending though {last}, which comes after it, was applied already: it runs now, on data that "
        f"has been through {last}"
        for name in pending
        if name < last
    ]
