"""Keeps to what Terraform documents of its command line, as far as Verdigris uses it: for machines that have none.

State is JSON in terraform.tfstate.d/WORKSPACE; `lock` beside it is the lock; the one resource is the variable `table`.
`broken` in the configuration's folder makes apply fail when half of the state is written.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def main() -> int:
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    options = dict(word.lstrip("-").partition("=")[::2] for word in sys.argv[1:] if word.startswith("-"))
    data = Path(os.environ["TF_DATA_DIR"])
    match words:
        case ["init"]:
            data.mkdir(parents=True, exist_ok=True)
            return 0
        case ["workspace", "select", name]:
            if name != "default" and not folder(name).is_dir():
                if "or-create" not in options:
                    return 1
                folder(name).mkdir(parents=True)
            (data / "environment").write_text(name)
            return 0
        case ["workspace", "delete", name]:
            if (data / "environment").read_text() == name or read(name):
                return 1
            (folder(name) / "state.json").unlink(missing_ok=True)
            folder(name).rmdir()
            return 0
        case ["plan"]:
            return plan(options, (data / "environment").read_text())
        case ["apply", file]:
            return apply(Path(file), (data / "environment").read_text())
        case ["output"]:
            print(json.dumps(read((data / "environment").read_text())))
            return 0
    return 1


def folder(workspace: str) -> Path:
    return Path("terraform.tfstate.d") / workspace


def read(workspace: str) -> dict[str, object]:
    state = folder(workspace) / "state.json"
    return json.loads(state.read_text()) if state.exists() else {}


def wanted(options: dict[str, str]) -> dict[str, object]:
    if "destroy" in options:
        return {}
    variables = json.loads(Path(options["var-file"]).read_text())
    url = f"http://{variables['verdigris_color']}.example/{variables['verdigris_table']}"
    return {
        "url": {"sensitive": False, "type": "string", "value": url},
        "secret": {"sensitive": True, "type": "string", "value": "hunter2"},
    }


def plan(options: dict[str, str], workspace: str) -> int:
    if options.get("lock") != "false" and (folder(workspace) / "lock").exists():
        print("Error: Error acquiring the state lock", file=sys.stderr)
        return 1
    if "out" in options:
        Path(options["out"]).write_text(json.dumps(wanted(options)))
    return 0 if wanted(options) == read(workspace) else 2


def apply(file: Path, workspace: str) -> int:
    state = json.loads(file.read_text())
    broken = Path("broken").exists() and state
    if broken:
        state.pop("secret")
    (folder(workspace) / "state.json").write_text(json.dumps(state))
    print("Error: the half of it" if broken else "Apply complete!")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
