"""A deployment that builds the index only: the application goes on writing the one table, in whichever color is live.

It keeps the index that its color was told in step by itself; until the flip the new one is Verdigris's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.lifecycle.perils import Exposed, Kills
from tests.lifecycle.scenario import Plain, Scenario
from tests.lifecycle.world import ALIAS

from verdigris.core.documents import fingerprint
from verdigris.core.model import Color
from verdigris.core.planned_indexes import Recipe
from verdigris.phases.base import Settings
from verdigris.stores.searching import Document

OLD = "court-dev-case-alpha"
_APPLICATIONS_VERSION = 1 << 62


def document(item: Plain) -> tuple[str, Plain] | None:
    """Cases and users are searched for; a user's id is another one with each name, so documents move."""
    match item["entityName"]:
        case "Case":
            return str(item["pk"]), {"n": int(item["n"])}
        case "User":
            return f"user {int(item['n']) % 5} of {item['pk']}", {"n": int(item["n"])}
    return None


class IndexOnly(Scenario):
    """`seed`, `kills`, `writes`: as of a `Scenario`. Unless it is `fenced` writes go on during the switch."""

    def __init__(self, seed: int, kills: Kills | None = None, writes: float = 0.15, *, fenced: bool = True) -> None:
        settings = Settings(segments=2, may_enable_stream=True, approve="auto", verify_buckets=16)
        super().__init__(seed, kills or Kills(), writes, migrations=(), settings=settings)
        self.world.document = document
        self.world.fenced = fenced
        self.world.made_of = Recipe("older mappings", "code")
        self.world.expose = lambda port, name: Exposed(port, name, self._between)

    def write(self, number: int, entity: str | None) -> None:
        before = self._documents(number)
        super().write(number, entity)
        now = self._documents(number)
        for index in self._indexed():
            self.index.bulk(index, [Document(id_, now.get(id_), _APPLICATIONS_VERSION) for id_ in {**before, **now}])

    def verdict(self) -> list[str]:
        late = "a bulk after the new color had the index"
        return [fault for fault in super().verdict() if self.world.fenced or fault != late]

    def _indexed(self) -> list[str]:
        """The index of the live color, and of the old one as long as it may come back."""
        new = [self.new_index] if self.pointer.read().live is Color.GREEN else []
        return [*new, *([OLD] if self.index.exists(OLD) else [])]

    def _documents(self, number: int) -> dict[str, Any]:
        if number not in self.truth:
            return {}
        entity, n = self.truth[number]
        made = document({"pk": f"case|{number}", "entityName": entity, "n": n})
        return dict([made]) if made else {}

    def _index_faults(self) -> list[str]:
        index = self.index.alias(ALIAS)
        wanted_alias = self.new_index if self.pointer.read().live is Color.GREEN else OLD
        if index != wanted_alias or index is None:
            return [f"the alias points to {index}, not to {wanted_alias}"]
        self.index.refresh(index)
        wanted = {fingerprint(*one) for number in self.truth for one in self._documents(number).items()}
        found = {fingerprint(*one) for one in self.index.documents(index)}
        lost, extra = len(wanted - found), len(found - wanted)
        loading = ["the index is left as for a load"] * self.index.is_loading(index)
        return [*loading, *[f"documents: {lost} lost or stale, {extra} extra"] * bool(lost or extra)]


def each_call(start: int = 0) -> Iterator[IndexOnly]:
    """Scenarios of which the nth dies at its nth call, until one has no such call any more."""
    nth = start
    while True:
        nth += 1
        scenario = IndexOnly(nth, Kills(nth))
        yield scenario
        if not scenario.kills.killed:
            return
