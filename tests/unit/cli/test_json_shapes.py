"""What `--json` prints has the shapes of docs/reference/json.md."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli import sample
from tests.unit.cli.conftest import Run
from tests.unit.cli.test_exit_codes import answer

from verdigris import commands, errors
from verdigris.commands.steering import Steered
from verdigris.commands.waiting import Waited
from verdigris.core import records
from verdigris.core.model import Phase
from verdigris.core.pacing import Budget
from verdigris.core.passing import Verdict
from verdigris.core.permissions import On, policy
from verdigris.local.processes import ProcessInfo
from verdigris.local.stack import EngineInfo, LocalStack, StackInfo

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "json.md"
STATUS = (*sample.APPROVED, records.Failed(Phase.SWITCH, "interrupted", "stopped", "", "kept", "verdigris deploy dev"))
STACK = StackInfo(
    "folder",
    (EngineInfo("dynamodb-local", "running", "http://127.0.0.1:1", 2, 1, "log"),),
    (ProcessInfo("application", 3, 0.0, 4, "log", ()),),
)

#: command → the function behind it, what that returns, what to type
ONE_DOCUMENT: dict[str, tuple[str, Any, list[str]]] = {
    "plan": ("plan", sample.PLANNED, ["plan"]),
    "status": ("status", sample.status(*STATUS, lease=sample.LEASE), ["status"]),
    "wait": (
        "wait",
        Waited(Phase.REINDEX, Verdict.AHEAD, sample.status(*sample.PREFLIGHT), "deployment 3 is in provision"),
        ["wait", "--for", "reindex"],
    ),
    "approve": ("approve", sample.deployment(*sample.APPROVED), ["approve"]),
    "quarantine list": ("list_quarantine", sample.LISTED, ["quarantine", "list"]),
    "quarantine show": ("show_quarantined", sample.SHOWN, ["quarantine", "show", "pk=case|1,sk=case|1"]),
    "quarantine redrive": ("redrive", sample.REDRIVEN, ["quarantine", "redrive"]),
    "verify": ("verify", {"differences": 0}, ["verify"]),
    "budget": (
        "pause",
        Steered("dev", 3, Budget(write=500), "ada@build-7", "2026-11-23T18:16:02.000+00:00", True, True),
        ["pause"],
    ),
    "doctor": ("doctor", sample.FINDINGS, ["doctor"]),
    "history": ("history", sample.HISTORY, ["history"]),
    "get": ("get", "blue", ["get", "current-color"]),
    "set": ("set_value", sample.FLAG_SET, ["set", "migrate", "true"]),
    "iam": (
        "iam",
        policy([Phase.FINALIZE], {On.TABLES: ["arn:aws:dynamodb:us-east-1:*:table/court-dev-alpha"]}),
        ["iam", "--phase", "finalize"],
    ),
    "adopt": ("adopt", sample.ADOPTABLE, ["adopt"]),
    "clean": ("clean", sample.CLEANING, ["clean"]),
    "init": ("init", ([Path("/a")], [Path("/b")]), ["init"]),
    "unlock": ("unlock", sample.LEASE, ["unlock", "7"]),
    "migrations list": ("list_migrations", sample.MIGRATIONS, ["migrations", "list"]),
    "migrations new": ("new_migration", Path("/a"), ["migrations", "new", "x"]),
    "migrations record": ("record_migrations", ["0001_a.py"], ["migrations", "record", "0001_a.py"]),
    "migrations repair": ("repair_migrations", (["0001_a.py"], ["0000_b.py"]), ["migrations", "repair"]),
    "migrations test": ("try_migrations", sample.TRIALS, ["migrations", "test"]),
    "migrations lint": ("lint_migrations", sample.LINTED, ["migrations", "lint"]),
    "errors": ("status", errors.UsageError("no"), ["status"]),
}


def blocks() -> dict[str, str]:
    """Heading → the text of its example."""
    found = re.findall(r"^## (.+?)\n.*?^```jsonl?\n(.*?)^```", PAGE.read_text(), flags=re.DOTALL | re.MULTILINE)
    return dict(found)


def outline(value: Any) -> Any:
    """Keys only; lists by their first element. `"…": "…"` stands for the rest, and evidence is the phases' own."""
    if isinstance(value, dict):
        return {key: outline(one) for key, one in value.items() if key != "evidence"}
    if isinstance(value, list):
        return [outline(value[0])] if value else []
    return None


def test_every_command_is_documented() -> None:
    assert set(blocks()) == {*ONE_DOCUMENT, "deploy", "local up", "local down"}


@pytest.mark.parametrize("command", ONE_DOCUMENT)
def test_one_document(run: Run, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    name, value, words = ONE_DOCUMENT[command]
    answer(monkeypatch, name, value)
    printed = json.loads(run(*words, "--json").stdout)
    example = json.loads(blocks()[command])
    # Only what is said to be "as elsewhere" may be left out in an example; what a list or null holds is not compared.
    assert same(outline(example), outline(printed)), json.dumps(outline(printed), indent=1)


def same(example: Any, printed: Any) -> bool:
    if isinstance(example, dict) and isinstance(printed, dict):
        if "…" in example:
            return example.keys() - {"…"} <= printed.keys()
        return example.keys() == printed.keys() and all(same(example[key], printed[key]) for key in example)
    if isinstance(example, list) and isinstance(printed, list) and example and printed:
        return same(example[0], printed[0])
    return type(example) is type(printed) or None in (example, printed)


def test_local(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    replaced: dict[str, Callable[..., Any]] = {
        "up": lambda self, progress, ports: STACK,
        "status": lambda self: STACK,
        "down": lambda self: ("dynamodb-local",),
    }
    for name, function in replaced.items():
        monkeypatch.setattr(LocalStack, name, function)
    for words in (["local", "up"], ["local", "status"], ["local", "down"]):
        example = json.loads(blocks()["local down" if "down" in words else "local up"])
        assert same(outline(example), outline(json.loads(run("--json", *words).stdout)))


@pytest.mark.parametrize("name", ["deploy", "rollback", "finalize", "abort"])
def test_json_lines(run: Run, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    snapshot = sample.deployment(*sample.AT_GATE)

    def function(config: object, env: str, *, hooks: commands.Hooks, **_: object) -> object:
        for record in sample.records_of(*sample.PREFLIGHT):
            hooks.record(record)
        return snapshot

    monkeypatch.setattr(commands, name, function)
    result = run(name, "--json", *(["--confirm", "dev"] if name == "finalize" else []))
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    examples = [json.loads(line) for line in blocks()["deploy"].splitlines()]
    assert lines[0] == examples[0] == {"format": "verdigris", "version": 1}
    assert [list(line) for line in lines[1:]] == [["record"]] * 3 + [["result"]]
    assert same(outline(examples[1]), outline(lines[2]))
    assert same(outline(examples[2]), outline(lines[-1]))
    assert lines[-1]["result"]["exit_code"] == result.exit_code == 3


def test_json_lines_end_with_the_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "deploy", errors.LeaseHeld("ada works on it", next_command="verdigris unlock ENV 7"))
    result = run("deploy", "--json")
    first, last = (json.loads(line) for line in result.stdout.splitlines())
    assert first == {"format": "verdigris", "version": 1}
    assert last["error"]["code"] == "lease-held"
    assert last["error"]["next_command"] == "verdigris unlock dev 7"
    assert last["error"]["exit_code"] == result.exit_code == 4


def test_watch_prints_a_line_a_change(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = [sample.status(), sample.status(), sample.status(*sample.PREFLIGHT), sample.status(*sample.FINISHED)]
    monkeypatch.setattr(commands, "watch", lambda config, env: iter(seen))
    monkeypatch.setattr("verdigris.cli.status._EVERY_S", 0)
    lines = [json.loads(line) for line in run("status", "--watch", "--json").stdout.splitlines()]
    assert [line["status"]["deployment"]["state"] for line in lines[1:]] == ["preflight", "provision", "finished"]


def test_bad_usage_is_json_too(run: Run) -> None:
    result = run("deploy", "--jsn", "--json")
    assert json.loads(result.stdout)["error"]["code"] == "usage"
    assert result.exit_code == 2


def test_every_fault_of_the_configuration(run: Run, project: Path) -> None:
    file = project / "verdigris.toml"
    file.write_text(file.read_text().replace("migrations =", "migratons =").replace("[switch]", "[swich]"))
    result = run("status", "--json")
    error = json.loads(result.stdout)["error"]
    assert len(error["faults"]) == 2
    assert all(fault in result.stderr for fault in error["faults"])
    assert result.stderr.splitlines()[-1] == "next: mend verdigris.toml, then: verdigris status --json"
