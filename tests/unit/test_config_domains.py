"""`[search_domain]`: names by the service's rule, with every value expanded."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.project import Project
from tests.unit.test_config_load import INDEX, SMALLEST, fault_of, read

from verdigris.core.model import DataVersion

DOMAIN = """
[search_domain]
name = "{app}-{env}-{version}"
create = "domain.json"
"""


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (DOMAIN.replace("{env}", "x" * 17), "(29 characters); the name of a search domain has 3 to 28"),
        (DOMAIN.replace("{app}", "9"), "begins with a letter"),
        (DOMAIN.replace("{env}", "a_b"), 'holds a-z, 0-9 and "-" only'),
        (DOMAIN.replace("{env}", "Dev"), 'becomes "court-Dev-alpha"; the name of a search domain holds a-z'),
        (DOMAIN.replace("-{version}", ""), "must hold {version}"),
        (DOMAIN + 'service = "elastic"', "must be 'opensearch' or 'es'"),
    ],
)
def test_the_name_of_a_search_domain_is_checked_expanded(tmp_path: Path, more: str, said: str) -> None:
    assert said in fault_of(tmp_path, SMALLEST + more)


def test_search_domains_of_both_versions(tmp_path: Path) -> None:
    config = read(tmp_path, SMALLEST.replace("local = true", "") + DOMAIN)
    assert [config.environment("dev").domain(version) for version in DataVersion] == [
        "court-dev-alpha",
        "court-dev-beta",
    ]
    assert read(tmp_path, SMALLEST + DOMAIN).environment("dev").domain(DataVersion.BETA) is None, "the engines' cluster"


def test_an_index_in_search_domains_needs_no_other_address(tmp_path: Path) -> None:
    remote = SMALLEST.replace("local = true", "") + INDEX
    assert read(tmp_path, remote + DOMAIN).environment("dev").domain(DataVersion.ALPHA) == "court-dev-alpha"
    assert "endpoints.search" in fault_of(tmp_path, remote)


def test_a_name_that_is_too_long_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    project = Project(tmp_path, "http://127.0.0.1:1", sections=DOMAIN.replace("{env}", "x" * 17))
    done = project.run("deploy", "dev")
    assert done.code == 2
    assert "the name of a search domain has 3 to 28" in done.err
