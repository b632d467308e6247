"""Every adapter of the application's port, on something small of its kind."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import boto3
import pytest
import urllib3

from verdigris.core.model import Color, DataVersion, Place
from verdigris.local.application import LocalApplication
from verdigris.stores.base import Application
from verdigris.stores.command_application import CommandApplication
from verdigris.stores.stacks import Commands, Stacks, cdk, sam
from verdigris.stores.terraform import Setup, Terraform

TOOLS = Path(__file__).with_name("tools")
TERRAFORM = """
variable "verdigris_color" { type = string }
variable "verdigris_table" { type = string }
resource "terraform_data" "app" {
  input = "http://${var.verdigris_color}.example/${var.verdigris_table}"
}
output "url" { value = terraform_data.app.output }
output "secret" {
  value     = "hunter2"
  sensitive = true
}
"""
BROKEN = """
resource "terraform_data" "broken" {
  depends_on = [terraform_data.app]
  provisioner "local-exec" { command = "exit 1" }
}
"""
SERVER = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = os.environ["VERDIGRIS_TABLE"].encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def place(color: Color, table: str = "court-dev-alpha") -> Place:
    return Place("dev", color, DataVersion.ALPHA, table, "court-dev-deploy", "us-east-1")


def name(color: Color) -> str:
    return f"court-dev-{color}"


@dataclass
class Made:
    """One adapter. `again` makes another one over the same things, as the next runner does."""

    again: Callable[[], Application]
    break_it: Callable[[], object]
    folder: Path
    #: what it said; None where it is not told
    told: list[str] | None = field(default_factory=list)
    table_at: Callable[[str], str] = lambda address: address.rpartition("/")[2]
    name: Callable[[Color], str] = name

    def __post_init__(self) -> None:
        self.application = self.again()

    def log(self, color: Color) -> Path:
        return self.folder / self.name(color) / "output.log"


def process(tmp: Path, patch: pytest.MonkeyPatch) -> Made:
    (tmp / "server.py").write_text(SERVER)
    command = (sys.executable, "server.py", "{port}")
    return Made(
        lambda: LocalApplication(tmp / "state", "court-dev", command, tmp),
        lambda: (tmp / "server.py").write_text("raise SystemExit('no database')"),
        tmp / "state",
        None,
        lambda address: urllib3.request("GET", f"{address}/health", retries=False).data.decode(),
    )


def terraform(tmp: Path, patch: pytest.MonkeyPatch) -> Made:
    return _terraform(tmp, "terraform")


def fake_terraform(tmp: Path, patch: pytest.MonkeyPatch) -> Made:
    return _terraform(tmp, terraform_program("fake-terraform", tmp))


def _terraform(tmp: Path, program: str) -> Made:
    (tmp / "main.tf").write_text(TERRAFORM)
    told: list[str] = []
    setup = Setup(tmp / "state", tmp, name, program=program, lock_timeout_s=0)
    break_it = partial((tmp / "broken.tf").write_text, BROKEN)
    return Made(lambda: Terraform(setup, told.append), break_it, tmp / "state", told)


def terraform_program(which: str, folder: Path) -> str:
    """The program of one of `TERRAFORMS`; a file in `folder` if it is the fake one."""
    if which == "terraform":
        return which
    return script(folder, which, f'exec "{sys.executable}" "{TOOLS / "fake_terraform.py"}" "$@"')


def commands(tmp: Path, patch: pytest.MonkeyPatch) -> Made:
    deploy = 'test ! -e broken && echo deploying && echo "http://$VERDIGRIS_COLOR/$VERDIGRIS_TABLE" > $VERDIGRIS_COLOR'
    told: list[str] = []
    sh = ("/bin/sh", "-c")
    return Made(
        lambda: CommandApplication(
            tmp / "state",
            tmp,
            name,
            (*sh, deploy),
            (*sh, "rm -f $VERDIGRIS_COLOR"),
            (*sh, "cat $VERDIGRIS_COLOR 2>/dev/null || true"),
            tell=told.append,
        ),
        (tmp / "broken").touch,
        tmp / "state",
        told,
    )


def sam_stacks(tmp: Path, patch: pytest.MonkeyPatch) -> Made:
    return _stacks(tmp, patch, "sam", sam({"Table": "VERDIGRIS_TABLE"}, ("--resolve-s3",)))


def cdk_stacks(tmp: Path, patch: pytest.MonkeyPatch) -> Made:
    return _stacks(tmp, patch, "cdk", cdk(("--ci",)))


def _stacks(tmp: Path, patch: pytest.MonkeyPatch, tool: str, how: Commands) -> Made:
    script(tmp / "bin", tool, f'echo "{tool} $1" && exec "{sys.executable}" "{TOOLS / "deploy_stack.py"}" {tool} "$@"')
    patch.setenv("PATH", f"{tmp / 'bin'}:/usr/bin:/bin")
    told: list[str] = []

    def own_name(color: Color) -> str:  # the server's stacks are everybody's
        return f"{tmp.name.replace('_', '-')}-{color}"

    def client() -> object:
        return boto3.Session().client("cloudformation", region_name="us-east-1")

    return Made(
        lambda: Stacks(tmp / "state", tmp, own_name, how, client, tell=told.append),
        (tmp / "broken").touch,
        tmp / "state",
        told,
        name=own_name,
    )


def script(folder: Path, called: str, text: str) -> str:
    folder.mkdir(exist_ok=True)
    file = folder / called
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return str(file)


MAKERS: dict[str, Callable[[Path, pytest.MonkeyPatch], Made]] = {
    "process": process,
    "terraform": terraform,
    "fake-terraform": fake_terraform,
    "command": commands,
    "sam": sam_stacks,
    "cdk": cdk_stacks,
}
#: No registry has Terraform: where it is not, the fake one alone keeps to the contract. The best is first.
TERRAFORMS = ["fake-terraform"] if shutil.which("terraform") is None else ["terraform", "fake-terraform"]
KINDS = [kind for kind in MAKERS if "terraform" not in kind or kind in TERRAFORMS]
