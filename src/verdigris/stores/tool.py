"""Programs of others (Terraform, SAM, a command), run so that people see what they say and nothing of it is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from verdigris.errors import Invalid

_LOOK_S = 0.1
#: How long a program that was interrupted may take to let go of its locks before it is killed.
_GRACE_S = 30.0
#: What `run` returns for a program that was stopped since it took too long (as timeout(1) does).
TIMED_OUT = 124

Tell = Callable[[str], None]


class Tool:
    """Runs programs in `directory`, one after the other, each for at most `timeout_s` seconds.

    What they say goes to the file `log`, and from there line by line to `tell`. They write to the file themselves, in
    a session of their own: neither Ctrl-C nor our own death stops one in the middle of its work.
    """

    def __init__(self, log: Path, directory: Path, tell: Tell, *, timeout_s: float, look_s: float = _LOOK_S) -> None:
        self.log = log
        self._directory = directory
        self._tell = tell
        self._timeout_s = timeout_s
        self._look_s = look_s

    def begin(self) -> None:
        """A new log; the one before is kept as `<log>.1`."""
        self.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.log.exists():
            self.log.replace(self.log.with_name(self.log.name + ".1"))

    def run(self, argv: Sequence[str], env: Mapping[str, str]) -> int:
        """Runs `argv` with the whole environment `env`; its exit code. Raises Invalid if it cannot be started."""
        with self.log.open("ab") as log:
            log.write(f"$ {' '.join(argv)}\n".encode())
            log.flush()
            begin = log.tell()
            child = self._start(argv, env, log)
        with self.log.open("rb") as log:
            log.seek(begin)
            return self._follow(child, log)

    def read(self, argv: Sequence[str], env: Mapping[str, str]) -> tuple[int, str]:
        """As `run`, for a program whose stdout is an answer to us: that is neither shown nor kept. (code, stdout)"""
        with self.log.open("ab") as log:
            child = self._start(argv, env, log, subprocess.PIPE)
        try:
            out, _ = child.communicate(timeout=self._timeout_s)
        except subprocess.TimeoutExpired:
            self._stop(child)
            child.communicate()
            return TIMED_OUT, ""
        return child.returncode, out.decode(errors="replace")

    def _start(
        self, argv: Sequence[str], env: Mapping[str, str], log: BinaryIO, out: BinaryIO | int | None = None
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=out or log,
                stderr=log,
                cwd=self._directory,
                env=env,
                start_new_session=True,
            )
        except OSError as error:
            raise Invalid(
                f"{argv[0]} could not be started: {error.strerror}",
                where=str(self._directory),
                state="nothing was started",
                next_command=f"check that {argv[0]} is installed and may be run, then run the command again",
            ) from error

    def _follow(self, child: subprocess.Popen[bytes], log: BinaryIO) -> int:
        """Tells what it says until it has ended."""
        until_s = time.monotonic() + self._timeout_s
        rest = b""
        while True:
            code = _ended(child, self._look_s)
            *lines, rest = (rest + log.read()).split(b"\n")
            for line in lines:
                self._tell(line.decode(errors="replace").rstrip())
            if code is not None:
                if rest:
                    self._tell(rest.decode(errors="replace").rstrip())
                return code
            if time.monotonic() > until_s:
                self._stop(child)
                return TIMED_OUT

    def _stop(self, child: subprocess.Popen[bytes]) -> None:
        """As Ctrl-C would, and by force if that is of no use."""
        os.killpg(child.pid, signal.SIGINT)
        if _ended(child, _GRACE_S) is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _ended(child: subprocess.Popen[bytes], within_s: float) -> int | None:
    try:
        return child.wait(within_s)
    except subprocess.TimeoutExpired:
        return None


def ended_with(code: int) -> str:
    """An exit code in words."""
    if code == TIMED_OUT:
        return "took too long, and was stopped"
    return f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
