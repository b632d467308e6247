"""OpenSearch: one node, security off, 127.0.0.1 only.

The distribution is unpacked once and never written to; each stack has its own configuration, data and logs. It
refuses to run as root: then it runs as `nobody`, in folders that `nobody` may enter.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

from verdigris.local.download import fingerprint, parts
from verdigris.local.engine import Launch, asks
from verdigris.local.folders import User, locked, make_folder, open_area, whole_or_nothing
from verdigris.local.progress import Progress, Step

NAME = "opensearch"
_HEAP = "-Xms512m -Xmx512m"
_START_S = 180.0
_SETTINGS = """\
cluster.name: verdigris
discovery.type: single-node
network.host: 127.0.0.1
# A developer's disk is often nearly full: that must not turn indexes read-only.
cluster.routing.allocation.disk.threshold_enabled: false
"""


def home(cache: Path, user: User | None) -> Path:
    """Where the unpacked distribution is, or will be."""
    return open_area(cache, user) / f"opensearch-home-{fingerprint(parts(NAME))}"


def unpack(downloads: Path, target: Path, progress: Progress) -> Path:
    """Unpacks the distribution into `target`, unless it is there; returns `target`."""
    with locked(target.parent / ".lock"):
        if not target.exists():
            with whole_or_nothing(target) as scratch:
                _unzip(next(downloads.glob("*.zip")), scratch, progress)
                # The runtime of the `local` extra has no Thai word breaks, without which no index can be created.
                for jar in downloads.glob("*.jar"):
                    shutil.copy(jar, scratch / "lib")
    return target


def _unzip(archive: Path, target: Path, progress: Progress) -> None:
    with zipfile.ZipFile(archive) as content:
        total, done = sum(entry.file_size for entry in content.infolist()), 0
        for entry in content.infolist():
            path = target.joinpath(*Path(entry.filename).parts[1:])
            if entry.is_dir():
                make_folder(path)
                continue
            make_folder(path.parent)
            with content.open(entry) as source, path.open("wb") as file:
                shutil.copyfileobj(source, file)
            path.chmod(0o755 if path.parent.name == "bin" else 0o644)
            done += entry.file_size
            progress(Step(NAME, "unpack", done, total))


def launch(home: Path, java_home: Path, area: Path, user: User | None) -> Launch:
    """How to start it. `area` is this stack's own folder for configuration, data and logs."""
    _prepare(home, area, user)
    env = {
        **{name: value for name, value in os.environ.items() if name not in ("JAVA_OPTS", "JAVA_TOOL_OPTIONS")},
        "OPENSEARCH_JAVA_HOME": str(java_home),
        "OPENSEARCH_JAVA_OPTS": _HEAP,
        "OPENSEARCH_PATH_CONF": str(area / "config"),
        "OPENSEARCH_TMPDIR": str(area / "tmp"),
        "HOME": str(area),
    }

    def argv(port: int) -> Sequence[str]:
        options = {"http.port": port, "path.data": area / "data", "path.logs": area / "logs"}
        return (str(home / "bin" / "opensearch"), *(f"-E{name}={value}" for name, value in options.items()))

    return Launch(NAME, argv, _answers, _START_S, env=env, cwd=area, user=user)


def _prepare(home: Path, area: Path, user: User | None) -> None:
    config = make_folder(area / "config")
    for name in ("data", "logs", "tmp", "config/jvm.options.d"):
        make_folder(area / name)
    shutil.copy(home / "config" / "log4j2.properties", config)
    (config / "opensearch.yml").write_text(_SETTINGS)
    (config / "jvm.options").write_text(_java_options((home / "config" / "jvm.options").read_text(), area))
    if user:
        for path in [area, *area.rglob("*")]:
            os.chown(path, user.uid, user.gid, follow_symlinks=False)


def _java_options(text: str, area: Path) -> str:
    """The distribution's options without what this runtime lacks, and with nothing written into the distribution."""
    kept = []
    for line in text.splitlines():
        if "jdk.incubator.vector" in line or "gc.log" in line:
            continue
        kept.append(line.replace("=data", f"={area}/data").replace("=logs/", f"={area}/logs/"))
    return "\n".join(kept) + "\n"


def _answers(url: str) -> bool:
    return asks("GET", f"{url}/_cluster/health?wait_for_status=yellow&timeout=1s") == 200
