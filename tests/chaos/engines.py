"""The engines of the rounds: a DynamoDB Local for a few of them, since old stream records slow it down."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from tests.chaos.rounds import carried, served
from tests.chaos.tally import Tally

from verdigris.local import dynamodb
from verdigris.local.stack import LocalStack

#: How many rounds one engine takes, and how many seeds apart the rounds are whose application is served.
_ROUNDS = _SERVED = 4


class Engines:
    """Runs rounds in `folder`. A round is what its seed says."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack: LocalStack | None = None
        self._taken = 0

    def __enter__(self) -> Engines:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stack:
            self._stack.down()

    def round(self, seed: int, broken: str = "") -> Tally:
        tally = Tally(rounds=1)
        try:
            if seed % _SERVED == 0:
                served(seed, self._folder, tally, broken)
            else:
                carried(seed, self._folder, self._dynamodb_url(), tally, broken)
        except AssertionError as error:
            tally.wrong.append(str(error))
        return tally

    def _dynamodb_url(self) -> str:
        if self._stack and self._taken == _ROUNDS:
            self._stack.down()
            self._stack, self._taken = None, 0
        self._taken += 1
        self._stack = self._stack or LocalStack(self._folder / "engine")
        return self._stack.up(engines=[dynamodb.NAME]).dynamodb_url
