"""Each data version's indexes are asked where its own search domain is, as the service says now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.test_config_domains import DOMAIN
from tests.unit.test_config_load import INDEX, SMALLEST, read

from verdigris.core.model import Color, DataVersion
from verdigris.core.planning import Facts, TableState, make_plan
from verdigris.errors import NotFound
from verdigris.stores.aws_domains import AwsDomains
from verdigris.stores.memory_domains import MemoryDomains
from verdigris.stores.opensearch_index import OpenSearchIndex
from verdigris.wiring import Wiring

ALPHA, BETA = DataVersion
REMOTE = SMALLEST.replace("local = true", "") + INDEX + DOMAIN


@pytest.fixture
def domains() -> MemoryDomains:
    return MemoryDomains(looks=2)


@pytest.fixture
def wiring(tmp_path: Path, domains: MemoryDomains, monkeypatch: pytest.MonkeyPatch) -> Wiring:
    monkeypatch.setattr(Wiring, "domains", domains)
    return Wiring(read(tmp_path, REMOTE), "dev")


def make(domains: MemoryDomains, name: str) -> None:
    domains.create(name, {}, "somebody")
    domains.describe(name)
    domains.describe(name)


def test_each_version_has_its_own_address(wiring: Wiring, domains: MemoryDomains) -> None:
    assert wiring.search_url is None
    for version in (ALPHA, BETA):
        make(domains, f"court-dev-{version}")
        index = wiring.search(version)
        assert isinstance(index, OpenSearchIndex)
        assert wiring.search_url_of(version) == f"https://court-dev-{version}.search"


def test_one_that_cannot_be_asked_is_named(wiring: Wiring, domains: MemoryDomains) -> None:
    assert wiring.search_url_of(BETA) is None
    with pytest.raises(NotFound, match="no such search domain") as caught:
        wiring.search(BETA)
    assert caught.value.where == "court-dev-beta"
    domains.create("court-dev-beta", {}, "somebody")
    assert wiring.search_url_of(BETA) is None, "it is being made"
    assert wiring.search_url_of(BETA), "it is made"
    domains.delete("court-dev-beta")
    assert wiring.search_url_of(BETA) is None, "it is being removed"


def test_one_that_the_service_changes_is_asked_all_the_same(wiring: Wiring, domains: MemoryDomains) -> None:
    """Else a plan took the live index for one that is not there."""
    make(domains, "court-dev-alpha")
    changing = domains.made["court-dev-alpha"] = replace(domains.made["court-dev-alpha"], processing=True)
    assert (changing.serves, changing.ready) == (True, False)
    assert wiring.search(ALPHA) is not None


def test_a_color_is_told_the_domain_of_its_data(wiring: Wiring, domains: MemoryDomains) -> None:
    for version in DataVersion:
        make(domains, f"court-dev-{version}")
    there = TableState(exists=True, stream_on=True, stream_has_images=True)
    facts = Facts(Color.BLUE, ALPHA, ALPHA, there, TableState(exists=False), (), forced=True)
    plan = make_plan(wiring.names, facts)
    assert (plan.source_domain, plan.destination_domain) == ("court-dev-alpha", "court-dev-beta")
    told = {color: dict(wiring.place(color, plan).extra)["VERDIGRIS_SEARCH_URL"] for color in Color}
    assert told == {Color.BLUE: "https://court-dev-alpha.search", Color.GREEN: "https://court-dev-beta.search"}


@pytest.mark.parametrize("service", ["opensearch", "es"])
def test_the_api_is_the_one_of_the_configuration(tmp_path: Path, service: str) -> None:
    wiring = Wiring(read(tmp_path, REMOTE.replace(DOMAIN, f'{DOMAIN}service = "{service}"\n')), "dev")
    assert isinstance(wiring.domains, AwsDomains)
    assert wiring.domains._client().meta.service_model.service_name == service


def test_one_cluster_where_the_environment_names_it(tmp_path: Path) -> None:
    one = REMOTE.replace('regions = ["us-east-1"]', 'regions = ["us-east-1"]\nendpoints.search = "http://127.0.0.1:1"')
    wiring = Wiring(read(tmp_path, one), "dev")
    assert wiring.domains is None
    assert [wiring.search_url_of(version) for version in DataVersion] == ["http://127.0.0.1:1"] * 2
    assert wiring.names.domains == {}
