"""Rules that need more than one section: names once they are expanded, and what an environment lacks.

They look at the raw document, so that their faults are reported together with everybody else's; what is of the wrong
type is passed over here, since it is a fault already.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from verdigris.config import names
from verdigris.config.faults import Fault
from verdigris.config.lines import KeyPath
from verdigris.config.model import DeployTableSettings
from verdigris.core.model import DataVersion

_Section = dict[str, Any]


def name_faults(raw: _Section, skip: Collection[KeyPath]) -> list[Fault]:
    """Faults of names in the environments that exist; none for a key that has a fault already (`skip`)."""
    seen: dict[KeyPath, Fault] = {}
    for fault in (*_expanded(raw, skip), *_environments(raw), *_scopes(raw), *_hooks(raw), *_labels(raw), *_live(raw)):
        if fault.key not in skip:
            seen.setdefault(fault.key, fault)
    return list(seen.values())


def _expanded(raw: _Section, skip: Collection[KeyPath]) -> Iterator[Fault]:
    for env, settings in _section(raw, "environments").items():
        known = {
            "app": (("app", "name"), _section(raw, "app").get("name")),
            "env": (("environments", env), env),
            "region": (("environments", env, "regions"), next(iter(_list(settings, "regions")), None)),
        }
        values = {name: value for name, (key, value) in known.items() if isinstance(value, str) and key not in skip}
        yield from _tables(raw, values)
        yield from _indexes(raw, values)
        yield from _domains(raw, values)


def _tables(raw: _Section, values: dict[str, str]) -> Iterator[Fault]:
    taken = set()
    for version in DataVersion:
        name = _expand(_section(raw, "table").get("name"), {**values, "version": version.value})
        if name is not None:
            taken.add(name)
            if what := names.table_name_fault(name):
                yield Fault(("table", "name"), what)
    deploy = _expand(_section(raw, "deploy_table").get("name", DeployTableSettings().name), values)
    if deploy is not None:
        if what := names.table_name_fault(deploy):
            yield Fault(("deploy_table", "name"), what)
        elif deploy in taken:
            yield Fault(("deploy_table", "name"), f'becomes "{deploy}", which is the name of the table itself')


def _indexes(raw: _Section, values: dict[str, str]) -> Iterator[Fault]:
    taken: set[str] = set()
    for number, index in enumerate(_list(raw, "index")):
        alias = _expand(index.get("name") if isinstance(index, dict) else None, values)
        if alias is None:
            continue
        mine = {alias, *(f"{alias}-{version.value}" for version in DataVersion)}
        what = next((fault for name in sorted(mine) if (fault := names.index_name_fault(name))), None)
        if what is None and (clash := sorted(mine & taken)):
            what = f'becomes "{clash[0]}", which another index uses'
        if what:
            yield Fault(("index", number, "name"), what)
        taken |= mine


def _domains(raw: _Section, values: dict[str, str]) -> Iterator[Fault]:
    for version in DataVersion:
        name = _expand(_section(raw, "search_domain").get("name"), {**values, "version": version.value})
        if name is not None and (what := names.domain_name_fault(name)):
            yield Fault(("search_domain", "name"), what)


def _labels(raw: _Section) -> Iterator[Fault]:
    """`VERDIGRIS_INDEX_<LABEL>` must name one index."""
    taken: dict[str, str] = {}
    for number, index in enumerate(_list(raw, "index")):
        name = index.get("name") if isinstance(index, dict) else None
        if not isinstance(name, str):
            continue
        label = names.label(name)
        if label in taken:
            what = f'"{name}" and "{taken[label]}" differ in placeholders only; each index needs a word of its own'
            yield Fault(("index", number, "name"), what)
        taken[label] = name


def _live(raw: _Section) -> Iterator[Fault]:
    live = raw.get("live")
    if isinstance(live, dict) and len({"function", "command"} & live.keys()) != 1:
        yield Fault(("live",), "must have one of function and command: which way is the live application asked?")


def _scopes(raw: _Section) -> Iterator[Fault]:
    """What is meant for some environments only names such as there are."""
    known = _section(raw, "environments")
    for section in ("hook", "notify", "alarm", "health", "consumer"):
        for number, part in enumerate(_list(raw, section)):
            for place, env in enumerate(_list(part, "environments")):
                if isinstance(env, str) and env not in known:
                    what = f'no environment "{env}"; there are: {", ".join(known)}{names.did_you_mean(env, known)}'
                    yield Fault((section, number, "environments", place), what)


def _hooks(raw: _Section) -> Iterator[Fault]:
    """Each has something to ask, and a name of its own at its point; maintenance ends where it begins."""
    seen: set[tuple[str, str]] = set()
    hooks = [hook for hook in _list(raw, "hook") if isinstance(hook, dict)]
    for number, hook in enumerate(hooks):
        if ("command" in hook) == ("url" in hook):
            yield Fault(("hook", number), "needs one of command and url")
        if "secret" in hook and "url" not in hook:
            yield Fault(("hook", number, "secret"), "signs requests: it goes with url")
        asked = hook.get("name") or str(hook.get("command") or hook.get("url"))
        if (name := (str(hook.get("at")), asked)) in seen:
            yield Fault(("hook", number), f"is the second of its kind at {name[0]}: give it a name of its own")
        seen.add(name)
    for env in _section(raw, "environments"):
        mine = [(n, hook) for n, hook in enumerate(hooks) if env in (_list(hook, "environments") or [env])]
        at = {str(hook.get("at")): number for number, hook in mine}
        for one, other in (("maintenance-on", "maintenance-off"), ("maintenance-off", "maintenance-on")):
            if one in at and other not in at:
                yield Fault(("hook", at[one], "at"), f"{one} needs a hook at {other} in {env}: the two go together")


def _environments(raw: _Section) -> Iterator[Fault]:
    for env, settings in _section(raw, "environments").items():
        if not isinstance(settings, dict):
            continue
        endpoints = _section(settings, "endpoints")
        local = settings.get("local", False)
        if local is True and endpoints:
            what = "the embedded engines have addresses of their own: remove endpoints, or local = true"
            yield Fault(("environments", env, "endpoints"), what)
        domains = "search_domain" in raw  # their addresses are known once they are made
        if local is False and _list(raw, "index") and not domains and "search" not in endpoints:
            what = 'is missing: the address of the cluster that holds the indexes, for example "https://search.example.com"'
            yield Fault(("environments", env, "endpoints", "search"), what)
        if len(login := {"search_user", "search_password"} & endpoints.keys()) == 1:
            yield Fault(("environments", env, "endpoints", *login), "search_user and search_password go together")
        if (local is True or "dynamodb" in endpoints) and "aws" not in endpoints and _consumers(raw, env):
            what = "is missing: where Lambda answers; or say in [[consumer]] environments which ones have it"
            yield Fault(("environments", env, "endpoints", "aws"), what)


def _consumers(raw: _Section, env: str) -> list[Any]:
    """Those of an environment."""
    return [one for one in _list(raw, "consumer") if env in (_list(one, "environments") or [env])]


def _expand(template: Any, values: dict[str, str]) -> str | None:
    """The name, or None where the template or a value that it needs has a fault of its own."""
    if not isinstance(template, str) or not set(names.placeholders(template)) <= values.keys():
        return None
    return names.expand(template, **values)


def _section(parent: Any, key: str) -> _Section:
    value = parent.get(key) if isinstance(parent, dict) else None
    return value if isinstance(value, dict) else {}


def _list(parent: Any, key: str) -> list[Any]:
    value = parent.get(key) if isinstance(parent, dict) else None
    return value if isinstance(value, list) else []
