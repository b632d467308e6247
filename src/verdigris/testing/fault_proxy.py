"""A real HTTP proxy in front of DynamoDB Local that does what AWS does and Local never shows.

    with FaultProxy("http://127.0.0.1:8000", seed=7, rules=CHAOS) as proxy:
        client = boto3.client("dynamodb", endpoint_url=proxy.url)
        proxy.set(throttled=0.5)
        ...
        print(proxy.injected)

Which fault befalls the n-th request of an operation on a table follows from the seed, these three, and the rules; so a
heartbeat in between shifts nothing. As a process: `python -m verdigris.testing.fault_proxy --target URL --port P
--seed N --profile chaos`; then `GET /_faults` shows the counters, and `POST /_faults` takes changed rules (JSON).
Needs the `local` extra. `rules.py` says which faults there are.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import msgspec
import orjson

from verdigris.local.forward import Answer, Broken, NotSent
from verdigris.testing.faults import answers, batches
from verdigris.testing.faults.ahead import Ahead, Hold
from verdigris.testing.faults.calls import Call
from verdigris.testing.faults.rules import CHAOS, LATE, MILD, PROFILES, QUIET, Fault, Rules
from verdigris.testing.faults.serving import Serving
from verdigris.testing.faults.streams import Streams

__all__ = ["CHAOS", "LATE", "MILD", "PROFILES", "QUIET", "Fault", "FaultProxy", "Hold", "Rules"]

_CONTROL = b"/_faults"


class FaultProxy(Serving):
    """See `Serving`. `now` gives seconds since the epoch, against which signing dates and iterators are held."""

    def __init__(
        self,
        target_url: str,
        seed: int,
        rules: Rules = QUIET,
        *,
        port: int = 0,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.seed = seed
        #: what was injected, how often: the values of `Fault`, and delayed, held, old_signature, split, trimmed
        self.injected: Counter[str] = Counter()
        #: operation → requests
        self.requests: Counter[str] = Counter()
        super().__init__(target_url, port)
        self._rules = rules
        self._now = now
        self._ahead = Ahead()
        self._numbers: Counter[tuple[str, str]] = Counter()
        self._streams = Streams(self._forward, now, self.injected)

    # ── from outside, any thread ─────────────────────────────────────────────────────────────────────────────────

    @property
    def rules(self) -> Rules:
        return self._rules

    def set(self, rules: Rules | None = None, **changes: Any) -> None:
        """Other rules, or some of them changed, from the next request on. Raises ValueError."""
        self._rules = (rules or self._rules).changed(**changes)

    def next(self, *faults: Fault, only: str = "*") -> None:
        """The next requests that match `only` (as in `Rules`) meet these faults, one each, whatever the rules say."""
        for fault in faults:
            self._ahead.add(only, fault)

    def hold(self, only: str) -> Hold:
        """The next request that matches `only` is held until told."""
        held = Hold()
        self._ahead.add(only, held)
        return held

    def expire_iterators(self) -> None:
        """Every iterator given out so far has expired."""
        self._on_loop(_called(self._streams.expire_iterators))

    def trim(self, keep: int = 0) -> None:
        """All but the newest `keep` records of each stream that was read through this proxy are gone."""
        self._on_loop(self._streams.trim(keep, self._rules))

    # ── on the loop ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _handle(self, call: Call) -> Answer | None:
        try:
            if call.target == _CONTROL:
                return self._control(call)
            if not call.operation:
                return await self._forward(call)
            return await self._befall(call)
        except (NotSent, Broken):
            return None  # the service itself broke off: so do we

    async def _befall(self, call: Call) -> Answer | None:
        self.requests[call.operation] += 1
        rules, dice = self._rules, self._dice(call)
        ahead = self._ahead.take(call)
        if isinstance(ahead, Hold):
            return await self._held(call, ahead)
        fault = ahead or rules.choose(call, dice)
        if rules.concern(call) and dice.random() < rules.delayed:
            self.injected["delayed"] += 1
            await asyncio.sleep(dice.uniform(*rules.delay_s))
        if fault is None:
            return await self._land(call)
        self.injected[fault.value] += 1
        return await self._inject(fault, call, dice)

    async def _inject(self, fault: Fault, call: Call, dice: random.Random) -> Answer | None:
        match fault:
            case Fault.THROTTLED:
                return answers.throttled(call, dice)
            case Fault.SERVER_ERROR:
                return answers.server_error(dice)
            case Fault.CONFLICT:
                return answers.conflict(call, dice)
            case Fault.EXPIRED_ITERATOR:
                return answers.error("ExpiredIteratorException", "Iterator expired")
            case Fault.RESET_BEFORE:
                return None
            case Fault.LATE:
                self._land_later(call, dice.uniform(*self._rules.late_s))
                return None
            case Fault.UNPROCESSED:
                part, rest = batches.parted(call, dice)
                return batches.handing_back(await self._land(part), call, rest)
            case Fault.FAILED_AFTER:
                await self._land(call)
                return answers.server_error(dice)
            case Fault.RESET_AFTER:
                await self._land(call)
                return None
            case Fault.WRONG_CRC:
                return answers.wrong_crc(await self._land(call))
            case Fault.EMPTY_PAGE:
                return await self._land(call, fault)

    async def _held(self, call: Call, hold: Hold) -> Answer | None:
        self.injected["held"] += 1
        if not await hold.until_told(call):
            return None
        answer = await self._land(call)
        hold.landed(answer.status)
        return answer

    def _land_later(self, call: Call, seconds: float) -> None:
        async def later() -> None:
            await asyncio.sleep(seconds)
            with suppress(NotSent, Broken):  # nobody waits for it
                await self._land(call)

        self._later(later())

    async def _land(self, call: Call, fault: Fault | None = None) -> Answer:
        """The service sees the request now: its signature is looked at first."""
        bound_s, signed_s = self._rules.signature_bound_s, call.signed_s
        if bound_s is not None and signed_s is not None and self._now() - signed_s > bound_s:
            self.injected["old_signature"] += 1
            return answers.signature_expired(call)
        if call.of_streams:
            return await self._streams.answer(call, self._rules, fault)
        if call.operation == "Scan" and (most := self._rules.scan_items):
            call = call.asking("Scan", {**call.content, "Limit": min(most, call.content.get("Limit", most))})
        return await self._forward(call)

    def _dice(self, call: Call) -> random.Random:
        place = (call.operation, call.table)
        self._numbers[place] += 1
        return random.Random(f"{self.seed}|{call.operation}|{call.table}|{self._numbers[place]}")

    def _control(self, call: Call) -> Answer:
        if call.method == "POST":
            try:
                self.set(**call.content)
            except (ValueError, TypeError) as error:
                return answers.error("ValidationException", str(error))
        return answers.fine(
            {
                "injected": dict(self.injected),
                "requests": dict(self.requests),
                "rules": msgspec.structs.asdict(self._rules),
            }
        )


async def _called(function: Callable[[], None]) -> None:
    function()


def main(arguments: Sequence[str] | None = None) -> None:
    """Serves until SIGTERM or SIGINT; the first line on stdout is the address, the last one the counters as JSON."""
    parser = argparse.ArgumentParser(prog="verdigris.testing.fault_proxy", description="Faults before DynamoDB Local.")
    parser.add_argument("--target", required=True, metavar="URL", help="where DynamoDB Local answers")
    parser.add_argument("--port", type=int, default=0, help="port of 127.0.0.1 to listen on; 0: any")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--profile", choices=PROFILES, default="chaos")
    options = parser.parse_args(arguments)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with FaultProxy(options.target, options.seed, PROFILES[options.profile], port=options.port) as proxy:
        print(proxy.url, flush=True)
        ended.wait()
    print(orjson.dumps(dict(proxy.injected)).decode(), flush=True)


if __name__ == "__main__":
    main()
