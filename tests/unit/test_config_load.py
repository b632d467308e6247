"""verdigris.toml is found, read, and refused with every fault at once."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from verdigris.config.load import load
from verdigris.config.model import Config
from verdigris.core.model import DataVersion
from verdigris.errors import ConfigError, UsageError

SMALLEST = """
[app]
name = "court"
[table]
name = "{app}-{env}-{version}"
[environments.dev]
regions = ["us-east-1"]
local = true
"""
INDEX = """
[[index]]
name = "{app}-{env}-case"
mappings = "search/case.json"
document = "search.documents:case"
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "verdigris.toml"
    file.write_text(text, "utf-8")
    return file


def read(folder: Path, text: str) -> Config:
    write(folder, text)
    return load(None, folder)


def faults_of(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    assert caught.value.exit_code == 2
    assert all(fault.startswith("verdigris.toml") for fault in caught.value.faults)
    return caught.value.faults


def fault_of(folder: Path, text: str) -> str:
    faults = faults_of(folder, text)
    assert len(faults) == 1, faults
    return faults[0]


def test_absent_sections_have_their_defaults(tmp_path: Path) -> None:
    config = read(tmp_path, SMALLEST)
    assert config.root == tmp_path
    assert config.migrations_folder == tmp_path / "migrations"
    assert (config.table.beacon, config.table.segments) == ("verdigris|beacon", 4)
    assert config.deploy_table.name == "{app}-{env}-deploy"
    assert (config.index, config.application) == ((), None)
    assert config.switch.deadline_seconds == 10
    dev = config.environment("dev")
    assert (dev.approve, dev.production, dev.bake_minutes, dev.enable_stream) == ("manual", False, 0, False)
    assert (dev.port, dev.lease_seconds, dev.endpoints.dynamodb, dev.endpoints.search) == (0, 15, None, None)


def test_an_environment_has_its_names_expanded(tmp_path: Path) -> None:
    dev = read(tmp_path, SMALLEST + INDEX).environment("dev")
    assert (dev.name, dev.app, dev.region) == ("dev", "court", "us-east-1")
    assert dev.table(DataVersion.ALPHA) == "court-dev-alpha"
    assert dev.deploy_table == "court-dev-deploy"
    (place,) = dev.indexes()
    assert (place.alias, place.config.label) == ("court-dev-case", "case")


def test_the_region_is_the_home_region(tmp_path: Path) -> None:
    dev = read(tmp_path, SMALLEST.replace("{env}", "{region}")).environment("dev")
    assert dev.table(DataVersion.BETA) == "court-us-east-1-beta"


def test_an_unknown_environment_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r'no environment "dve"; .* has: dev; did you mean "dev"\?'):
        read(tmp_path, SMALLEST).environment("dve")


def test_the_file_is_found_in_a_folder_above(tmp_path: Path) -> None:
    write(tmp_path, SMALLEST)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert load(None, below).root == tmp_path


def test_a_given_file_need_not_have_the_usual_name(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text(SMALLEST)
    assert load(Path("other.toml"), tmp_path).file == tmp_path / "other.toml"


@pytest.mark.parametrize("path", [None, Path("absent.toml")])
def test_without_a_file_init_is_the_next_command(tmp_path: Path, path: Path | None) -> None:
    with pytest.raises(ConfigError, match="there is no") as caught:
        load(path, tmp_path)
    assert caught.value.next_command == "verdigris init"


def test_a_folder_in_place_of_the_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path, tmp_path)


def test_an_unreadable_file_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, encoding: str) -> str:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

    write(tmp_path, SMALLEST)
    monkeypatch.setattr(Path, "read_text", refuse)  # no mode of a file keeps root from reading it
    with pytest.raises(ConfigError, match="cannot be read: Permission denied"):
        load(None, tmp_path)


def test_text_that_is_not_utf8_is_said(tmp_path: Path) -> None:
    (tmp_path / "verdigris.toml").write_bytes(b'[app]\nname = "caf\xe9"\n')
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(None, tmp_path)


def test_a_byte_order_mark_is_harmless(tmp_path: Path) -> None:
    (tmp_path / "verdigris.toml").write_text(SMALLEST, "utf-8-sig")
    assert load(None, tmp_path).app.name == "court"


def test_invalid_toml_has_line_and_column(tmp_path: Path) -> None:
    assert "(at line 2, column 6)" in fault_of(tmp_path, "[app]\nname = court\n".replace("name = ", "name "))


def test_a_typo_is_told_with_line_allowed_keys_and_the_nearest(tmp_path: Path) -> None:
    fault = fault_of(tmp_path, SMALLEST.replace("local", "lokal"))
    assert fault.startswith("verdigris.toml:8: environments.dev.lokal: unknown key; allowed: application, approve,")
    assert fault.endswith('did you mean "local"?')


def test_a_mistyped_section_is_told(tmp_path: Path) -> None:
    fault = fault_of(tmp_path, SMALLEST + '[deploy_tabel]\nname = "x"\n')
    assert fault.startswith("verdigris.toml:9: deploy_tabel: unknown key;")
    assert fault.endswith('did you mean "deploy_table"?')


def test_an_empty_file_lacks_the_three_sections(tmp_path: Path) -> None:
    assert [fault.split(":")[1].strip() for fault in faults_of(tmp_path, "")] == ["app", "table", "environments"]


def test_all_faults_are_reported_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    faults = faults_of(
        tmp_path,
        """
[app]
nmae = "court"
[table]
name = "{app}-{env}"
segments = "4"
[[index]]
name = "Case-{env}"
mappings = "case.json"
document = "search.documents"
[environments.dev]
regions = []
local = true
bake_minutes = -1
""",
    )
    assert [fault.split(": ")[:2] for fault in faults] == [
        ["verdigris.toml:2", "app.name"],
        ["verdigris.toml:3", "app.nmae"],
        ["verdigris.toml:5", "table.name"],
        ["verdigris.toml:6", "table.segments"],
        ["verdigris.toml:8", "index[0].name"],
        ["verdigris.toml:10", "index[0].document"],
        ["verdigris.toml:12", "environments.dev.regions"],
        ["verdigris.toml:14", "environments.dev.bake_minutes"],
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "court"', "name = 7", "app.name: found 7; must be a string"),
        ('name = "court"', 'name = "Court!"', 'app.name: found "Court!"; must be 2 to 32 of a-z'),
        ('name = "court"', 'name = "court"\nverify = "checks"', 'must be "module:function"'),
        ("-{version}", "", "must hold {version}"),
        ("{env}", "{environment}", "unknown placeholder {environment}; allowed: {app}, {env}, {version}, {region}"),
        ("{app}-", "{app}/", 'table.name: becomes "court/dev-alpha"; a table name may hold'),
        ("{app}-", "x" * 250, 'alpha" (259 characters); a table name has 3 to 255'),
        ("[environments.dev]", "segments = 0\n[environments.dev]", "table.segments: found 0; must be 1 or more"),
        ("[environments.dev]", "segments = 1001\n[environments.dev]", "must be 1000 or less"),
        ("[environments.dev]", "segments = 4.0\n[environments.dev]", "found 4.0; must be a whole number"),
        ("[environments.dev]", "beacon = true\n[environments.dev]", "must be a string or a whole number"),
        ("[environments.dev]", 'beacon = ""\n[environments.dev]', "must have 1 to 1024 bytes"),
        (
            "[environments.dev]",
            "[environments]\ndev = 4\n[environments.prod]",
            "environments.dev: found 4; must be a table",
        ),
        ("[environments.dev]", "[environments.Dev]", "an environment's name must be"),
        ('["us-east-1"]', '"us-east-1"', 'found "us-east-1"; must be a list'),
        ('["us-east-1"]', "[]", "must name the home region"),
        ('["us-east-1"]', '["useast1"]', 'regions[0]: found "useast1"; must be a region'),
        ('["us-east-1"]', '["us-east-1", "us-east-1"]', "must name each region once"),
        ("local = true", "local = 1", "local: found 1; must be true or false"),
        ("local = true", 'approve = "Auto"', "must be 'auto' or 'manual'; did you mean \"auto\"?"),
        ("local = true", 'bake_minutes = "1"', "must be a number"),
        ("local = true", "bake_minutes = inf", "must be a finite number"),
        ("local = true", "port = 65536", "must be 65535 or less"),
        ("local = true", "lease_seconds = 1", "must be 3 or more"),
        ("local = true", 'endpoints = { dynamodb = "127.0.0.1:8000" }', "must be an address such as"),
        ("local = true", 'local = true\nendpoints = { search = "http://x" }', "remove endpoints, or local = true"),
        ("local = true", "[switch]\ndeadline_seconds = 0", "must be greater than 0"),
        ("local = true", "[application]\ncommand = []", "must be a program and its arguments"),
        (
            "local = true",
            '[application]\ncommand = ["app", "{prot}"]',
            "{prot}; did you mean {port}?",
        ),
        ("local = true", "[application]", "application.command: is missing: The program and its arguments."),
        ("local = true", '[deploy_table]\nname = "{app}-{version}"', "must not hold {version}"),
        ("local = true", '[deploy_table]\nname = "{app}-{env}-beta"', "which is the name of the table itself"),
    ],
)
def test_one_wrong_value_is_one_fault(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in SMALLEST
    assert said in fault_of(tmp_path, SMALLEST.replace(old, new, 1))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (INDEX, 'index[1].name: becomes "court-dev-case", which another index uses'),
        (INDEX.replace("{app}-", ""), "differ in placeholders only"),
        (INDEX.replace("-case", "-case-beta"), 'becomes "court-dev-case-beta", which another index uses'),
        (INDEX.replace("-case", "-Docket"), "an index name must be lower case"),
        (INDEX.replace("{app}", "_{app}"), 'an index name must not begin with "_"'),
        (INDEX.replace("-case", "-a b"), "an index name must not hold ' '"),
        (INDEX.replace("-case", "-{version}"), "must not hold {version}"),
        (INDEX.replace("-case", "c" * 250), "an index name has 1 to 241"),
    ],
)
def test_names_of_indexes_must_be_usable_and_apart(tmp_path: Path, more: str, said: str) -> None:
    assert said in fault_of(tmp_path, SMALLEST + INDEX + more)


def test_an_index_outside_of_the_embedded_engines_needs_a_cluster(tmp_path: Path) -> None:
    fault = fault_of(tmp_path, SMALLEST.replace("local = true", "") + INDEX)
    assert "environments.dev.endpoints.search: is missing" in fault
    with_address = SMALLEST.replace("local = true", 'endpoints = { search = "https://search.example.com/" }')
    assert read(tmp_path, with_address + INDEX).environment("dev").endpoints.search == "https://search.example.com"


def test_a_password_in_an_address_is_refused_and_not_repeated(tmp_path: Path) -> None:
    fault = fault_of(tmp_path, SMALLEST.replace("local = true", 'endpoints = { search = "https://me:hunter2@host" }'))
    assert "must not hold a user or password" in fault
    assert "hunter2" not in fault


def test_a_long_value_is_cut(tmp_path: Path) -> None:
    assert len(fault_of(tmp_path, SMALLEST.replace('name = "court"', f'name = "{"x" * 5000}"'))) < 200


def test_json_files_are_read_when_asked_for(tmp_path: Path) -> None:
    config = read(tmp_path, SMALLEST.replace('{version}"', '{version}"\nshape = "table.json"') + INDEX)
    (tmp_path / "search").mkdir()
    (tmp_path / "search" / "case.json").write_text('{"mappings": {}}')
    (tmp_path / "table.json").write_text('{"KeySchema": []}')
    assert config.mappings(config.index[0]) == {"mappings": {}}
    assert config.table_shape() == {"KeySchema": []}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no such file"),
        (b"{", "is not valid JSON: Expecting property name enclosed in double quotes (at line 1, column 2)"),
        (b"[]", "must hold a JSON object"),
        (b"\xff", "is not UTF-8 text"),
    ],
)
def test_a_bad_json_file_is_told_with_the_key_that_names_it(tmp_path: Path, content: bytes | None, said: str) -> None:
    config = read(tmp_path, SMALLEST.replace('{version}"', '{version}"\nshape = "table.json"'))
    if content is not None:
        (tmp_path / "table.json").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        config.table_shape()
    (fault,) = caught.value.faults
    assert said in fault
    assert "table.shape in" in fault
