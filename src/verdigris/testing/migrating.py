"""Migrations in a team's own tests: as a deployment runs them, without any server.

    from verdigris.testing import assert_deterministic, assert_round_trip, migrate

    def test_fees_become_cents():
        assert migrate("migrations/0002_fee_in_cents.py", {"pk": "fee|1", "sk": "fee|1", "fee": Decimal("12.50")}) == [
            {"pk": "fee|1", "sk": "fee|1", "cents": 1250}
        ]

Items are Python values, as migrations see them; each must have its key. `key` names the table's key attributes with
their types, `new_key` those that `[table.destination]` gives it, where they are others. A migration is the path of its
file, or what `load` returned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Context, localcontext
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

from verdigris.core.differences import difference, show
from verdigris.core.items import decode, encode
from verdigris.core.keys import key_of, show_key
from verdigris.core.model import Item, Key, KeySchema, RawItem
from verdigris.core.stable_ids import key_known
from verdigris.core.steps import Views
from verdigris.core.transform import Migration, Transform
from verdigris.core.trial import Sampled
from verdigris.core.views import LookedUp
from verdigris.errors import MigrationError
from verdigris.migrations.determinism import differing
from verdigris.migrations.discovery import MigrationFile
from verdigris.migrations.loading import load_migrations

#: The key of a table with partition key `pk` and sort key `sk`, both text.
PK_SK: Mapping[str, str] = {"pk": "S", "sk": "S"}

One: TypeAlias = str | PathLike[str] | Migration
Some: TypeAlias = One | Sequence[One]


def load(path: str | PathLike[str]) -> Migration:
    """The migration of a file, checked as a deployment checks it: `.up`, `.down`, `.verify`, `.selects`, `.source`.

    It may import modules of its own folder and of the project: the nearest folder above with a verdigris.toml, else
    the one above its own. Raises MigrationError saying why it cannot be used.
    """
    (migration,) = load_migrations([_file(path)], _roots(path))
    return migration


def migrate(
    migrations: Some,
    item: Item,
    *,
    key: Mapping[str, str] = PK_SK,
    new_key: Mapping[str, str] | None = None,
    others: Iterable[Item] = (),
    check: Callable[[Item], Any] | None = None,
) -> list[Item]:
    """What one item becomes: the outputs, in the order in which the migrations gave them; empty if it is dropped.

    Several migrations run one after the other, in the order given. `others` are the items that `view.get` finds;
    `check` is the function of `[app] verify`. The item is not changed. Raises ItemRefused, as a deployment would,
    when a migration, its `verify`, `source` or `check` refuses it, or an item cannot be stored.
    """
    schema = _schema(key)
    transform = Transform(_loaded(migrations), schema, check, None, _views(schema, others), _new_schema(new_key))
    return [decode(output.raw) for output in transform.apply(_raw(schema, item))]


def assert_deterministic(
    migrations: Sequence[str | PathLike[str]] | str | PathLike[str],
    *items: Item,
    key: Mapping[str, str] = PK_SK,
    new_key: Mapping[str, str] | None = None,
    others: Iterable[Item] = (),
) -> None:
    """Fails if the migrations do not always give the same for these items: the clock, chance, the order of sets, state.

    Runs them in fresh processes, as preflight does (some 0.3 s); more items find more. Raises AssertionError naming
    migration, item and attributes; ItemRefused, MigrationError as `migrate` does.
    """
    paths = [migrations] if isinstance(migrations, (str, PathLike)) else list(migrations)
    schema = _schema(key)
    known = {key_of(schema, other): encode(other) for other in others}
    reads: dict[Key, RawItem | None] = {}
    loaded = _loaded(paths)
    views = LookedUp(schema, lambda at: reads.setdefault(at, known.get(at)))
    transform = Transform(loaded, schema, views=views, destination=_new_schema(new_key))
    sample = []
    for item in items:
        reads.clear()
        transform.apply(raw := _raw(schema, item))
        sample.append(Sampled(key_of(schema, item), raw, dict(reads)))
    roots = list(dict.fromkeys(root for path in paths for root in _roots(path)))
    found = [
        f"{one.migration} gives different results for {show_key(schema, one.key)}: {one.what}"
        for one in differing([_file(path) for path in paths], roots, schema, sample, _new_schema(new_key))
    ]
    if found:
        raise AssertionError("\n".join(found))


def assert_round_trip(
    migration: One,
    *items: Item,
    key: Mapping[str, str] = PK_SK,
    new_key: Mapping[str, str] | None = None,
    others: Iterable[Item] = (),
) -> None:
    """Fails unless `down` takes back what `up` did, for each item: `down(up(item), item) == item`.

    `down` gets the item as it was as its second argument, and where `up` made several items, all of them as a list as
    its first. An item that `up` drops needs no way back: it is still in the old table. Raises AssertionError naming
    the item and what differs, or if there is no `down`; ItemRefused, MigrationError as `migrate` does.
    """
    schema = _schema(key)
    (loaded,) = _loaded(migration)
    if loaded.down is None:
        raise AssertionError(f"{loaded.name} has no `down`")
    transform = Transform([loaded], schema, views=_views(schema, others), destination=_new_schema(new_key))
    for item in items:
        raw = _raw(schema, item)
        outputs = [decode(output.raw) for output in transform.apply(raw)]
        if outputs:
            with localcontext(Context(prec=38)), key_known(schema):
                back = loaded.down(outputs[0] if len(outputs) == 1 else outputs, decode(raw))
            _compare(f"{loaded.name}: down(up(item), item) is not item, for {_shown(schema, item)}", raw, back)


def _compare(what: str, raw: RawItem, back: Any) -> None:
    if not isinstance(back, dict):
        raise AssertionError(f"{what}: down returned a {type(back).__name__}")
    found = difference(raw, encode(back))
    lines = [f"- {place}  {show(value)}" for place, value in found.removed.items()]
    lines += [f"+ {place}  {show(value)}" for place, value in found.added.items()]
    lines += [f"~ {place}  {show(one.old)} → {show(one.new)}" for place, one in found.changed.items()]
    if lines:
        raise AssertionError("\n  ".join([f"{what}:", *lines]))


# ── what is given, as Verdigris has it ───────────────────────────────────────────────────────────────────────────────


def _loaded(migrations: Some) -> list[Migration]:
    if isinstance(migrations, Migration):
        return [migrations]
    if isinstance(migrations, (str, PathLike)):
        return [load(migrations)]
    return [one if isinstance(one, Migration) else load(one) for one in migrations]


def _file(path: str | PathLike[str]) -> MigrationFile:
    place = Path(path).resolve()
    if not place.is_file():
        raise MigrationError("there is no such file", where=str(place))
    return MigrationFile(place.name, place)


def _roots(path: str | PathLike[str]) -> list[Path]:
    """Its own folder, then the project's."""
    folder = Path(path).resolve().parent
    above = (one for one in (folder, *folder.parents) if (one / "verdigris.toml").is_file())
    return [folder, next(above, folder.parent)]


def _schema(key: Mapping[str, str]) -> KeySchema:
    if not 1 <= len(key) <= 2 or not set(key.values()) <= {"S", "N", "B"}:
        raise ValueError(f"key is one or two attributes with the type S, N or B, such as {dict(PK_SK)!r}, not {key!r}")
    return KeySchema(tuple(key.items()))


def _new_schema(key: Mapping[str, str] | None) -> KeySchema | None:
    return None if key is None else _schema(key)


def _raw(schema: KeySchema, item: Item) -> RawItem:
    """The item as the table holds it. Raises ItemRefused if it could not."""
    key_of(schema, item)
    return encode(item)


def _views(schema: KeySchema, others: Iterable[Item]) -> Views:
    return LookedUp(schema, {key_of(schema, other): encode(other) for other in others}.get)


def _shown(schema: KeySchema, item: Item) -> str:
    return show_key(schema, key_of(schema, item))
