"""Search domains in memory, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from verdigris.errors import AlreadyThere, Invalid
from verdigris.stores.searching import Domain


class MemoryDomains:
    """The port `SearchDomains`. A domain is made, and is gone, at the `looks`th look after the request."""

    def __init__(self, looks: int = 1) -> None:
        self.looks = looks
        self.made: dict[str, Domain] = {}
        self._seen: dict[str, int] = {}

    def describe(self, name: str) -> Domain | None:
        domain = self.made.get(name)
        if domain is None:
            return None
        self._seen[name] += 1
        if self._seen[name] >= self.looks:
            if domain.deleted:
                del self.made[name]
                return None
            self.made[name] = replace(domain, endpoint=f"https://{name}.search", processing=False)
        return self.made[name]

    def check(self, name: str, body: Mapping[str, Any]) -> None:
        if "DomainName" in body:
            raise Invalid("a domain's name is not taken from its body", where=name)

    def create(self, name: str, body: Mapping[str, Any], owner: str) -> None:
        if name in self.made:
            raise AlreadyThere("a domain of this name is there", where=name)
        self.check(name, body)
        self.made[name] = Domain(None, created=True, processing=True, deleted=False, owner=owner)
        self._seen[name] = 0

    def delete(self, name: str) -> None:
        if name in self.made:
            self.made[name] = replace(self.made[name], deleted=True, processing=True)
            self._seen[name] = 0
