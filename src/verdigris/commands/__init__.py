"""One function a verb: what the command line, the dashboard and users of the library call.

Each takes a `Config` and an environment's name, returns data, raises `verdigris.errors`, and prints nothing.
"""

from __future__ import annotations

from verdigris.commands.adopting import adopt
from verdigris.commands.cleaning import clean
from verdigris.commands.deploying import abort, approve, count_left_behind, deploy, finalize, plan, reject, rollback
from verdigris.commands.examining import doctor
from verdigris.commands.linting import lint_migrations
from verdigris.commands.looking import history, status, unlock, watch, why
from verdigris.commands.migrating import list_migrations, new_migration, record_migrations, repair_migrations
from verdigris.commands.permitting import iam
from verdigris.commands.proving import verify
from verdigris.commands.quarantining import discard, list_quarantine, mended_migrations, redrive, show_quarantined
from verdigris.commands.starting import init
from verdigris.commands.steering import budget, pause, resume
from verdigris.commands.trying import try_migrations
from verdigris.commands.values import get, set_value
from verdigris.commands.waiting import wait
from verdigris.wiring import Hooks

__all__ = [
    "Hooks",
    "abort",
    "adopt",
    "approve",
    "budget",
    "clean",
    "count_left_behind",
    "deploy",
    "discard",
    "doctor",
    "finalize",
    "get",
    "history",
    "iam",
    "init",
    "lint_migrations",
    "list_migrations",
    "list_quarantine",
    "mended_migrations",
    "new_migration",
    "pause",
    "plan",
    "record_migrations",
    "redrive",
    "reject",
    "repair_migrations",
    "resume",
    "rollback",
    "set_value",
    "show_quarantined",
    "status",
    "try_migrations",
    "unlock",
    "verify",
    "wait",
    "watch",
    "why",
]
