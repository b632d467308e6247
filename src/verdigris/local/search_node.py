"""One node of OpenSearch or of Elasticsearch, which it was made from: security off, 127.0.0.1 only.

The distribution is unpacked once and never written to; each node has its own configuration, data and logs. It
refuses to run as root: then it runs as `nobody`, in folders that `nobody` may enter.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from verdigris.local import download
from verdigris.local.engine import Launch, asks
from verdigris.local.folders import User, locked, make_folder, open_area, whole_or_nothing
from verdigris.local.progress import Progress, Step, quiet

_START_S = 180.0
_SETTINGS = """\
cluster.name: verdigris
discovery.type: single-node
network.host: 127.0.0.1
# A developer's disk is often nearly full: that must not turn indexes read-only.
cluster.routing.allocation.disk.threshold_enabled: false
"""


@dataclass(frozen=True, slots=True)
class Product:
    """What differs from one product, or version, to the next.

    `name` is that of its parts in `lock`, `program` that of its start script and its settings file, `variables` what
    the names of its environment variables begin with; `heap` bounds the memory of its Java.
    """

    name: str
    program: str
    variables: str
    heap: str
    lock: Traversable = download.LOCK


def install(product: Product, cache: Path, user: User | None, progress: Progress = quiet) -> Path:
    """The folder of the unpacked distribution, which `user` can enter; downloaded and unpacked where it is missing.

    Raises LocalStackError.
    """
    parts = download.parts(product.name, lock=product.lock)
    home = open_area(cache, user) / f"{product.name}-home-{download.fingerprint(parts)}"
    if not home.exists():
        _unpack(product, download.ensure(product.name, parts, cache, progress), home, progress)
    return home


def _unpack(product: Product, downloads: Path, target: Path, progress: Progress) -> None:
    with locked(target.parent / ".lock"):
        if target.exists():
            return
        with whole_or_nothing(target) as scratch:
            _unzip(product, next(downloads.glob("*.zip")), scratch, progress)
            # The runtime of the `local` extra has no Thai word breaks, without which OpenSearch creates no index.
            for jar in downloads.glob("*.jar"):
                shutil.copy(jar, scratch / "lib")


def _unzip(product: Product, archive: Path, target: Path, progress: Progress) -> None:
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
            progress(Step(product.name, "unpack", done, total))


def launch(product: Product, home: Path, java_home: Path, area: Path, user: User | None) -> Launch:
    """How to start it from `home`. `area` is this node's own folder for configuration, data and logs."""
    _prepare(product, home, area, user)
    env = {
        **{name: value for name, value in os.environ.items() if name not in ("JAVA_OPTS", "JAVA_TOOL_OPTIONS")},
        "JAVA_HOME": str(java_home),  # Elasticsearch 7.10 has no variable of its own for it
        f"{product.variables}_JAVA_HOME": str(java_home),
        f"{product.variables}_JAVA_OPTS": product.heap,
        f"{product.variables}_PATH_CONF": str(area / "config"),
        f"{product.variables}_TMPDIR": str(area / "tmp"),
        "HOME": str(area),
    }

    def argv(port: int) -> Sequence[str]:
        options = {"http.port": port, "path.data": area / "data", "path.logs": area / "logs"}
        return (str(home / "bin" / product.program), *(f"-E{name}={value}" for name, value in options.items()))

    return Launch(product.name, argv, _answers, _START_S, env=env, cwd=area, user=user)


def _prepare(product: Product, home: Path, area: Path, user: User | None) -> None:
    config = make_folder(area / "config")
    for name in ("data", "logs", "tmp", "config/jvm.options.d"):
        make_folder(area / name)
    shutil.copy(home / "config" / "log4j2.properties", config)
    (config / f"{product.program}.yml").write_text(_SETTINGS)
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
