"""Counts what a way back would leave behind: what changed in the new table since the switch, by its stream.

The stream says which keys to look at. Each is compared, so what Verdigris itself wrote there last does not count, nor
does what was changed back. Read-only but for claims, which are only ever added.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from verdigris.core.leaving import LeftBehind
from verdigris.core.lineage import Positions, readable
from verdigris.core.model import Key, RawItem
from verdigris.core.settling import settle, unread
from verdigris.core.ttl import alike
from verdigris.errors import ItemRefused, StoreError
from verdigris.phases.base import Bench
from verdigris.phases.claims import Claims

#: Counting ends here: so many are a decision already.
_MOST = 1000
_CHUNK = 100
#: An empty page proves nothing; so many in a row are taken for the end of an open shard. (This is a count, no drain.)
_EMPTY = 5


def left_behind(bench: Bench) -> LeftBehind:
    """Never fails because of a store: what cannot be counted is unknown, with the reason."""
    try:
        return _counted(bench)
    except StoreError as error:
        return LeftBehind(0, whole=False, why=error.what)


def follow_destination(bench: Bench) -> None:
    """Turns the new table's stream on, if nothing needed it before: from the flip on it says what is written there."""
    facts = bench.stores.admin.describe(bench.plan.destination_table)
    if facts is not None and facts.stream is None:
        bench.stores.admin.enable_stream(bench.plan.destination_table)


def _counted(bench: Bench) -> LeftBehind:
    facts = bench.stores.admin.describe(bench.plan.destination_table)
    if facts is None or facts.stream is None:
        return LeftBehind(0, whole=False, why=f"{bench.plan.destination_table} has no stream")
    switched_s = datetime.fromisoformat(bench.snapshot.switched_at).timestamp()
    looked_at: set[Key] = set()
    waiting: list[Key] = []
    found = 0
    for changed in _changes(bench, facts.stream, switched_s - bench.settings.margin_s):
        waiting += [key for key in dict.fromkeys(changed) if key not in looked_at]
        looked_at.update(waiting)
        while len(waiting) >= _CHUNK:
            found += _differing(bench, waiting[:_CHUNK])
            waiting = waiting[_CHUNK:]
        if found >= _MOST:
            return LeftBehind(found, whole=False, why="counting ended there")
    found += _differing(bench, waiting)
    if bench.now() - switched_s >= bench.settings.stream_keeps_s:
        return LeftBehind(found, whole=False, why="the stream does not go back to the switch any more")
    return LeftBehind(found)


def _changes(bench: Bench, stream_arn: str, since_s: float) -> Iterator[list[Key]]:
    """The keys of every change since then, a page at a time, until about now."""
    stream = bench.stores.stream(stream_arn)
    until_s = bench.now()
    shards, positions = stream.shards(), Positions({})
    empty: dict[str, int] = {}
    while todo := [shard for shard in readable(shards, positions) if empty.get(shard, 0) < _EMPTY]:
        bench.breathe()
        for shard in todo:
            page = stream.read(shard, positions.after.get(shard))
            positions = positions.advanced(shard, page.last, page.ended)
            past = bool(page.changes) and page.changes[0].at_s > until_s  # who goes on writing keeps nobody here
            empty[shard] = _EMPTY if past else 0 if page.changes else empty.get(shard, 0) + 1
            yield [
                change.key
                for change in page.changes
                if change.at_s >= since_s and change.key not in bench.settings.reserved
            ]
            if page.ended:
                shards = stream.shards()


def _differing(bench: Bench, keys: list[Key]) -> int:
    """At how many of these keys the new table is not what the migrations make of the old one."""
    there = bench.destination.read(keys)
    wanted = _owners(bench, keys, there)
    produced: dict[Key, dict[Key, RawItem]] = {}
    refused: set[Key] = set()
    sources = unread(wanted, produced)
    items = bench.source.read(sources)
    for source in sources:
        try:
            outputs = bench.transform().apply(items[source]) if source in items else ()
        except ItemRefused:
            refused.add(source)
            outputs = ()
        produced[source] = {output.key: output.raw for output in outputs}
    settled = settle(wanted, produced, refused)
    expired, now_s = bench.expired(), bench.now()
    known = {*settled.puts, *settled.deletes}
    return sum(key not in known or not alike(settled.puts.get(key), there.get(key), expired, now_s) for key in keys)


def _owners(bench: Bench, keys: list[Key], there: dict[Key, RawItem]) -> dict[Key, set[Key]]:
    """Whoever may produce each key. One of which nobody can tell is left out: it differs."""
    transform = bench.transform()
    wanted = {key: set(transform.own(key)) for key in keys}
    for key, claimants in Claims(bench.stores.links, transform).owners(wanted).items():
        wanted[key] |= claimants
    for key, item in there.items() if transform.names_sources else ():
        try:
            wanted[key] |= set(transform.owners(key, item))
        except ItemRefused:
            del wanted[key]
    return wanted
