"""Which data version serves: by the flags, and by what the live application says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from verdigris.core.flags import DESTINATION_VERSION, SOURCE_VERSION, Flags
from verdigris.core.model import DataVersion


@dataclass(frozen=True, slots=True)
class Verdict:
    """`version` serves; None where nobody can say. `wrong`: what disagrees, "" if nothing does; `repair`: what to type.

    `why` says how it is known.
    """

    version: DataVersion | None
    why: str
    wrong: str = ""
    repair: str = ""


def judge(env: str, flags: Flags, tables: Mapping[DataVersion, str], live: str | None) -> Verdict:
    """`tables`: version → its name; `live`: the table that the live application uses, None if nobody could be asked."""
    asked = next((version for version, name in tables.items() if name == live), None)
    if live is not None and asked is None:
        names = " or ".join(tables.values())
        return Verdict(
            None, "", f"the live application works on {live}, not on {names}", "mend [table] name in verdigris.toml"
        )
    said = f"{SOURCE_VERSION} is {flags.source or 'missing'}, {DESTINATION_VERSION} is {flags.destination or 'missing'}"
    if asked is not None:
        why = f"the live application works on {live}"
        if flags.source is not asked:
            return Verdict(asked, why, f"{said}, but {why}", f"verdigris set {env} {SOURCE_VERSION} {asked}")
        if flags.destination is not asked:
            return Verdict(asked, why, f"{said}, and {why}", f"verdigris set {env} {DESTINATION_VERSION} {asked}")
        return Verdict(asked, why)
    if flags.source is not None and flags.source is flags.destination:
        return Verdict(flags.source, "both flags say so")
    return Verdict(
        None,
        "",
        f"{said}, and [live] does not say how to ask the live application",
        f"look which table the live application uses; if it is {tables[flags.source or DataVersion.ALPHA]}: "
        f"verdigris set {env} {DESTINATION_VERSION} {flags.source or DataVersion.ALPHA}",
    )
