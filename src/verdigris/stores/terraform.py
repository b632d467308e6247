"""The application of a color as infrastructure that Terraform (or OpenTofu) makes, with a state for each color."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from verdigris.core.model import Color, Place
from verdigris.errors import Conflict, Invalid
from verdigris.stores.tool import Tell, Tool, ended_with

#: `terraform plan -detailed-exitcode`: nothing to do, and changes.
_NOTHING, _CHANGES = 0, 2


@dataclass(frozen=True)
class Setup:
    """How Terraform is called: `directory` holds the configuration, `folder` what Verdigris keeps for itself.

    `name` names a color's folder and workspace, `backend` gives its values of -backend-config.
    """

    folder: Path
    directory: Path
    name: Callable[[Color], str]
    backend: Callable[[Color], Sequence[str]] = lambda color: ()
    program: str = "terraform"
    address_output: str = "url"
    lock_timeout_s: int = 60
    timeout_s: float = 3600.0

    @property
    def workspaces(self) -> bool:
        """Whether workspaces keep the colors' states apart; else their backends do."""
        return self.backend(Color.BLUE) == self.backend(Color.GREEN)


@dataclass
class Terraform:
    """An `Application` whose colors are Terraform's. `tell` is given what Terraform says, line by line."""

    setup: Setup
    tell: Tell = lambda line: None
    #: what this process brought to its end or has read: infrastructure does not die as processes do
    _addresses: dict[Color, str] = field(default_factory=dict, init=False)

    def start(self, place: Place) -> str:
        """init, plan, apply of that plan if it has changes; the address from the outputs.

        Raises Conflict if the state is locked, Invalid if a step fails or the output is not there.
        """
        work = _Work(self.setup, place, self.tell)
        work.begin()
        work.apply()
        address = work.address()
        if address is None:
            raise Invalid(
                f'Terraform is done, but no output "{self.setup.address_output}" is text that may be shown',
                where=str(self.setup.directory),
                state=f"{work.name} is deployed; no traffic was moved",
                next_command=f"add the output, then: verdigris deploy {place.env}",
            )
        self._addresses[place.color] = address
        return address

    def address(self, place: Place) -> str | None:
        """The address from the outputs in the color's state; None if it has none."""
        if place.color not in self._addresses:
            work = _Work(self.setup, place, self.tell)
            work.begin()
            found = work.address()
            if found is None:
                return None
            self._addresses[place.color] = found
        return self._addresses[place.color]

    def stop(self, place: Place) -> None:
        """Destroys what the color's state holds, and the workspace that was made for it."""
        self._addresses.pop(place.color, None)
        work = _Work(self.setup, place, self.tell)
        work.begin()
        work.apply("-destroy")
        work.forget()


class _Work:
    """One color's turn. Its folder keeps the two colors apart: variables, plan, log, and what `init` leaves behind."""

    def __init__(self, setup: Setup, place: Place, tell: Tell) -> None:
        self._setup = setup
        self._place = place
        self.name = setup.name(place.color)
        self._folder = setup.folder / self.name
        self._plan = self._folder / "plan"
        self._tool = Tool(self._folder / "output.log", setup.directory, tell, timeout_s=setup.timeout_s)

    def begin(self) -> None:
        """The variables, the backend and the workspace."""
        self._tool.begin()
        self._variables.write_text(json.dumps(_variables(self._place), indent=1))
        backend = (f"-backend-config={value}" for value in self._setup.backend(self._place.color))
        self._must("init", "-input=false", "-reconfigure", *backend)
        if self._setup.workspaces:
            self._must("workspace", "select", "-or-create=true", self.name)

    def apply(self, *mode: str) -> None:
        """Plans, and does exactly what was planned."""
        asked = (*mode, "-input=false", "-detailed-exitcode", "-compact-warnings", f"-var-file={self._variables}")
        code = self._run("plan", *asked, self._patience, f"-out={self._plan}")
        if code == _NOTHING:
            return
        if code != _CHANGES:
            # Terraform has one exit code for every fault. With the lock it fails, without it does not: it is the lock.
            locked = self._run("plan", *asked, "-lock=false") in (_NOTHING, _CHANGES)
            raise self._locked() if locked else self._failed("plan", code)
        try:
            self._must("apply", "-input=false", self._patience, str(self._plan))
        finally:
            self._plan.unlink(missing_ok=True)

    def address(self) -> str | None:
        """The output, where it is text that may be shown."""
        code, text = self._tool.read([self._setup.program, "output", "-json", "-no-color"], self._env)
        if code:
            raise self._failed("output", code)
        output = json.loads(text or "{}").get(self._setup.address_output, {})
        value = output.get("value")
        return value if isinstance(value, str) and value and not output.get("sensitive") else None

    def forget(self) -> None:
        """The workspace, which is empty now."""
        if self._setup.workspaces:
            self._must("workspace", "select", "default")
            self._must("workspace", "delete", self._patience, self.name)

    @property
    def _variables(self) -> Path:
        return self._folder / "variables.tfvars.json"

    @property
    def _patience(self) -> str:
        return f"-lock-timeout={self._setup.lock_timeout_s}s"

    @cached_property
    def _env(self) -> dict[str, str]:
        env = {**os.environ, **self._place.environment()}
        env.pop("TF_WORKSPACE", None)  # it would go before the color's own
        return env | {"TF_DATA_DIR": str(self._folder / "data"), "TF_IN_AUTOMATION": "1"}

    def _run(self, command: str, *arguments: str) -> int:
        words = [command, *arguments]
        words.insert(2 if command == "workspace" else 1, "-no-color")
        return self._tool.run([self._setup.program, *words], self._env)

    def _must(self, command: str, *arguments: str) -> None:
        if code := self._run(command, *arguments):
            raise self._failed(command, code)

    def _failed(self, command: str, code: int) -> Invalid:
        env = self._place.env
        return Invalid(
            f"terraform {command} for {self._place.color} {ended_with(code)}",
            where=f"{self._tool.log}, in {self._setup.directory}",
            state=f"what was made is in the state of {self.name}; no traffic was moved",
            next_command=f"mend it, then run the command again; or take everything back: verdigris abort {env}",
        )

    def _locked(self) -> Conflict:
        return Conflict(
            f"Terraform's state of {self._place.color} is locked, and was for {self._setup.lock_timeout_s} s",
            where=f"{self._tool.log}: who holds it, and the lock's ID",
            state="nothing was changed",
            next_command=f"wait for its holder, or, if that is dead: terraform workspace select {self.name} && "
            f"terraform force-unlock ID; then run the command again",
        )


def _variables(place: Place) -> dict[str, str]:
    """`VERDIGRIS_TABLE` → `verdigris_table`: what the configuration does not declare, Terraform passes over."""
    told = place.environment()
    return {name.lower(): value for name, value in told.items() if name.startswith("VERDIGRIS_")}
