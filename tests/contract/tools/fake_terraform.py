"""Keeps to what Terraform documents of its command line, as far as Verdigris uses it: for machines that have none.

Of its language it knows `variable`, `output` and `terraform_data` (`input`, `depends_on`, `local-exec`), with strings,
objects, lists and references. State is JSON where Terraform has it. Every suite that is given this one is given the
real Terraform, too, where there is one.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_TOKEN = re.compile(r'\s+|#[^\n]*|("(?:[^"\\]|\\.)*"|[\w.-]+|[{}\[\]=,])')
_REFERENCE = re.compile(r"\$\{([^}]+)\}")
_NOTHING, _FAILED, _CHANGES = 0, 1, 2


class Refused(Exception):
    """Ends with code 1, and this is why."""


# ── the language ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Block:
    labels: tuple[str, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    blocks: list[tuple[str, Block]] = field(default_factory=list)


class Parser:
    def __init__(self, text: str) -> None:
        if rest := _TOKEN.sub("", text):
            raise Refused(f"this is not understood: {rest}")
        self._tokens = [token[1] for token in _TOKEN.finditer(text) if token[1]]

    def block(self, labels: tuple[str, ...] = ()) -> Block:
        """Up to its closing brace, or the end of the file."""
        made = Block(labels)
        while self._tokens and (name := self._tokens.pop(0)) != "}":
            below = []
            while self._tokens[0].startswith('"'):
                below.append(json.loads(self._tokens.pop(0)))
            if self._tokens.pop(0) == "{":
                made.blocks.append((name, self.block(tuple(below))))
            else:
                made.values[name] = self._value()
        return made

    def _value(self) -> Any:
        """A string or a reference stays what it is written as; objects and lists are read."""
        token = self._tokens.pop(0)
        if token == "{":
            return self.block().values
        if token != "[":
            return token
        items = []
        while (token := self._tokens[0]) != "]":
            items.append(self._value() if token != "," else self._tokens.pop(0))
        self._tokens.pop(0)
        return [item for item in items if item != ","]


class Configuration:
    """What stands in the folder, with the values of its variables."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        files = [Parser(path.read_text()).block() for path in sorted(Path().glob("*.tf"))]
        blocks = [block for file in files for block in file.blocks]
        self._variables = variables
        self._declared = {block.labels[0] for kind, block in blocks if kind == "variable"}
        self.resources = {block.labels[1]: block for kind, block in blocks if kind == "resource"}
        self._outputs = {block.labels[0]: block for kind, block in blocks if kind == "output"}
        if unknown := {block.labels[0] for kind, block in blocks if kind == "resource"} - {"terraform_data"}:
            raise Refused(f"there is no provider for {min(unknown)}")
        if missing := self._declared - variables.keys():
            raise Refused(f"No value for required variable {min(missing)}")

    def inputs(self) -> dict[str, Any]:
        return {name: self._evaluated(block.values.get("input", "null")) for name, block in self.resources.items()}

    def outputs(self) -> dict[str, Any]:
        return {
            name: {
                "sensitive": block.values.get("sensitive") == "true",
                "type": "string",
                "value": self._evaluated(block.values["value"]),
            }
            for name, block in self._outputs.items()
        }

    def commands(self, resource: str) -> list[str]:
        return [self._evaluated(block.values["command"]) for _, block in self.resources[resource].blocks]

    def _evaluated(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._evaluated(one) for name, one in value.items()}
        if value.startswith('"'):
            return _REFERENCE.sub(lambda found: str(self._referred(found[1])), json.loads(value))
        return None if value == "null" else self._referred(value)

    def _referred(self, reference: str) -> Any:
        match reference.split("."):
            case ["var", name] if name in self._declared:
                return self._variables[name]
            case ["terraform_data", name, "output", *path] if name in self.resources:
                found = self._evaluated(self.resources[name].values.get("input", "null"))
                for attribute in path:
                    found = found[attribute]
                return found
        raise Refused(f"Reference to undeclared resource or variable: {reference}")


# ── the state ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class State:
    file: Path

    def read(self) -> dict[str, Any]:
        empty: dict[str, Any] = {"outputs": {}, "resources": []}
        return json.loads(self.file.read_text()) if self.file.exists() else empty

    def write(self, resources: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
        listed = [{"type": "terraform_data", "name": name, "input": value} for name, value in resources.items()]
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps({"outputs": outputs, "resources": listed}))

    @contextmanager
    def locked(self, patience_s: float) -> Iterator[None]:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.with_name(f".{self.file.name}.lock.info").open("a") as lock:
            until_s = time.monotonic() + patience_s
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= until_s:
                        raise Refused(f"Error acquiring the state lock\n\nLock Info:\n  Path: {self.file}") from None
                    time.sleep(0.02)
            yield


# ── the command line ─────────────────────────────────────────────────────────────────────────────────────────────────


class Call:
    def __init__(self, arguments: list[str]) -> None:
        self.words = [word for word in arguments if not word.startswith("-")]
        pairs = [word.lstrip("-").partition("=")[::2] for word in arguments if word.startswith("-")]
        self.options = dict(pairs)
        self._vars = dict(value.partition("=")[::2] for name, value in pairs if name == "var")
        self._backend = dict(value.partition("=")[::2] for name, value in pairs if name == "backend-config")
        self._data = Path(os.environ["TF_DATA_DIR"])

    def run(self) -> int:
        match self.words:
            case ["init"]:
                self._data.mkdir(parents=True, exist_ok=True)
                (self._data / "backend").write_text(json.dumps(self._backend))
            case ["workspace", "select", name]:
                self._select(name)
            case ["workspace", "delete", name]:
                self._delete(name)
            case ["plan"]:
                return self._plan()
            case ["apply"]:
                self._apply(self._variables(), destroy=False)
            case ["apply", file]:
                planned = json.loads(Path(file).read_text())
                self._apply(planned["variables"], planned["destroy"])
            case ["output"]:
                print(json.dumps(self._state().read()["outputs"]))
            case _:
                raise Refused(f"unknown: {self.words}")
        return _NOTHING

    def _variables(self) -> dict[str, str]:
        file = self.options.get("var-file")
        return self._vars | (json.loads(Path(file).read_text()) if file else {})

    def _workspace(self) -> str:
        chosen = self._data / "environment"
        return os.environ.get("TF_WORKSPACE") or (chosen.read_text() if chosen.exists() else "default")

    def _state(self, workspace: str = "") -> State:
        backend = json.loads((self._data / "backend").read_text())
        name = workspace or self._workspace()
        folder = Path() if name == "default" else Path("terraform.tfstate.d") / name
        return State(Path(backend.get("path", folder / "terraform.tfstate")))

    def _select(self, name: str) -> None:
        if "TF_WORKSPACE" in os.environ:
            raise Refused("The selected workspace is currently overridden using the TF_WORKSPACE environment variable.")
        folder = self._state(name).file.parent
        if not folder.is_dir() and "or-create" not in self.options:
            raise Refused(f"Workspace {name} doesn't exist.")
        folder.mkdir(parents=True, exist_ok=True)
        (self._data / "environment").write_text(name)

    def _delete(self, name: str) -> None:
        state = self._state(name)
        if self._workspace() == name or state.read()["resources"]:
            raise Refused(f"Workspace {name} is in use.")
        for file in state.file.parent.iterdir():
            file.unlink()
        state.file.parent.rmdir()

    def _patience_s(self) -> float:
        return float(self.options.get("lock-timeout", "0s").rstrip("s"))

    def _plan(self) -> int:
        state, variables, destroy = self._state(), self._variables(), "destroy" in self.options
        if self.options.get("lock") != "false":
            with state.locked(self._patience_s()):
                pass
        there = state.read()
        configuration = Configuration(variables)
        inputs, outputs = ({}, {}) if destroy else (configuration.inputs(), configuration.outputs())
        if out := self.options.get("out"):
            Path(out).write_text(json.dumps({"variables": variables, "destroy": destroy}))
        if outputs == there["outputs"] and inputs == {one["name"]: one["input"] for one in there["resources"]}:
            print("No changes. Your infrastructure matches the configuration.")
            return _NOTHING
        print(f"Plan: {len(inputs)} wanted, {len(there['resources'])} there.")
        return _CHANGES

    def _apply(self, variables: Mapping[str, str], destroy: bool) -> None:
        configuration, state = Configuration(variables), self._state()
        inputs = {} if destroy else configuration.inputs()
        with state.locked(self._patience_s()):
            new = inputs.keys() - {one["name"] for one in state.read()["resources"]}
            failed = [name for name in sorted(new) if not all(map(_succeeds, configuration.commands(name)))]
            made = {name: value for name, value in inputs.items() if name not in failed}
            state.write(made, {} if destroy else configuration.outputs())
        if failed:
            raise Refused(f"local-exec provisioner error, with terraform_data.{failed[0]}")
        print(f"Apply complete! Resources: {len(made)}.")


def _succeeds(command: str) -> bool:
    return subprocess.run(["/bin/sh", "-c", command], check=False).returncode == 0


def main() -> int:
    try:
        return Call(sys.argv[1:]).run()
    except Refused as refused:
        print(f"Error: {refused}", file=sys.stderr)
        return _FAILED


if __name__ == "__main__":
    sys.exit(main())
