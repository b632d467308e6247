"""`verdigris migrations test`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from verdigris.cli import shapes
from verdigris.cli.call import Call, Command, contradiction, pass_call
from verdigris.cli.output import Output, columns
from verdigris.cli.words import count, plural
from verdigris.core.differences import Difference, show
from verdigris.core.keys import show_key
from verdigris.core.trial import Outcome

if TYPE_CHECKING:
    from verdigris.commands.trying import Trials
    from verdigris.core.model import Key, KeySchema
    from verdigris.core.trial import Product, Step, Tried

_SAMPLE = 20
_COLORS = {
    Outcome.CHANGED: "yellow",
    Outcome.MOVED: "cyan",
    Outcome.SPLIT: "cyan",
    Outcome.DROPPED: "magenta",
    Outcome.REFUSED: "red",
}


@click.command(
    "test",
    cls=Command,
    examples=(
        "verdigris migrations test prod",
        "verdigris migrations test prod 0002_fee_in_cents.py --sample 200",
        "verdigris migrations test prod --key 'pk=case|1,sk=case|1'",
    ),
)
@click.argument("words", nargs=-1, metavar="[ENV] [NAME...]")
@click.option("--sample", metavar="N", type=click.IntRange(1), help=f"Try so many items [{_SAMPLE}].")
@click.option("--key", metavar="pk=…,sk=…", help="Try this item only.")
@pass_call
def command(call: Call, words: tuple[str, ...], sample: int | None, key: str | None) -> int:
    """Show what migrations make of real items.

    Runs the pending migrations, or the named ones, on items of the live source that they select, and prints what each
    of them changes. Reads only: up to 4 pages of each segment. Exits with 1 if an item is refused.
    """
    if sample is not None and key is not None:
        raise contradiction("--sample", "--key", "a key names the only item that is tried")
    from verdigris import commands

    named = bool(words) and not words[0].endswith(".py")
    config, env = call.open(words[0] if named else None)
    found = commands.try_migrations(config, env, words[1:] if named else words, sample=sample or _SAMPLE, key=key)
    then = f"verdigris plan {env}" if found.ok else f"mend the migration, then: {call.typed}"
    output = Output(call)
    output.data({**_shape(found), "next_command": then}, _text(found))
    output.next(then)
    return 0 if found.ok else 1


# ── for people ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _text(found: Trials) -> Iterator[str]:
    for item in found.items:
        yield from _item(found, item)
    for key, sources in found.collisions.items():
        names = "; ".join(show_key(found.schema, source) for source in sources)
        names += " all" if len(sources) > 2 else " both"
        yield f"{click.style('collision:', fg='red', bold=True)} {names} come to {show_key(found.new_schema, key)}"
    yield _summary(found)


def _summary(found: Trials) -> str:
    if not found.migrations:
        return "no migration is pending"
    counts = found.counts
    said = [
        click.style(f"{count(number)} {outcome}", fg=_COLORS.get(outcome))
        for outcome, number in counts.items()
        if number
    ]
    if found.collisions:
        said.append(click.style(plural(len(found.collisions), "collision"), fg="red"))
    return f"{plural(found.read, 'item')} of {found.table}: {', '.join(said) or 'the table is empty'}"


def _item(found: Trials, item: Tried) -> Iterator[str]:
    into = f" into {len(item.outputs)}" if item.outcome is Outcome.SPLIT else ""
    outcome = click.style(f"{item.outcome}{into}", fg=_COLORS.get(item.outcome), bold=True)
    yield f"{click.style(show_key(found.schema, item.key), bold=True)}: {outcome}"
    for step in item.steps if item.outcome is not Outcome.UNCHANGED else ():
        if step.outcome is not Outcome.REFUSED:
            of = f" of {_key(step.schema, step.key)}" if (step.schema, step.key) != (found.schema, item.key) else ""
            yield f"  {step.migration}{of}{_note(step)}"
            for product in step.products:
                yield from _product(found.new_schema, step, product)
    if item.reason:
        yield f"  {click.style(item.reason, fg='red')}"


def _note(step: Step) -> str:
    return f": {step.outcome}" if step.outcome in (Outcome.DROPPED, Outcome.UNCHANGED) else ""


def _product(schema: KeySchema, step: Step, product: Product) -> Iterator[str]:
    indent = "    "
    if (schema, product.key) != (step.schema, step.key) or step.outcome is Outcome.SPLIT:
        what = " (new)" if not product.kept else ""
        yield f"{indent}{click.style(f'→ {_key(schema, product.key)}{what}', fg='cyan')}"
        indent += "  "
    yield from columns(_places(product.difference), indent=indent)


def _key(schema: KeySchema, key: Key) -> str:
    return show_key(schema, key) if key else "an item without a key"


def _places(of: Difference) -> list[tuple[str, ...]]:
    """One row a place: the sign, the place, the value."""
    rows = {place: ("-", "red", show(value)) for place, value in of.removed.items()}
    rows |= {place: ("+", "green", show(value)) for place, value in of.added.items()}
    rows |= {place: ("~", "yellow", f"{show(one.old)} → {show(one.new)}") for place, one in of.changed.items()}
    return [
        (click.style(f"{sign} {place}", fg=color), click.style(value, fg=color))
        for place, (sign, color, value) in sorted(rows.items())
    ]


# ── for programs ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _shape(found: Trials) -> shapes.Shape:
    schema, new = found.schema, found.new_schema
    return {
        "env": found.env,
        "table": found.table,
        "migrations": list(found.migrations),
        "ok": found.ok,
        "read": found.read,
        "counts": {outcome.value: number for outcome, number in found.counts.items()},
        "items": [
            {
                "key": schema.to_json(item.key),
                "outcome": item.outcome,
                "reason": item.reason,
                "outputs": _keys(new, item.outputs),
                "steps": [_step(new, step) for step in item.steps],
            }
            for item in found.items
        ],
        "collisions": [
            {"key": new.to_json(key), "sources": _keys(schema, sources)} for key, sources in found.collisions.items()
        ],
    }


def _step(new: KeySchema, step: Step) -> shapes.Shape:
    return {
        "migration": step.migration,
        "key": _json(step.schema, step.key),
        "outcome": step.outcome,
        "reason": step.reason,
        "outputs": [
            {
                "key": _json(new, product.key),
                "new": not product.kept,
                "added": dict(product.difference.added),
                "removed": dict(product.difference.removed),
                "changed": {
                    place: {"old": one.old, "new": one.new} for place, one in product.difference.changed.items()
                },
            }
            for product in step.products
        ],
    }


def _json(schema: KeySchema, key: Key) -> Any:
    """Between two migrations an item may have no key yet."""
    return schema.to_json(key) if key else None


def _keys(schema: KeySchema, keys: Sequence[Key]) -> list[Any]:
    return [schema.to_json(key) for key in keys]
