"""As whom the search cluster is asked, by the configuration: the password by reference, and before all else."""

from __future__ import annotations

from pathlib import Path

import pytest

from verdigris.config.load import load
from verdigris.core.model import DataVersion
from verdigris.errors import AccessRefused, ConfigError
from verdigris.stores.opensearch_index import OpenSearchIndex
from verdigris.wiring import Wiring

TOML = """
[app]
name = "court"
[table]
name = "{app}-{env}-{version}"
[[index]]
name = "{app}-{env}-case"
mappings = "case.json"
document = "search:case"
[environments.dev]
regions = ["us-east-1"]
[environments.dev.endpoints]
search = "https://d.us-east-1.es.amazonaws.com"
"""
LOGIN = 'search_user = "me"\nsearch_password = "env:SEARCH"\n'


def wiring(folder: Path, more: str) -> Wiring:
    (folder / "verdigris.toml").write_text(TOML + more)
    return Wiring(load(folder / "verdigris.toml", folder), "dev")


def test_the_password_comes_from_where_the_configuration_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEARCH", "pä:ss")
    monkeypatch.setenv("VERDIGRIS_SEARCH_USER", "another")
    monkeypatch.setenv("VERDIGRIS_SEARCH_PASSWORD", "one")
    index = wiring(tmp_path, LOGIN).search(DataVersion.ALPHA)
    assert isinstance(index, OpenSearchIndex)
    assert index._http._auth("GET", "http://x", b"") == {"authorization": "Basic bWU6cMOkOnNz"}


def test_a_password_that_is_not_there_is_told_without_asking_the_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEARCH", raising=False)
    with pytest.raises(AccessRefused, match="there is no secret at env:SEARCH"):
        _ = wiring(tmp_path, LOGIN).search(DataVersion.ALPHA)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('search_user = "me"\n', "search_user and search_password go together"),
        ('search_password = "env:SEARCH"\n', "search_user and search_password go together"),
        ('search_user = "me"\nsearch_password = "hunter2"\n', "must say where it is kept"),
    ],
)
def test_what_is_wrong_is_said_and_no_secret(tmp_path: Path, more: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        wiring(tmp_path, more)
    assert any(said in fault for fault in caught.value.faults)
    assert not any("hunter2" in fault for fault in caught.value.faults)
