"""Installs the Node peer's packages into build/, where node and npm are there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

_PEER = Path(__file__).parent / "node"


def install(build: Path) -> tuple[Path | None, str]:
    """The installed script, or None and the reason why there is none."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            return None, f"{program} is not installed"
    folder = build / "bench-node"
    folder.mkdir(parents=True, exist_ok=True)
    changed = not (folder / "node_modules").exists()
    for file in _PEER.iterdir():
        target = folder / file.name
        changed |= file.name == "package.json" and (not target.exists() or target.read_text() != file.read_text())
        shutil.copy(file, target)
    if changed:
        command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
        if done.returncode:
            return None, f"npm install failed: {(done.stderr or done.stdout).strip().splitlines()[-1:]}"
    return folder / "copy.js", ""
