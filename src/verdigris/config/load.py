"""verdigris.toml → Config, with every fault of the file at once."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from verdigris.config.checks import name_faults
from verdigris.config.faults import Fault, from_pydantic
from verdigris.config.lines import Lines
from verdigris.config.model import FILE_NAME, Config, Document
from verdigris.errors import ConfigError


def load(path: Path | None, cwd: Path) -> Config:
    """Reads `path`, or the verdigris.toml of `cwd` or of the nearest folder above it that has one.

    Raises ConfigError if there is none, if it cannot be read, or for all that is wrong in it: `faults` then holds
    one line for each, with file, line, key, what was found and what is allowed.
    """
    file = _find(path, cwd)
    shown = _shown(file, cwd)
    text = _read(file, shown)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{shown} is not valid TOML", faults=(f"{shown}: {error}",), where=shown) from None
    document, faults = _validate(raw)
    faults += name_faults(raw, skip={fault.key for fault in faults})
    if document is None or faults:
        lines = Lines(text)
        ordered = sorted(faults, key=lambda fault: lines.of(fault.key) or 0)
        said = tuple(fault.text(shown, lines.of(fault.key)) for fault in ordered)
        count = "one fault" if len(said) == 1 else f"{len(said)} faults"
        raise ConfigError(f"{shown} has {count}", faults=said, where=shown)
    return Config(file=file, **dict(document))


def _validate(raw: dict[str, Any]) -> tuple[Document | None, list[Fault]]:
    try:
        return Document.model_validate(raw), []
    except ValidationError as error:
        return None, from_pydantic(error)


def _find(path: Path | None, cwd: Path) -> Path:
    if path is not None:
        return (cwd / path).resolve()
    for folder in (cwd.resolve(), *cwd.resolve().parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    raise _missing(f"there is no {FILE_NAME} in {cwd.resolve()} or a folder above it", str(cwd.resolve()))


def _read(file: Path, shown: str) -> str:
    try:
        return file.read_text("utf-8-sig")
    except FileNotFoundError:
        raise _missing("there is no such file", shown) from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{shown} is not UTF-8 text (at byte {error.start})", where=shown) from None
    except OSError as error:
        raise ConfigError(f"{shown} cannot be read: {error.strerror}", where=shown) from None


def _missing(what: str, where: str) -> ConfigError:
    return ConfigError(what, where=where, next_command="verdigris init")


def _shown(file: Path, cwd: Path) -> str:
    """The file as a person in `cwd` would type it, unless that is longer than the whole path."""
    return min(os.path.relpath(file, cwd), str(file), key=len)
