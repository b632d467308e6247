"""What is outside of a deployment, as its phases see it: the ports only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from verdigris.core.model import DataVersion
from verdigris.stores.base import (
    Application,
    ChangeStream,
    Fence,
    Links,
    LivePointer,
    Replicas,
    Table,
    TableAdmin,
)
from verdigris.stores.outside import Backups, ColorMappings, StreamConsumers
from verdigris.stores.searching import SearchDomains, SearchIndex


@dataclass
class Stores:
    """Everything outside that a deployment touches."""

    admin: TableAdmin
    table: Callable[[str], Table]
    stream: Callable[[str], ChangeStream]
    links: Links
    #: data version → where its indexes are; None where nothing is searched
    search: Callable[[DataVersion], SearchIndex | None] = lambda version: None
    #: where each data version has a cluster of its own
    domains: SearchDomains | None = None
    pointer: LivePointer | None = None
    #: what can hold writes during a switch
    fence: Fence | None = None
    application: Application | None = None
    backups: Backups | None = None
    #: of the tables, in the environment's other regions
    replicas: Replicas | None = None
    #: what leads to a color beside the pointer
    mappings: Sequence[ColorMappings] = ()
    #: who else reads tables' streams; None where there is nothing that would
    consumers: StreamConsumers | None = None
