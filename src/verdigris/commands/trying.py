"""migrations test: the migrations on real items of the live source. Reads only."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from verdigris import survey
from verdigris.config.model import Config
from verdigris.core.keys import show_key
from verdigris.core.model import DataVersion, Key, KeySchema, RawItem, canonical_number
from verdigris.core.raw_key import key_reader
from verdigris.core.transform import Migration, Transform
from verdigris.core.trial import Outcome, Trial, Tried
from verdigris.core.views import LookedUp
from verdigris.errors import NotFound, UsageError
from verdigris.migrations.discovery import MigrationFile, discover
from verdigris.migrations.loading import load_migrations
from verdigris.phases.sampling import spread
from verdigris.shaping import new_shape
from verdigris.stores.base import Table
from verdigris.wiring import Wiring
from verdigris.workbench import item_check, reserved_keys, transform_of

#: Pages (1 MB on AWS: 256 read units) of each segment that are looked through for items that a migration selects.
_PAGES = 4


@dataclass(frozen=True)
class Trials:
    """What a deployment would make of a sample. `items` are those that a migration selects or something refuses."""

    env: str
    table: str
    schema: KeySchema
    #: of the destination
    new_schema: KeySchema
    #: file names, in the order in which they run
    migrations: tuple[str, ...]
    #: how many items were looked at, the untouched ones included
    read: int
    items: tuple[Tried, ...]
    #: destination key → the two or more source items of the sample that come to it
    collisions: Mapping[Key, tuple[Key, ...]]

    @property
    def counts(self) -> dict[Outcome, int]:
        """How often each outcome came up; every outcome is in it."""
        found = dict.fromkeys(Outcome, 0)
        for item in self.items:
            found[item.outcome] += 1
        found[Outcome.UNTOUCHED] = self.read - len(self.items)
        return found

    @property
    def ok(self) -> bool:
        return not self.collisions and not self.counts[Outcome.REFUSED]


def try_migrations(
    config: Config, env: str, names: Sequence[str] = (), *, sample: int = 20, key: str | None = None
) -> Trials:
    """Runs the pending migrations (or the named ones) on `sample` items, or on the one at `key` (`pk=…,sk=…`).

    Items that no migration selects are read over. Writes nothing. Raises UsageError for a name or key that is none,
    NotFound where there is no item or no table, and MigrationError for a file that cannot be used.
    """
    wiring = Wiring(config, env)
    files = _files(wiring, names)
    table = wiring.names.tables[wiring.journal.flags().source or DataVersion.ALPHA]
    facts = wiring.admin.describe(table)
    if facts is None:
        raise NotFound(
            f"there is no table {table} to read items from",
            state="nothing was changed",
            next_command=f"verdigris doctor {env}",
        )
    source = wiring.stores.table(table)
    if key is not None:
        wanted = parse_key(facts.key, key)
        items: Iterable[RawItem] = source.read([wanted]).values()
        if not items:
            raise NotFound(f"there is no item {show_key(facts.key, wanted)}", where=table, state="nothing was changed")
    else:
        items = spread(source, config.table.segments, _PAGES)
    reserved = reserved_keys(wiring, table)
    loaded = load_migrations(files, wiring.roots)
    shape = new_shape(config, facts.shape)
    transform = trial_transform(wiring, source, loaded, shape.key if shape else None)
    read, tried = _try(Trial(transform), facts.key, items, sample if loaded else 0, reserved)
    ran = tuple(file.name for file in files)
    return Trials(env, table, facts.key, transform.output_schema, ran, read, tried, _collisions(tried))


def trial_transform(
    wiring: Wiring, source: Table, migrations: Sequence[Migration], new_key: KeySchema | None
) -> Transform:
    """The migrations as a deployment runs them, but that what they read of other items goes on no record."""
    views = LookedUp(source.key, lambda at: source.read([at]).get(at))
    return transform_of(wiring, migrations, source.key, new_key, views, item_check(wiring))


def parse_key(schema: KeySchema, text: str) -> Key:
    """`pk=case|1,sk=user|2` (as keys are shown, too: with a blank) → the key. Raises UsageError."""
    form = r",\s*".join(f"{re.escape(name)}=(.+?)" for name in schema.names)
    match = re.fullmatch(form, text.strip(), re.DOTALL)
    wanted = ",".join(f"{name}=…" for name in schema.names)
    if match is None:
        raise UsageError(f"{text!r} is no key of this table; keys look like {wanted}")
    try:
        return tuple(
            canonical_number(value) if kind == "N" else value
            for value, (_, kind) in zip(match.groups(), schema.attributes, strict=True)
        )
    except (ArithmeticError, ValueError) as error:
        raise UsageError(f"{text!r} is no key of this table: a part of it is not a number") from error


def _files(wiring: Wiring, names: Sequence[str]) -> list[MigrationFile]:
    """The named files, or the pending ones, in the order in which they run."""
    files = discover(wiring.config.migrations_folder).files
    unknown = set(names) - {file.name for file in files}
    if unknown:
        raise UsageError(
            f"no such migration: {', '.join(sorted(unknown))}",
            where=str(wiring.config.migrations_folder),
            next_command=f"verdigris migrations list {wiring.name}",
        )
    wanted = set(names or survey.migrations(wiring).pending)
    return [file for file in files if file.name in wanted]


def _try(
    trial: Trial, schema: KeySchema, items: Iterable[RawItem], sample: int, reserved: Container[Key]
) -> tuple[int, tuple[Tried, ...]]:
    read, tried = 0, list[Tried]()
    key_of = key_reader(schema)
    for raw in items if sample else ():
        if (own := key_of(raw)) in reserved:
            continue
        read += 1
        found = trial.try_item(own, raw)
        if found.outcome is not Outcome.UNTOUCHED:
            tried.append(found)
        if len(tried) == sample:
            break
    return read, tuple(tried)


def _collisions(items: Iterable[Tried]) -> dict[Key, tuple[Key, ...]]:
    makers: dict[Key, list[Key]] = {}
    for destination, source in chain.from_iterable(((key, item.key) for key in item.outputs) for item in items):
        makers.setdefault(destination, []).append(source)
    return {key: tuple(sources) for key, sources in makers.items() if len(sources) > 1}
