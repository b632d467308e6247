"""What to say about an exception that user code raised."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any


def describe(error: BaseException, function: Callable[..., Any]) -> str:
    """`KeyError: 'amount' (line 12)`: the type, the message and the deepest line in the file that holds `function`."""
    message = str(error)
    text = f"{type(error).__name__}: {message}" if message else type(error).__name__
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f"{text} (line {lines[-1]})" if lines else text
