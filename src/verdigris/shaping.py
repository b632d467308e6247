"""What verdigris.toml says of the table's shape: of the first one, and of the next one (`[table.destination]`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verdigris.config.model import Config
from verdigris.core.planning import NewShape
from verdigris.errors import ConfigError
from verdigris.stores.base import TableShape
from verdigris.stores.new_shape import body_faults, completed
from verdigris.stores.new_shape import new_shape as compared

#: What a table is like that nobody says more of than its keys.
_PLAIN = TableShape({"BillingMode": "PAY_PER_REQUEST"})


def first_shape(config: Config) -> TableShape | None:
    """Of the table of an empty environment: it counts as having been through every migration, so it is made as
    `[table.destination]` says, where that is set. None where nothing is said. Raises ConfigError."""
    first = written_shape(config)
    return wanted_shape(config, first or _PLAIN) or first


def written_shape(config: Config) -> TableShape | None:
    """What `[table] shape` says, None where there is none. Raises ConfigError."""
    body = config.table_shape()
    if body is None:
        return None
    _checked(config, "table.shape", str(config.table.shape), body)
    return TableShape(create=body)


def wanted_shape(config: Config, live: TableShape) -> TableShape | None:
    """What `[table.destination]` describes, completed by the live table's shape. Raises ConfigError."""
    section, body = config.table.destination, config.destination_shape()
    if section is None or body is None:
        return None
    _checked(config, "table.destination.shape", section.shape, body)
    return completed(body, live, section.ttl_attribute)


def _checked(config: Config, key: str, file: str, body: Mapping[str, Any]) -> None:
    if faults := body_faults(body):
        place = f"{config.root / file}: "
        raise ConfigError(
            f"the file of {key} is not the body of a CreateTable request",
            faults=tuple(place + fault for fault in faults),
            where=str(config.file),
        )


def new_shape(config: Config, live: TableShape | None) -> NewShape | None:
    """What `[table.destination]` says that the live table is not; None where there is none of either.

    Raises ConfigError for what cannot be used.
    """
    wanted = live and wanted_shape(config, live)
    return compared(wanted, live) if wanted and live else None
