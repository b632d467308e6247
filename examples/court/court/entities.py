"""The logical entities: what the API speaks and the ledger keeps, whatever shape the data has underneath."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

CASES, ENTRIES, USERS, WORK_ITEMS, NOTES = "cases", "docket-entries", "users", "work-items", "draft-notes"
KINDS = (CASES, ENTRIES, USERS, WORK_ITEMS, NOTES)

#: The fields of an entity as JSON; `rev` (int) grows with every write of the same entity, deletions included.
Entity: TypeAlias = dict[str, Any]


class Ref(NamedTuple):
    """Names one entity. What belongs to a case carries its docket number in its id: `101-26.e7`."""

    kind: str
    id: str

    @property
    def path(self) -> str:
        """The entity's address in the API, and its name in the ledger: `/cases/101-26`."""
        return f"/{self.kind}/{self.id}"

    @property
    def owner(self) -> str:
        """The docket number or user id that it belongs to: one worker of the traffic generator owns all of it."""
        return self.id.partition(".")[0]

    @classmethod
    def parse(cls, path: str) -> Ref:
        """The inverse of `path`."""
        _, kind, ident = path.split("/")
        return cls(kind, ident)
