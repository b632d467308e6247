"""What is the matter with a table's copies in other regions, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

#: The step of provision that makes one; the region follows.
REPLICA_STEP = "create-replica "


def not_whole(name: str, regions: Iterable[str], states: Mapping[str, str]) -> str:
    """The first of `regions` in which there is no active replica; "" if there is one in each.

    `states`: region → ReplicaStatus, as the table's home knows them.
    """
    for region in regions:
        if (status := states.get(region)) != "ACTIVE":
            is_what = f"is {status}" if status else "is gone, and the table itself is there"
            return f"the replica of {name} in {region} {is_what}"
    return ""


def make_again(name: str, regions: Iterable[str], states: Mapping[str, str]) -> str:
    """What to type where one is gone; "" where there is nothing to do but to look again."""
    gone = next((region for region in regions if region not in states), None)
    create = f"--replica-updates 'Create={{RegionName={gone}}}'"
    return f"aws dynamodb update-table --table-name {name} {create}" if gone else ""
