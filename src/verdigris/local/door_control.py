"""The control side of the front door: the verbs of `LivePointer` as JSON over HTTP, for this machine only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from verdigris.core.model import Color
from verdigris.errors import Conflict, Invalid, StoreError, Unreachable
from verdigris.local.hall import Hall

Verb: TypeAlias = Callable[[Hall, Mapping[str, Any]], Awaitable[None]]
_STATUS: Mapping[type[StoreError], int] = {Conflict: 409, Invalid: 400, Unreachable: 504}


def control_app(hall: Hall) -> Starlette:
    """`GET /_verdigris/pointer`, and `POST /_verdigris/{register,fence,seal,set,release}`."""

    async def pointer(request: Request) -> Response:
        return _pointer(hall)

    routes = [Route("/_verdigris/pointer", pointer)]
    routes += [Route(f"/_verdigris/{name}", _endpoint(hall, verb), methods=["POST"]) for name, verb in _VERBS.items()]
    # Only for those who ask for this machine by its own name: a page in a browser must not get here by another.
    guards = [Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])]
    return Starlette(routes=routes, middleware=guards)


def _endpoint(hall: Hall, verb: Verb) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            await verb(hall, await _value(request))
        except (KeyError, ValueError, TypeError) as error:
            return _refusal(Invalid(f"not a request of this kind: {error!r}"))
        except StoreError as error:
            return _refusal(error)
        except OSError as error:
            return _refusal(StoreError(f"the front door cannot store its state: {error}; nothing changed"))
        return _pointer(hall)

    return endpoint


async def _value(request: Request) -> Mapping[str, Any]:
    # What a foreign page may send without asking first has another type.
    if request.headers.get("content-type") != "application/json":
        raise ValueError("content-type must be application/json")
    value = orjson.loads(await request.body())
    if not isinstance(value, dict):
        raise TypeError("a JSON object is expected")
    return value


def _pointer(hall: Hall) -> Response:
    now = hall.pointer()
    return JSONResponse(
        {
            "live": now.live,
            "addresses": dict(now.addresses),
            "fence": now.fence,
            "sealed": now.sealed,
            "held": hall.held,
        }
    )


def _refusal(error: StoreError) -> Response:
    content = {"error": error.code, "message": error.what, "state": error.state}
    return JSONResponse(content, status_code=_STATUS.get(type(error), 500))


async def _register(hall: Hall, value: Mapping[str, Any]) -> None:
    parts = urlsplit(value["address"])
    if parts.scheme != "http" or not parts.hostname or parts.path not in ("", "/"):
        raise ValueError(f"an address looks like http://host:port, not {value['address']}")
    hall.register(Color(value["color"]), f"http://{parts.netloc}")


async def _fence(hall: Hall, value: Mapping[str, Any]) -> None:
    await hall.fence(str(value["token"]), float(value["deadline_s"]))


async def _seal(hall: Hall, value: Mapping[str, Any]) -> None:
    hall.seal(str(value["token"]))


async def _set(hall: Hall, value: Mapping[str, Any]) -> None:
    expected = value["expected"]
    hall.set(Color(expected) if expected else None, Color(value["new"]), str(value["token"]))


async def _release(hall: Hall, value: Mapping[str, Any]) -> None:
    hall.release(str(value["token"]))


_VERBS: Mapping[str, Verb] = {
    "register": _register,
    "fence": _fence,
    "seal": _seal,
    "set": _set,
    "release": _release,
}
