"""Secrets by reference: verdigris.toml says where one is kept, never what it is. Read anew whenever it is needed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from verdigris.errors import AccessRefused, Invalid
from verdigris.stores.aws_errors import aws_errors


def read_secret(reference: str, client: Callable[[str], Any], environ: Mapping[str, str]) -> str:
    """The secret at `env:NAME`, `secretsmanager:ID`, `secretsmanager:ID#KEY` (a key of a JSON object) or `ssm:NAME`.

    `client` gives the boto3 client of a service. Raises AccessRefused if there is none or it may not be read, Invalid
    if it is not of that form.
    """
    kind, _, name = reference.partition(":")
    match kind:
        case "env":
            found = environ.get(name, "")
        case "ssm":
            with aws_errors(reference):
                found = client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
        case _:
            identity, _, key = name.partition("#")
            with aws_errors(reference):
                text = client("secretsmanager").get_secret_value(SecretId=identity).get("SecretString", "")
            found = _of_key(text, key, reference) if key else text
    if not found.strip():
        raise AccessRefused(
            f"there is no secret at {reference}",
            where=reference,
            state="nothing was sent",
            next_command=f"export {name}=… and run the command again" if kind == "env" else "put it there, then repeat",
        )
    return found.strip()


def _of_key(text: str, key: str, reference: str) -> str:
    try:
        found = json.loads(text)[key]
    except (ValueError, KeyError, TypeError):
        found = None
    if not isinstance(found, str):
        raise Invalid(
            f"the secret at {reference} is no JSON object with the text {key!r}",
            where=reference,
            state="nothing was sent",
            next_command="mend the secret, or its reference in verdigris.toml",
        ) from None
    return found
