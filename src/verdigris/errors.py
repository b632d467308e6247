"""Every error that Verdigris raises on purpose.

    VerdigrisError                  exit code 1 unless said otherwise
    ├── UsageError                  2  a command, option or argument that makes no sense here
    ├── ConfigError                 2  verdigris.toml is missing or wrong; carries every fault at once
    ├── MigrationError                 a migration file that cannot be used
    │   └── ItemRefused                one item that a migration refused or turned into something unstorable
    ├── StoreError                     a table, stream, index or pointer refused or could not be reached
    │   ├── NotFound                   it is not there
    │   ├── AlreadyThere               it is there and must not be
    │   ├── AccessRefused              credentials or permissions
    │   ├── Unreachable                no answer (after retries)
    │   ├── Throttled                  too fast (after retries)
    │   ├── Invalid                    the request can never succeed as it is
    │   ├── Conflict                   a condition did not hold: somebody else was first
    │   └── HintsLost                  stream records expired before they were read
    ├── LeaseHeld                   4  another runner works on this environment
    ├── LeaseLost                   4  this runner was replaced and must stop
    ├── PhaseFailed                    a phase could not produce its evidence
    │   └── Unverified              5  differences between source and destination remain
    ├── LocalStackError                the embedded engines could not be installed, started or stopped
    └── Interrupted               130  Ctrl-C: stopped at a page boundary

Foreign exceptions are mapped to these at the edge (an adapter), by type or error code, never by text.
"""

from __future__ import annotations

from typing import ClassVar


class VerdigrisError(Exception):
    """The base of the tree; catch it to catch everything that Verdigris raises on purpose.

    `what` says what happened; `where` names the place (file, key, table, address); `state` what is left
    behind; `next_command` what to type next. All are shown to people, none holds a secret or an item's body.
    """

    exit_code: ClassVar[int] = 1
    #: A stable name for `--json` and the error reference.
    code: ClassVar[str] = "error"

    def __init__(self, what: str, *, where: str = "", state: str = "", next_command: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.state = state
        self.next_command = next_command

    def __str__(self) -> str:
        return f"{self.what} ({self.where})" if self.where else self.what


class UsageError(VerdigrisError):
    """A command, option or argument that makes no sense here."""

    exit_code = 2
    code = "usage"


class ConfigError(VerdigrisError):
    """verdigris.toml is missing or wrong. `faults` holds one line per fault, all of them at once."""

    exit_code = 2
    code = "config"

    def __init__(self, what: str, *, faults: tuple[str, ...] = (), where: str = "", next_command: str = "") -> None:
        super().__init__(what, where=where, next_command=next_command)
        self.faults = faults


class MigrationError(VerdigrisError):
    """A migration that cannot be used: it does not import, has the wrong arity, or changed after it ran."""

    code = "migration"


class ItemRefused(MigrationError):
    """A migration or `verify` refused one item, or returned something that DynamoDB cannot store.

    `migration` is the file, `[app] verify`, or what else of the user's refused it.
    """

    code = "item-refused"

    def __init__(self, what: str, *, migration: str = "", **rest: str) -> None:
        super().__init__(what, **rest)
        self.migration = migration


class StoreError(VerdigrisError):
    """A table, stream, index or pointer refused, or could not be reached."""

    code = "store"


class NotFound(StoreError):
    """It is not there."""

    code = "not-found"


class AlreadyThere(StoreError):
    """It is there already, and must not be."""

    code = "already-there"


class AccessRefused(StoreError):
    """Credentials are missing or wrong, or a permission is."""

    code = "access-refused"


class Unreachable(StoreError):
    """No answer, or only server errors, after every retry. What was sent may still take effect."""

    code = "unreachable"


class Throttled(StoreError):
    """The service kept asking to slow down, after every retry."""

    code = "throttled"


class Invalid(StoreError):
    """The service refused the request as invalid: repeating it cannot help.

    `key` is the key of the item that cannot be put, where it is one item's fault.
    """

    code = "invalid"
    key: tuple[str, ...] | None = None


class Conflict(StoreError):
    """A condition did not hold: somebody else was first."""

    code = "conflict"


class HintsLost(StoreError):
    """Stream records expired before they were read: only a verify of everything can say what changed."""

    code = "hints-lost"


class LeaseHeld(VerdigrisError):
    """Another runner works on this environment; the message says who, since when, on what."""

    exit_code = 4
    code = "lease-held"


class LeaseLost(VerdigrisError):
    """This runner's lease was taken over; it stops before it writes anything more."""

    exit_code = 4
    code = "lease-lost"


class PhaseFailed(VerdigrisError):
    """A phase could not produce its evidence."""

    code = "phase-failed"


class Unverified(PhaseFailed):
    """Source and destination differ, and the differences remain."""

    exit_code = 5
    code = "unverified"


class LocalStackError(VerdigrisError):
    """The embedded engines could not be installed, started or stopped."""

    code = "local-stack"


class Interrupted(VerdigrisError):
    """Ctrl-C: the work stopped at a page boundary; the same command goes on."""

    exit_code = 130
    code = "interrupted"
