"""What is wrong in verdigris.toml, in words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from verdigris.config.lines import KeyPath
from verdigris.config.model import Document
from verdigris.config.names import did_you_mean
from verdigris.config.values import SecretFound

_MUST_BE = {
    "string_type": "must be a string",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "finite_number": "must be a finite number",
    "greater_than": "must be greater than {gt:g}",
    "greater_than_equal": "must be {ge:g} or more",
    "less_than_equal": "must be {le:g} or less",
    "literal_error": "must be {expected}",
}
#: Longer values are cut: a fault is one line.
_SHOWN_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: the key, as its path in the file, and the sentence about it."""

    key: KeyPath
    what: str

    def text(self, file: str, line: int | None) -> str:
        """`verdigris.toml:3: app.nmae: unknown key; …`"""
        place = f"{file}:{line}" if line else file
        return f"{place}: {spelled(self.key)}: {self.what}" if self.key else f"{place}: {self.what}"


def spelled(key: KeyPath) -> str:
    """`("index", 0, "name")` → `index[0].name`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in key)
    return "".join(parts).removeprefix(".")


def found(value: Any) -> str:
    """`found 4, ` in TOML's own spelling, cut to a line."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return f"found {text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + '…'}"


def from_pydantic(error: ValidationError) -> list[Fault]:
    """Every fault that pydantic found."""
    return [_fault(details) for details in error.errors(include_url=False)]


def _fault(details: ErrorDetails) -> Fault:
    path = tuple(part for part in details["loc"] if part != "[key]")
    key = _in_the_file(path)
    match details["type"]:
        case "extra_forbidden":
            allowed = _keys(path[:-1])
            return Fault(key, f"unknown key; allowed: {', '.join(allowed)}{did_you_mean(str(key[-1]), allowed)}")
        case "missing":
            return Fault(key, f"is missing: {_description(path)}")
        case "union_tag_not_found":
            name, forms = _forms(_at(path))
            return Fault(key, f"{name} is missing; there are: {', '.join(forms)}")
        case "union_tag_invalid":
            (name, forms), form = _forms(_at(path)), str(details["ctx"]["tag"])
            return Fault((*key, name), f"{found(form)}; must be one of {', '.join(forms)}{did_you_mean(form, forms)}")
        case "too_short":
            return Fault(key, "needs at least one: [environments.dev], say")
        case "value_error" if isinstance(details["ctx"]["error"], SecretFound):
            return Fault(key, str(details["ctx"]["error"]))
        case "value_error":
            return Fault(key, f"{found(details['input'])}; {details['ctx']['error']}")
        case kind:
            rule = _MUST_BE[kind].format(**details.get("ctx", {})) if kind in _MUST_BE else details["msg"]
            return Fault(key, f"{found(details['input'])}; {rule}{_guess(details)}")


def _guess(details: ErrorDetails) -> str:
    if details["type"] != "literal_error" or not isinstance(details["input"], str):
        return ""
    return did_you_mean(details["input"], details["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", "))


def _keys(path: KeyPath) -> list[str]:
    return sorted(_section(_at(path)).model_fields)


def _description(path: KeyPath) -> str:
    return _section(_at(path[:-1])).model_fields[str(path[-1])].description or ""


def _at(path: KeyPath) -> Any:
    """The annotation that pydantic's path leads to."""
    annotation: Any = Document
    for part in path:
        annotation = _inside(annotation, part)
    return annotation


def _inside(annotation: Any, part: str | int) -> Any:
    if get_origin(annotation) in (dict, tuple):  # then the part is a number or a name
        return [each for each in get_args(annotation) if each is not Ellipsis][-1]
    _, forms = _forms(annotation)
    if forms:
        return forms.get(str(part), annotation)
    return _section(annotation).model_fields[str(part)].annotation


def _forms(annotation: Any) -> tuple[str, dict[str, type[BaseModel]]]:
    """Where one of several sections may stand: the key that says which, and what it says → section. Else nothing.

    Pydantic's paths then name the form as well.
    """
    sections = _sections(annotation)
    if len(sections) < 2:
        return "", {}
    key = next(name for name, field in sections[0].model_fields.items() if _says_one_thing(field.annotation))
    return key, {get_args(section.model_fields[key].annotation)[0]: section for section in sections}


def _says_one_thing(annotation: Any) -> bool:
    return get_origin(annotation) is Literal and len(get_args(annotation)) == 1


def _section(annotation: Any) -> type[BaseModel]:
    """The section in `Section` or `Section | None`."""
    return _sections(annotation)[0]


def _sections(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (dict, tuple):
        return []
    return [section for choice in get_args(annotation) for section in _sections(choice)]


def _in_the_file(path: KeyPath) -> KeyPath:
    """Pydantic's path without the forms that it names."""
    return tuple(part for place, part in enumerate(path) if part not in _forms(_at(path[:place]))[1])
