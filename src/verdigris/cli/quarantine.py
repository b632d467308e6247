"""`verdigris quarantine`: list, show, redrive, discard."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from verdigris.cli import shapes, words
from verdigris.cli.call import Call, Group, pass_call
from verdigris.cli.output import Output, columns
from verdigris.cli.running import at_work
from verdigris.core.keys import Schemas, show_key
from verdigris.core.model import KeySchema
from verdigris.core.quarantine import Held

if TYPE_CHECKING:
    from verdigris.commands.quarantining import Listed, Redriven
    from verdigris.core.quarantine import Entry, Payload

_WHAT = {
    Held.ITEM: "item refused",
    Held.COLLISION: "collision",
    Held.OWNER: "owner unknown",
    Held.WRITE: "write refused",
    Held.DOCUMENT: "document refused",
}
_KEY = click.argument("key")


@click.group(cls=Group, examples=("verdigris quarantine list prod",))
def command() -> None:
    """Items that could not be carried along.

    Each is kept with its payload, the error and the traceback; nothing else waits for it but the switch. A change of
    the source item retries by itself; else mend the migration and redrive, or discard the item.
    """


@command.command("list", examples=("verdigris quarantine list prod",))
@click.argument("env", required=False)
@pass_call
def list_(call: Call, env: str | None) -> int:
    """Show what waits, and what was discarded."""
    from verdigris import commands

    config, env = call.open(env)
    found = commands.list_quarantine(config, env)
    then = _after_list(found)
    output = Output(call)
    shape = {
        "env": env,
        "deployment": found.deployment,
        "entries": [_entry(found.schemas, entry) for entry in found.entries],
        "next_command": then,
    }
    output.data(shape, _rows(found.schemas, found.entries) or ["nothing is in quarantine"])
    output.next(then)
    return 0


def _after_list(found: Listed) -> str:
    if not found.waiting:
        return f"verdigris status {found.env}"
    return f"verdigris quarantine show {_typed(found.schemas, found.entries[0])} {found.env}"


@command.command("show", examples=("verdigris quarantine show 'pk=case|1,sk=case|1' prod",))
@_KEY
@click.argument("env", required=False)
@pass_call
def show(call: Call, key: str, env: str | None) -> int:
    """Show payload, error and traceback.

    KEY is written as `quarantine list` shows it: pk=…,sk=…
    """
    from verdigris import commands

    config, env = call.open(env)
    found = commands.show_quarantined(config, env, key)
    then = f"mend the migration, then: verdigris quarantine redrive {env}"
    output = Output(call)
    entries = [
        {**_entry(found.schemas, entry), **_payload(entry.items_schema(found.schemas), kept)}
        for entry, kept in found.entries
    ]
    output.data({"env": env, "entries": entries, "next_command": then}, _shown(found.schemas, found.entries))
    output.next(then)
    return 0


@command.command("redrive", examples=("verdigris quarantine redrive prod", "verdigris quarantine redrive prod --yes"))
@click.argument("env", required=False)
@click.option("--yes", is_flag=True, help="Go on with migrations whose files have changed.")
@pass_call
def redrive(call: Call, env: str | None, yes: bool) -> int:
    """Settle again what waits, and only that.

    Uses the migrations as they are in the folder now. Where their files have changed, the deployment goes back to
    replay: what was verified, exercised and approved of the old ones is so again of the new. Exits with 1 if
    something still waits.
    """
    from verdigris import commands

    config, env = call.open(env)
    changed = [] if yes or not call.may_ask() else commands.mended_migrations(config, env)
    if changed:
        click.confirm(
            f"{', '.join(changed)}: not what was planned. Go on with the files as they are now, and verify, exercise "
            "and approve again?",
            abort=True,
            err=True,
        )
    with at_work(call) as hooks:
        done = commands.redrive(config, env, accept=yes or bool(changed), hooks=hooks)
    return _ended(call, done, "settled")


@command.command(
    "discard", examples=("verdigris quarantine discard 'pk=case|1,sk=case|1' prod --comment 'made by a test'",)
)
@_KEY
@click.argument("env", required=False)
@click.option("--comment", required=True, metavar="TEXT", help="Why; it stands in the evidence of the switch.")
@pass_call
def discard(call: Call, key: str, env: str | None, comment: str) -> int:
    """Give an item up: it is not carried along.

    Its key is deleted in the destination, unless another living source item produces it. A later change of the source
    item retries it all the same.
    """
    from verdigris import commands

    config, env = call.open(env)
    with at_work(call) as hooks:
        done = commands.discard(config, env, key, comment, hooks=hooks)
    _ended(call, done, "carried along after all")
    return 0


def _ended(call: Call, done: Redriven, settled: str) -> int:
    then = f"verdigris quarantine list {done.env}" if done.left and not done.put_off else f"verdigris deploy {done.env}"
    shape = {
        "env": done.env,
        "mended": list(done.mended),
        "settled": [_entry(done.schemas, entry) for entry in done.settled],
        "left": [_entry(done.schemas, entry) for entry in done.left],
        "put_off": done.put_off,
        "state": done.snapshot.state,
        "next_command": then,
    }
    lines = [f"{name}: taken as it is now" for name in done.mended]
    lines += [f"{_shown_key(done.schemas, entry)}: {settled}" for entry in done.settled]
    if done.put_off:
        lines.append("the backfill is not done: replay will settle it")
    elif done.left:
        lines += [*_rows(done.schemas, done.left), f"{words.plural(len(done.left), 'item')} still in quarantine"]
    else:
        lines.append("nothing waits in quarantine")
    output = Output(call)
    output.data(shape, lines)
    output.next(then)
    return 1 if done.left and not done.put_off else 0


# ── for people ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _rows(schemas: Schemas, entries: Sequence[Entry]) -> list[str]:
    return columns(
        (
            click.style(_shown_key(schemas, entry), bold=True),
            click.style(_what(entry), fg="yellow" if entry.discarded else "red"),
            f"{entry.times}×",
            words.clock(entry.last_at),
            entry.error.partition("\n")[0],
        )
        for entry in entries
    )


def _what(entry: Entry) -> str:
    if entry.discarded:
        return "discarded"
    return f"{_WHAT[entry.held]}{', put off' if entry.due else ''}"


def _shown(schemas: Schemas, entries: Sequence[tuple[Entry, Payload]]) -> Iterator[str]:
    for entry, payload in entries:
        yield f"{click.style(_shown_key(schemas, entry), bold=True)}: {click.style(_WHAT[entry.held], fg='red')}"
        yield from columns(_facts(schemas, entry), indent="  ")
        for line in payload.traceback.splitlines():
            yield f"  {click.style(line, dim=True)}"
        for key, item in payload.items:
            yield f"  {show_key(entry.items_schema(schemas), key)}"
            yield from (f"    {line}" for line in _pretty(item).splitlines())


def _facts(schemas: Schemas, entry: Entry) -> Iterator[tuple[str, str]]:
    yield "error", entry.error
    if entry.by:
        yield "by", f"{entry.by}  {click.style(entry.checksum[:12], dim=True)}".rstrip()
    yield "refused", f"{entry.times}×, from {words.clock(entry.first_at)} to {words.clock(entry.last_at)}"
    for key in entry.sources:
        yield "source", show_key(schemas.source, key)
    for key in entry.keeps:
        yield "keeps", f"{show_key(schemas.destination, key)} as it is in the destination"
    if gone := entry.discarded:
        yield "discarded", f"by {gone.who} at {words.clock(gone.at)}: {gone.comment}"


def _pretty(item: bytes) -> str:
    import msgspec

    return msgspec.json.format(item, indent=2).decode()


def _shown_key(schemas: Schemas, entry: Entry) -> str:
    return show_key(entry.schema(schemas), entry.key)


def _typed(schemas: Schemas, entry: Entry) -> str:
    names = entry.schema(schemas).names
    return shlex.quote(",".join(f"{name}={value}" for name, value in zip(names, entry.key, strict=True)))


# ── for programs ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _entry(schemas: Schemas, entry: Entry) -> shapes.Shape:
    return {
        "key": entry.schema(schemas).to_json(entry.key),
        "what": entry.held,
        "error": entry.error,
        "by": entry.by,
        "checksum": entry.checksum,
        "first_at": entry.first_at,
        "last_at": entry.last_at,
        "times": entry.times,
        "sources": [schemas.source.to_json(key) for key in entry.sources],
        "keeps": [schemas.destination.to_json(key) for key in entry.keeps],
        "discarded": {"who": gone.who, "comment": gone.comment, "at": gone.at} if (gone := entry.discarded) else None,
    }


def _payload(schema: KeySchema, payload: Payload) -> dict[str, Any]:
    import msgspec

    return {
        "traceback": payload.traceback,
        "items": [{"key": schema.to_json(key), "item": msgspec.json.decode(item)} for key, item in payload.items],
    }
