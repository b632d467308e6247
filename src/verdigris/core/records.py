"""The records of the journal: what was decided, intended, done, or went wrong. Versioned, and never rewritten.

A record is one JSON document (`to_json`, `from_json`). `v` is raised when readers of the old form would misread it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeAlias

import msgspec

from verdigris.core.machine import Event
from verdigris.core.model import Color, Phase
from verdigris.core.planning import PendingMigration, Plan

#: Counts, names and times that prove a phase; no item bodies, no secrets.
Evidence: TypeAlias = dict[str, Any]

VERSION = 1

#: Steps that others than their phase look for. After these the flags are as the deployment needs them; as its end
#: leaves them; and the data has been through the plan's migrations for good.
SET_FLAGS = "set-flags"
SETTLE_FLAGS = "settle-flags"
RECORD_MIGRATIONS = "record-migrations"

#: Who asks for a rollback when an alarm fires.
BAKE_SAYS = "bake"


class Started(msgspec.Struct, frozen=True, tag="started"):
    """A deployment began with this plan."""

    plan: Plan


class PhaseBegan(msgspec.Struct, frozen=True, tag="began"):
    """A runner took up a phase, or took it up again."""

    phase: Phase


class Intent(msgspec.Struct, frozen=True, tag="intent"):
    """An effect is about to be made. Without its `Outcome` it may or may not have taken place."""

    phase: Phase
    step: str


class Outcome(msgspec.Struct, frozen=True, tag="outcome"):
    """The effect of a step took place."""

    phase: Phase
    step: str
    evidence: Evidence


class PhaseDone(msgspec.Struct, frozen=True, tag="done"):
    """A phase is done: this is its evidence."""

    phase: Phase
    evidence: Evidence


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """A phase stopped with an error. The deployment stays where it is; the same command tries again."""

    phase: Phase
    code: str
    what: str
    where: str = ""
    state: str = ""
    next_command: str = ""


class Said(msgspec.Struct, frozen=True, tag="said"):
    """A person, or CI, answered the gate or asked for a rollback, an abort or the end."""

    event: Event
    who: str
    comment: str = ""
    #: what the answer is about: at a gate the plan with its evidence, else the plan
    digest: str = ""
    #: the id of the gate that it answers
    gate: str = ""


class OnExpiry(StrEnum):
    """What becomes of a gate that nobody has answered in time."""

    #: the deployment undoes what it made
    BACK = "back"
    #: it is asked again
    STAY = "stay"


class Gate(msgspec.Struct, frozen=True, tag="gate"):
    """A deployment waits for an answer before this phase. `digest`: what is to be answered, the plan with its evidence.

    `expires_at` (ISO 8601, UTC) is "" where it never expires.
    """

    id: str
    before: Phase
    digest: str
    expires_at: str = ""
    on_expiry: OnExpiry = OnExpiry.STAY


class Flipped(msgspec.Struct, frozen=True, tag="flipped"):
    """The live color changed, in one transaction with this record."""

    before: Color | None
    after: Color


class Mended(msgspec.Struct, frozen=True, tag="mended"):
    """The migrations were mended: from here on these checksums are the plan's, and the proofs are to be given again."""

    who: str
    migrations: tuple[PendingMigration, ...]
    #: alias → the checksum of the code that makes its index's documents now, as in `Recipe`
    documents: dict[str, str] = {}


class Lost(msgspec.Struct, frozen=True, tag="lost"):
    """The stream dropped changes, made after `since_s` (seconds since the epoch), that nobody had read: from here on a
    later mark holds, and the proofs are to be given again."""

    since_s: float


class Undone(msgspec.Struct, frozen=True, tag="undone"):
    """What a phase made was removed again."""

    phase: Phase


class Closed(msgspec.Struct, frozen=True, tag="closed"):
    """Everything that an aborted deployment had made is gone."""


Body: TypeAlias = (
    Started
    | PhaseBegan
    | Intent
    | Outcome
    | PhaseDone
    | Failed
    | Gate
    | Said
    | Flipped
    | Mended
    | Lost
    | Undone
    | Closed
)


class Record(msgspec.Struct, frozen=True):
    """One record: `seq` counts from 1 within a deployment, `deployment` from 1 within an environment.

    `at` is the writer's clock (ISO 8601, UTC); `token` the fencing token under which it was written.
    """

    deployment: int
    seq: int
    at: str
    token: int
    body: Body
    v: int = VERSION


class OtherVersion(ValueError):
    """A record that another version of Verdigris wrote."""


class _Versioned(msgspec.Struct):
    v: int | None = None


_decoder = msgspec.json.Decoder(Record)
_version_decoder = msgspec.json.Decoder(_Versioned)


def to_json(record: Record) -> str:
    return msgspec.json.encode(record).decode()


def from_json(text: str | bytes) -> Record:
    """Raises OtherVersion for a record of a newer version, ValueError for what is no record."""
    version = _version_decoder.decode(text).v
    if version is None:
        raise ValueError("it is no record of the journal")
    if version != VERSION:
        raise OtherVersion(f"a journal record of version {version}; this Verdigris reads version {VERSION}")
    return _decoder.decode(text)
