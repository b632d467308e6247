"""The small command channel of a running traffic generator: HTTP on a loopback port.

POST /read-only    begins no further write; answers when every write under way is settled ({"settled": bool})
POST /resume       writes again
POST /stop         settles and ends; the process prints its statistics
GET  /stats        counts so far
GET  /gap?from=&to=&of=write|read    longest time without an acknowledgement in a window of monotonic seconds
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    from court.traffic import Traffic


@contextmanager
def serve(traffic: Traffic, ended: threading.Event) -> Iterator[str]:
    """Serves the commands in threads and gives the address; `ended` is set by the command to stop."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            if address.path == "/stats":
                self._answer(traffic.to_json())
            elif address.path == "/gap":
                window = float(query["from"]), float(query["to"])
                self._answer({"seconds": traffic.stats.longest_gap(*window, query.get("of", "write"))})
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            if self.path == "/read-only":
                self._answer({"settled": traffic.read_only()})
            elif self.path == "/resume":
                traffic.resume()
                self._answer({})
            elif self.path == "/stop":
                ended.set()
                self._answer({})
            else:
                self.send_error(404)

        def _answer(self, body: Any) -> None:
            payload = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Generator:
    """A traffic generator in a process of its own, and the commands to it. For whoever starts one.

    `folder` (the one that holds the packages `court`, `v1`, `v2`) is where it runs; `control` and `ledger` are files
    that must not exist yet. Raises RuntimeError if it ends too early.
    """

    def __init__(self, folder: Path, arguments: dict[str, str], control: Path, *, start_seconds: float = 60) -> None:
        flags = [part for name, value in arguments.items() for part in (f"--{name}", value)]
        command = [sys.executable, "-m", "court.traffic", *flags, "--control", str(control)]
        self._process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
        self._url = self._address(control, time.monotonic() + start_seconds)

    def read_only(self) -> bool:
        """Stops writing; true when every write under way is settled."""
        return bool(self._ask("POST", "/read-only", timeout=90)["settled"])

    def resume(self) -> None:
        self._ask("POST", "/resume")

    def stats(self) -> dict[str, Any]:
        found: dict[str, Any] = self._ask("GET", "/stats")
        return found

    def longest_gap(self, start: float, end: float, of: str = "write") -> float:
        """Seconds; `start` and `end` are of `time.monotonic()`, which all processes of one machine share."""
        return float(self._ask("GET", f"/gap?from={start}&to={end}&of={of}")["seconds"])

    def stop(self) -> dict[str, Any]:
        """Ends it and returns its last statistics. Raises RuntimeError if a write was left unsettled."""
        if self._process.poll() is None:
            self._ask("POST", "/stop")
        out, _ = self._process.communicate(timeout=90)
        if self._process.returncode:
            raise RuntimeError(f"the traffic generator ended with {self._process.returncode}: {out[-1000:]}")
        found: dict[str, Any] = json.loads(out)
        return found

    def kill(self) -> None:
        """Ends it at once, if it runs still."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    def _address(self, control: Path, until: float) -> str:
        while not (control.exists() and (address := control.read_text())):
            if self._process.poll() is not None or time.monotonic() > until:
                self.kill()
                raise RuntimeError(f"the traffic generator did not start ({self._process.returncode})")
            time.sleep(0.05)
        return address

    def _ask(self, method: str, path: str, timeout: float = 10) -> Any:
        if self._process.poll() is not None:
            raise RuntimeError(f"the traffic generator has ended ({self._process.returncode})")
        with urlopen(Request(self._url + path, method=method), timeout=timeout) as answer:
            return json.load(answer)
