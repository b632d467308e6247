"""Rules of the protocol, taken away one at a time. The simulation must find each one missing: the checker has teeth.

A mutation replaces attributes of the production core; nothing of the world or of the checker is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from unittest.mock import patch

from tests.simulation import rules_of_indexing as indexing
from tests.simulation import rules_of_losing as losing
from tests.simulation import rules_of_quarantine as quarantine
from tests.simulation import rules_of_replicas as replicas
from tests.simulation import rules_of_settling as settling
from tests.simulation import rules_of_steering as steering
from tests.simulation import rules_of_switching as switching
from tests.simulation.rules_of_settling import Patch

from verdigris.testing.simulation import Allowed, simulate
from verdigris.testing.simulation.report import Report

CALM = Allowed(faults=0)
#: What knows nothing of rollbacks, and of days that pass.
_STRAIGHT = Allowed(faults=0, courses=(("deploy",),), days=0.0)


def calm(*migrations: str) -> Allowed:
    """Nothing goes wrong, but these migrations run beside writers."""
    return Allowed(migrations, faults=0)


def having(*kinds: str, phases: tuple[str, ...] = ()) -> Allowed:
    """These faults, in these phases."""
    return Allowed(kinds=kinds, phases=phases)


@dataclass(frozen=True)
class Mutation:
    """One rule without which something must go wrong; `allowed` makes what it guards against likely."""

    name: str
    patches: Callable[[], Sequence[Patch]]
    allowed: Allowed = CALM
    #: how many schedules may pass before one must be bad
    seeds: int = 3000
    #: what finds it: words of the verdict
    said: str = ""
    #: the seed that found it last, which is tried first: a hint that saves time
    hint: int = 0

    @contextmanager
    def applied(self) -> Iterator[None]:
        with ExitStack() as stack:
            for where, name, instead in self.patches():
                stack.enter_context(patch.object(where, name, instead))
            yield

    def caught(self, seeds: int | None = None) -> Report | None:
        """The first bad schedule, or None."""
        with self.applied():
            for seed in (self.hint, *range(seeds or self.seeds)):
                report = simulate(seed, self.allowed)
                if not report.ok:
                    return report
        return None


_DYING = ("crash", "crash-after", "cut", "lost")
_LATE = having("late", "crash-late", phases=("backfill", "replay", "verify", "switch"))
_DAYS = Allowed(faults=0, days=1.0)
_INDEXED = Allowed(faults=0, courses=(("deploy",),), days=0.0, indexed=1.0)
_INDEXED_DYING = Allowed(kinds=(*_DYING, "late", "crash-late"), phases=("reindex", "switch"), indexed=1.0)
_STEERED = Allowed(faults=0, courses=(("deploy",),), days=0.0, steered=1.0)
_REPLICATED = Allowed(faults=0, courses=(("deploy",),), days=0.0, replicated=1.0)
_THERE = "in the other region at the switch"
_SETTLED = "though it was settled"
_PICKY = calm("picky", "picky-moved", "picky-owner")

MUTATIONS = [
    Mutation("reads are eventually consistent", settling.weak_read),
    Mutation("two settles of one key at a time", settling.two_settles_of_one_key, _STRAIGHT),
    Mutation(
        "settling begins before the backfill has ended",
        settling.settled_beside_the_backfill,
        having("slow", phases=("backfill",)),
    ),
    Mutation("intermediate keys of a page are dropped", settling.intermediate_keys_dropped, calm("split", "mixed")),
    Mutation("old images are ignored", settling.old_image_ignored, calm("split")),
    Mutation("a hint's own key is ignored", settling.own_key_ignored, calm("same", "drop"), hint=193),
    Mutation("deletes are not written", settling.deletes_not_written),
    Mutation(
        "positions are kept before the write",
        settling.position_before_write,
        having(*_DYING, phases=("replay", "verify")),
    ),
    Mutation(
        "positions are kept before the write, and nothing dies",
        settling.position_before_write,
        _STRAIGHT,
        said=_SETTLED,
    ),
    Mutation(
        "proven is what came before the beacons came back",
        settling.proven_when_beacons_are_back,
        _STRAIGHT,
        said=_SETTLED,
    ),
    Mutation(
        "a page counts before it is written", settling.page_kept_before_write, having(*_DYING, phases=("backfill",))
    ),
    Mutation("the mark is set after the backfill", settling.mark_after_the_backfill),
    Mutation("clocks are trusted", settling.no_margin, having("jump", phases=("start", "preflight", "provision"))),
    Mutation(
        "unprocessed items are ignored", settling.unprocessed_items_ignored, having("half", "throttle", "cut"), hint=541
    ),
    Mutation("claims are not kept", settling.claims_not_kept, calm("moved")),
    Mutation("whose an output is, is not looked up", settling.owner_in_an_output_ignored, calm("rekeyed-owner")),
    Mutation("readers are not settled", settling.readers_not_settled, calm("view")),
    Mutation("verify asks once for owners", settling.owners_asked_once, calm("moved", "moved-owner"), hint=396),
    Mutation("verify trusts counts", switching.counts_trusted),
    Mutation("the drain awaits no beacon", switching.drain_without_beacon),
    Mutation("one beacon proves every shard", switching.one_beacon_for_all_shards),
    Mutation("shards that came after the fence are not asked", switching.later_shards_not_asked),
    Mutation("closed shards are not read to their end", switching.closed_shards_passed_over),
    Mutation("what the stream dropped is passed over", losing.passed_over, _DAYS),
    Mutation("a loss of hints voids no proof", losing.not_proven_again, _DAYS),
    Mutation("sums from before a loss are kept", losing.sums_kept, _DAYS),
    Mutation("the fence does not wait for writes under way", switching.fence_not_awaited),
    Mutation("the seal is skipped", switching.seal_skipped, having("pause", "slow", phases=("switch",))),
    Mutation(
        "a runner lifts its successor's fence",
        switching.fence_of_the_deployment,
        having("asleep", phases=("switch",)),
        hint=978,
    ),
    Mutation(
        "the flip compares nothing", switching.flip_without_compare, having("pause", "asleep", phases=("switch",))
    ),
    Mutation("unanswered writes are forgotten", switching.late_writes_forgotten, _LATE),
    Mutation("a takeover waits for nothing", switching.takeover_without_bound, _LATE),
    Mutation(
        "the lease is not checked before a write",
        switching.lease_not_checked_before_a_write,
        having("pause", "asleep", phases=("backfill", "replay", "verify", "switch")),
    ),
    Mutation("a switch does not ask what waits in quarantine", quarantine.switched_whatever_waits, _PICKY),
    Mutation("what is refused counts as absent", quarantine.refused_items_count_as_absent, calm("picky")),
    Mutation(
        "what is refused and concerns no key is forgotten",
        quarantine.refused_without_a_key_forgotten,
        calm("picky-rekeyed"),
    ),
    Mutation("the keys of what was refused are forgotten", quarantine.kept_keys_forgotten, calm("picky-owner")),
    Mutation("one of two producers wins", quarantine.one_of_two_producers_wins, calm("crowded", "crowded-owner")),
    Mutation("a discard is for good", quarantine.discarded_whatever_it_becomes, _PICKY),
    Mutation(
        "a discard is settled once",
        quarantine.discards_settled_once,
        Allowed(("picky", "crowded"), kinds=("crash-after", "lost"), phases=("quarantine",)),
    ),
    Mutation(
        "going forward again passes over the old color's writes",
        switching.forward_over_writes,
        Allowed(faults=0, courses=(("deploy", "rollback", "deploy"),)),
    ),
    Mutation(
        "an abort leaves the table", switching.table_kept_by_an_abort, Allowed(courses=(("verify", "abort", "deploy"),))
    ),
    Mutation(
        "an abort leaves the quarantine",
        switching.quarantine_kept_by_an_abort,
        Allowed(("picky",), faults=0, courses=(("verify", "abort", "deploy"),)),
    ),
    Mutation(
        "a table is made again before its removal has landed",
        switching.made_again_at_once,
        Allowed(("same",), kinds=("late", "crash-late"), phases=("abort",), courses=(("backfill", "abort", "deploy"),)),
    ),
    Mutation(
        "who was replaced still removes tables",
        switching.changes_by_the_replaced,
        Allowed(("same",), kinds=("asleep",), phases=("abort",), courses=(("backfill", "abort", "deploy"),)),
    ),
    Mutation("documents stay when their item goes", indexing.documents_not_removed, _INDEXED),
    Mutation("documents are written after the item", indexing.documents_after_the_item, _INDEXED),
    Mutation("documents of images are not looked for", indexing.images_not_looked_through, _INDEXED_DYING, hint=523),
    Mutation("a bulk wins over a settle", indexing.one_version_for_all, _INDEXED, hint=637),
    Mutation("an earlier runner's documents win", indexing.runners_not_ordered, _INDEXED_DYING),
    Mutation("a reindex draws versions again", indexing.drawn_again, Allowed(faults=0, days=1.0, indexed=1.0)),
    Mutation("what changes beside the build has no documents", indexing.settled_without_documents, _INDEXED),
    Mutation("the proof of the index compares nothing", indexing.documents_counted, _INDEXED),
    Mutation(
        "an abort leaves the index",
        indexing.index_kept_by_an_abort,
        Allowed(faults=0, courses=(("verify", "abort", "deploy"),), indexed=1.0),
    ),
    Mutation("a pause stops no page", steering.paused_between_phases_only, _STEERED, hint=323),
    Mutation("a resume is not heard", steering.resume_not_heard, _STEERED),
    Mutation("before the switch nobody looks at the replica again", replicas.proven_once, _REPLICATED, said=_THERE),
    Mutation("the fence does not wait for the replica", replicas.last_writes_not_awaited, _REPLICATED, said=_THERE),
    Mutation(
        "what a dead runner wrote is not looked for in the replica",
        replicas.writes_of_the_dead_forgotten,
        Allowed(kinds=_DYING, phases=("verify", "exercise", "switch"), days=0.0, replicated=1.0),
        said=_THERE,
    ),
    Mutation(
        "a redrive voids no proof of the replica",
        replicas.proof_stands_after_a_redrive,
        replace(_PICKY, replicated=1.0),
        said=_THERE,
    ),
    Mutation("the alias does not follow", indexing.alias_left_behind, _INDEXED),
]
