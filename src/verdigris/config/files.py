"""The JSON files that verdigris.toml names. Read when they are needed, so that `status` works without them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from verdigris.errors import ConfigError


def read_json(config_file: Path, key: str, relative: str) -> dict[str, Any]:
    """The JSON object in the file that `key` names. Raises ConfigError where there is none."""
    path = config_file.parent / relative
    try:
        body = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise _error(config_file, path, key, "there is no such file") from None
    except OSError as error:
        raise _error(config_file, path, key, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _error(config_file, path, key, "is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        what = f"is not valid JSON: {error.msg} (at line {error.lineno}, column {error.colno})"
        raise _error(config_file, path, key, what) from None
    if not isinstance(body, dict):
        raise _error(config_file, path, key, "must hold a JSON object")
    return body


def _error(config_file: Path, path: Path, key: str, what: str) -> ConfigError:
    fault = f"{path}: {what}; {key} in {config_file} names it"
    return ConfigError(f"the file of {key} cannot be used", faults=(fault,), where=str(config_file))
