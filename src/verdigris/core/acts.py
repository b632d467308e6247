"""What people did to an environment outside a deployment: the deploy table keeps it beside the journal."""

from __future__ import annotations

import msgspec


class Act(msgspec.Struct, frozen=True):
    """One act: `verb` is the command, `what` what it changed, in a sentence. `at` is ISO 8601, UTC."""

    at: str
    who: str
    verb: str
    what: str
