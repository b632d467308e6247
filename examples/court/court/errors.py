"""What the application answers instead of a result; each class carries its HTTP status."""

from __future__ import annotations

from typing import ClassVar


class CourtError(Exception):
    status: ClassVar[int] = 500


class Malformed(CourtError):
    """The request makes no sense."""

    status = 400


class Missing(CourtError):
    """There is no such entity."""

    status = 404


class Outdated(CourtError):
    """The table holds a newer revision than the one that was sent."""

    status = 409


class Gone(CourtError):
    """This version of the application has no such kind of entity."""

    status = 410


class Busy(CourtError):
    """The table or the index did not take it, or the request came too late; nothing else was tried: ask again."""

    status = 503
