"""DynamoDB Local: tables and streams, in memory.

Without `-sharedDb` each region and access key has tables of its own, so that one server stands for several regions.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path

from verdigris.local.engine import Launch, asks
from verdigris.local.folders import make_folder

NAME = "dynamodb-local"
#: What clients of the embedded DynamoDB sign with. It checks no signature, but keeps the tables of each key apart.
ACCESS_KEY = "verdigris"
SECRET_KEY = "verdigris"
#: The heap of an idle server grows to gigabytes without a bound.
_HEAP = "-Xmx512m"
_START_S = 60.0


def launch(parts: Path, java_home: Path, area: Path) -> Launch:
    """How to start it: `parts` is the folder of its jars, `area` where it may keep scratch files."""
    scratch = make_folder(area / "tmp")
    with as_file(files("verdigris.local").joinpath("launcher")) as launcher:
        path = os.pathsep.join([f"{parts}/*", str(launcher)])

    def argv(port: int) -> Sequence[str]:
        return (
            str(java_home / "bin" / "java"),
            _HEAP,
            "--enable-native-access=ALL-UNNAMED",
            f"-Djava.library.path={parts}",
            f"-Djava.io.tmpdir={scratch}",
            "-cp",
            path,
            "Loopback",
            "-inMemory",
            "-disableTelemetry",
            "-port",
            str(port),
        )

    return Launch(NAME, argv, _answers, _START_S)


def _answers(url: str) -> bool:
    credential = f"{ACCESS_KEY}/20200101/us-east-1/dynamodb/aws4_request"
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "DynamoDB_20120810.ListTables",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0",
    }
    return asks("POST", url, headers, b"{}") == 200
