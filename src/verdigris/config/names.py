"""Name templates (`{app}-{env}-{version}`) and the services' rules for names.

Functions whose name ends in `_fault` return what is wrong in words, or None.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

PLACEHOLDERS = ("app", "env", "version", "region")
#: In the names of what serves a color: the data behind it has none.
COLORED = ("app", "env", "region", "color")

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
_TABLE_CHARACTERS = re.compile(r"[a-zA-Z0-9_.-]+")
_TABLE_LENGTH = range(3, 256)
#: https://docs.aws.amazon.com/opensearch-service/latest/APIReference/API_CreateDomain.html (DomainName)
_DOMAIN_LENGTH = range(3, 29)
#: https://docs.opensearch.org/latest/api-reference/index-apis/create-index/#index-naming-restrictions
_INDEX_FORBIDDEN = frozenset(' ,:"*+/\\|?#><')
#: The services take 255; the number of its deployment makes an index's name up to seven longer, and the alias through
#: which it is written another seven.
_INDEX_BYTES = 241


def expand(template: str, **values: str) -> str:
    """The template with its placeholders replaced. Raises KeyError for one that has no value."""
    return _PLACEHOLDER.sub(lambda match: values[match[1]], template)


def unversioned(template: str) -> str:
    """The template without `{version}` and the sign that joins it: `{app}-{version}` → `{app}`."""
    return re.sub(r"[-_.]\{version\}|\{version\}[-_.]?", "", template, count=1)


def placeholders(template: str) -> tuple[str, ...]:
    """The placeholders that a template holds, in order."""
    return tuple(_PLACEHOLDER.findall(template))


def label(template: str) -> str:
    """The words of a template that are not placeholders, joined by `-`: `{app}-{env}-case` → `case`; else `main`."""
    return "-".join(re.findall(r"[a-z0-9]+", _PLACEHOLDER.sub(" ", template).lower())) or "main"


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed name that a mistyped `word` most likely stands for."""
    return next(iter(difflib.get_close_matches(word, list(allowed), n=1, cutoff=0.6)), None)


def did_you_mean(word: str, allowed: Iterable[str]) -> str:
    """`; did you mean "name"?`, or nothing."""
    guess = nearest(word, allowed)
    return f'; did you mean "{guess}"?' if guess else ""


def template_fault(template: str, *, version: bool) -> str | None:
    """Unknown placeholders, and `{version}` where it must be (`version=True`) or must not be."""
    if fault := placeholder_fault(template, PLACEHOLDERS):
        return fault
    used = placeholders(template)
    if version and "version" not in used:
        return "must hold {version}: the two copies of the data need two names"
    if not version and "version" in used:
        return "must not hold {version}: it is one and the same for both copies of the data"
    return None


def placeholder_fault(template: str, known: tuple[str, ...]) -> str | None:
    """A placeholder that is not one of `known`."""
    for name in placeholders(template):
        if name not in known:
            allowed = ", ".join(f"{{{each}}}" for each in known)
            return f"unknown placeholder {{{name}}}; allowed: {allowed}{did_you_mean(name, known)}"
    return None


def table_name_fault(name: str) -> str | None:
    """DynamoDB's rule: 3 to 255 of a-z, A-Z, 0-9, `_`, `.` and `-`."""
    if len(name) not in _TABLE_LENGTH:
        return f'becomes "{name}" ({len(name)} characters); a table name has 3 to 255'
    if not _TABLE_CHARACTERS.fullmatch(name):
        return f'becomes "{name}"; a table name may hold a-z, A-Z, 0-9, "_", "." and "-" only'
    return None


def domain_name_fault(name: str) -> str | None:
    """OpenSearch Service's rule: 3 to 28 of a-z, 0-9 and `-`, a letter first."""
    if len(name) not in _DOMAIN_LENGTH:
        return f'becomes "{name}" ({len(name)} characters); the name of a search domain has 3 to 28'
    if not re.fullmatch(r"[a-z][a-z0-9-]+", name):
        return f'becomes "{name}"; the name of a search domain holds a-z, 0-9 and "-" only, and begins with a letter'
    return None


def index_name_fault(name: str) -> str | None:
    """OpenSearch's and Elasticsearch's rule: lower case, no leading `_`, `-` or `+`, at most 255 bytes."""
    if not 0 < len(name.encode()) <= _INDEX_BYTES:
        return f'becomes "{name}" ({len(name.encode())} bytes); an index name has 1 to {_INDEX_BYTES}'
    if name != name.lower():
        return f'becomes "{name}"; an index name must be lower case'
    if name[0] in "_-+":
        return f'becomes "{name}"; an index name must not begin with "{name[0]}"'
    if bad := sorted(_INDEX_FORBIDDEN.intersection(name)):
        return f'becomes "{name}"; an index name must not hold {" ".join(bad)!r}'
    return None
