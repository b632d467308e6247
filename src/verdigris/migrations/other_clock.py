"""Another time of day for one process: what depends on the clock then gives other results, surely and at once.

Set before the user's code is imported. What Python offers is moved; a program in C that asks the system is not.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from typing import Any

_REAL_DATETIME = datetime.datetime
_REAL_DATE = datetime.date


def move(seconds: int) -> None:
    """Moves every clock of this process ahead. Once a process; cannot be undone."""
    for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
        setattr(time, name, _later(getattr(time, name), seconds))
        setattr(time, f"{name}_ns", _later(getattr(time, f"{name}_ns"), seconds * 10**9))
    for name in ("localtime", "gmtime", "ctime"):
        setattr(time, name, _of_now(getattr(time, name)))
    time.asctime = _broken_down(time.asctime)
    strftime = time.strftime
    time.strftime = lambda form, *at: strftime(form, *(at or (time.localtime(),)))
    setattr(datetime, "datetime", _moved_datetime(datetime.timedelta(seconds=seconds)))  # noqa: B010
    setattr(datetime, "date", _moved_date())  # noqa: B010


def _later(clock: Callable[[], Any], by: int) -> Callable[[], Any]:
    return lambda: clock() + by


def _of_now(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda seconds=None: function(time.time() if seconds is None else seconds)


def _broken_down(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *at: function(*(at or (time.localtime(),)))


class _Like(type):
    """`isinstance(x, datetime)` means the real one: other libraries keep making those."""

    real: type

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.real)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, cls.real)


def _moved_datetime(by: datetime.timedelta) -> type:
    class Datetime(_REAL_DATETIME, metaclass=_Like):
        real = _REAL_DATETIME

        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return _as(cls, _REAL_DATETIME.now(tz) + by)

        @classmethod
        def utcnow(cls) -> Any:
            return _as(cls, _REAL_DATETIME.now(datetime.UTC).replace(tzinfo=None) + by)

        @classmethod
        def today(cls) -> Any:
            return cls.now()

    return Datetime


def _moved_date() -> type:
    class Date(_REAL_DATE, metaclass=_Like):
        real = _REAL_DATE

        @classmethod
        def today(cls) -> Any:
            now = time.localtime()
            return cls(now.tm_year, now.tm_mon, now.tm_mday)

    return Date


def _as(kind: Any, at: datetime.datetime) -> Any:
    return kind(
        at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond, tzinfo=at.tzinfo, fold=at.fold
    )
