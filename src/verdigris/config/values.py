"""The kinds of values that verdigris.toml holds, each with its rule in words.

The validators raise ValueError with a sentence that begins after "found …": `load` puts the two together.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, Strict

from verdigris.config.names import COLORED, expand, placeholder_fault, placeholders, template_fault

_WORD = re.compile(r"[a-z0-9-]{2,32}")
_ENVIRONMENT = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_REFERENCE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_SECRET_REFERENCE = re.compile(r"env:[A-Za-z_]\w*|secretsmanager:[^\s#]+(#\S+)?|ssm:\S+")
#: us-east-1, us-gov-west-1, ap-southeast-2, eusc-de-east-1
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}")
#: The longest sort key: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
_BEACON_BYTES = 1024
_BEACON_DIGITS = 28


_DURATION = re.compile(r"([1-9]\d{0,4})([dhm])")
_UNITS_S = {"d": 86_400.0, "h": 3600.0, "m": 60.0}


class SecretFound(ValueError):
    """A value that must not be repeated in a message."""


def _word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise ValueError('must be 2 to 32 of a-z, 0-9 and "-"')
    return text


def _environment(text: str) -> str:
    if not _ENVIRONMENT.fullmatch(text):
        raise ValueError('an environment\'s name must be 1 to 32 of a-z, 0-9 and "-", not beginning with "-"')
    return text


def _path(text: str) -> str:
    if not text or "\0" in text:
        raise ValueError("must be the path of a file or folder, relative to verdigris.toml")
    return text


def _reference(text: str) -> str:
    if not _REFERENCE.fullmatch(text):
        raise ValueError('must be "module:function", for example "search.documents:case"')
    return text


def _region(text: str) -> str:
    if not _REGION.fullmatch(text):
        raise ValueError('must be a region, for example "us-east-1"')
    return text


def _regions(regions: tuple[str, ...]) -> tuple[str, ...]:
    if not regions:
        raise ValueError("must name the home region")
    if len(set(regions)) < len(regions):
        raise ValueError("must name each region once")
    return regions


def _function(text: str) -> str:
    allowed = ("app", "env", "region", "color")
    for name in placeholders(text):
        if name not in allowed:
            raise ValueError(f"unknown placeholder {{{name}}}; allowed: {', '.join(f'{{{one}}}' for one in allowed)}")
    if "color" not in placeholders(text):
        raise ValueError("must hold {color}: the function is one of the live color's")
    return text


def _command(words: tuple[str, ...]) -> tuple[str, ...]:
    if not words or not words[0]:
        raise ValueError('must be a program and its arguments, for example ["python", "app.py"]')
    # Braces are everyday things in commands, so only what is meant to be {port} is a fault.
    for name in (name for word in words for name in placeholders(word)):
        if name != "port" and get_close_matches(name, ["port"], cutoff=0.7):
            raise ValueError(f"unknown placeholder {{{name}}}; did you mean {{port}}?")
    return words


def _url(text: str) -> str:
    try:
        url = urlsplit(text)
        valid = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise ValueError("must be an address such as http://127.0.0.1:8000")
    if url.username or url.password:
        raise SecretFound("must not hold a user or password: verdigris.toml is no place for secrets")
    return text.rstrip("/")


def _url_path(text: str) -> str:
    if not text.startswith("/"):
        raise ValueError('must be a path that begins with "/", for example "/health"')
    return text


def _beacon(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("must be a string or a whole number")
    if isinstance(value, int) and abs(value) >= 10**_BEACON_DIGITS:
        raise ValueError(f"must have at most {_BEACON_DIGITS} digits, so that its fractions are numbers, too")
    if isinstance(value, str) and not 0 < len(value.encode()) <= _BEACON_BYTES:
        raise ValueError(f"must have 1 to {_BEACON_BYTES} bytes, as a key has")
    return value


def _template(version: bool) -> AfterValidator:
    def check(text: str) -> str:
        if fault := template_fault(text, version=version):
            raise ValueError(fault)
        return text

    return AfterValidator(check)


def _secret_reference(text: str) -> str:
    if not _SECRET_REFERENCE.fullmatch(text):
        raise SecretFound("must say where it is kept: env:NAME, secretsmanager:ID, secretsmanager:ID#KEY or ssm:NAME")
    return text


def _duration(text: str) -> str:
    if not _DURATION.fullmatch(text):
        raise ValueError("must be a whole number of days, hours or minutes: 7d, 36h, 90m")
    return text


def seconds(duration: str) -> float:
    """`7d`, `36h` or `90m`, in seconds."""
    return int(duration[:-1]) * _UNITS_S[duration[-1]]


def _color_name(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    if fault := placeholder_fault(text, COLORED):
        raise ValueError(fault)
    return text


def _colored_url(text: str) -> str:
    _color_name(text)
    _url(expand(text, **dict.fromkeys(COLORED, "x")))
    return text.rstrip("/")


def _colored(text: str) -> str:
    if "color" not in placeholders(text):
        raise ValueError("must hold {color}: the two colors need two names")
    return text


def _shown(pattern: re.Pattern[str]) -> Any:
    """Puts the pattern into the JSON schema, where editors look for it."""
    return Field(json_schema_extra={"pattern": f"^{pattern.pattern}$"})


Word = Annotated[str, AfterValidator(_word), _shown(_WORD)]
EnvironmentName = Annotated[str, AfterValidator(_environment)]
RelativePath = Annotated[str, AfterValidator(_path)]
Reference = Annotated[str, AfterValidator(_reference), _shown(_REFERENCE)]
Region = Annotated[str, AfterValidator(_region), _shown(_REGION)]
# TOML's arrays arrive as lists: only the container is lax, what it holds stays strict.
Regions = Annotated[
    tuple[Region, ...],
    Strict(False),
    AfterValidator(_regions),
    Field(json_schema_extra={"minItems": 1, "uniqueItems": True}),
]
Command = Annotated[tuple[str, ...], Strict(False), AfterValidator(_command), Field(json_schema_extra={"minItems": 1})]
Arguments = Annotated[tuple[str, ...], Strict(False)]
SecretReference = Annotated[str, AfterValidator(_secret_reference), _shown(_SECRET_REFERENCE)]
Duration = Annotated[str, AfterValidator(_duration), _shown(_DURATION)]
Url = Annotated[str, AfterValidator(_url), Field(json_schema_extra={"format": "uri"})]
UrlPath = Annotated[str, AfterValidator(_url_path)]
Beacon = Annotated[str | int, BeforeValidator(_beacon)]
#: May hold `{color}`, or must.
ColorName = Annotated[str, AfterValidator(_color_name)]
ColoredUrl = Annotated[str, AfterValidator(_colored_url)]
Colored = Annotated[ColorName, AfterValidator(_colored)]
VersionedName = Annotated[str, _template(version=True)]
ColoredName = Annotated[str, AfterValidator(_function)]
UnversionedName = Annotated[str, _template(version=False)]
