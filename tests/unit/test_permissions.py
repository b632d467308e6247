"""What `verdigris iam` prints: by the configuration, and no more than a phase needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.unit.test_config_domains import DOMAIN
from tests.unit.test_config_load import INDEX

from verdigris import commands
from verdigris.config.load import load
from verdigris.core.model import Phase
from verdigris.core.permissions import GRANTS, On, policy
from verdigris.errors import UsageError

PLAIN = '[app]\nname = "court"\n[table]\nname = "{app}-{env}-{version}"\n'
ENVIRONMENT = '[environments.prod]\nregions = ["us-east-1", "us-west-1"]\nproduction = true\n'
POINTERS = """
[[pointer]]
kind = "api-gateway"
domain = "app-{env}.example.com"
api = "{app}-{env}-{color}"
stage = "{env}"
own_domain = "{color}.example.com"
[[pointer]]
kind = "parameter"
name = "/court/color"
[[notify]]
after = "reindex"
to = "circleci"
job = "go-on"
token = "secretsmanager:ci#token"
[[hook]]
at = "after-switch"
url = "https://ops.example.com/hook"
secret = "ssm:/court/hook"
[[alarm]]
name = "court-{color}-errors"
"""


def statements(tmp_path: Path, text: str, phases: Sequence[Phase] = tuple(Phase), **more: Any) -> dict[str, Any]:
    file = tmp_path / "verdigris.toml"
    file.write_text(text)
    (tmp_path / "migrations").mkdir(exist_ok=True)
    made = commands.iam(load(file, tmp_path), "prod", phases=phases, **more)
    return {one["Sid"]: (one["Action"], one["Resource"]) for one in made["Statement"]}


def test_only_what_the_configuration_uses_is_in_it(tmp_path: Path) -> None:
    plain = statements(tmp_path, PLAIN + ENVIRONMENT, account="123456789012")
    assert plain.keys() == {"DeployTable", "Claims", "Tables", "Streams", "Backups", "Lists"}
    assert plain["DeployTable"][1] == ["arn:aws:dynamodb:us-east-1:123456789012:table/court-prod-deploy"]
    assert plain["Tables"][1] == [
        f"arn:aws:dynamodb:{region}:123456789012:table/court-prod-{version}"
        for region in ("us-east-1", "us-west-1")
        for version in ("alpha", "beta")
    ]
    more = statements(tmp_path, PLAIN + POINTERS + ENVIRONMENT)
    assert more["Parameters"] == (
        ["ssm:GetParameter", "ssm:PutParameter"],
        ["arn:aws:ssm:us-east-1:*:parameter/court/color"],
    )
    assert more["Secrets"][1] == ["arn:aws:secretsmanager:us-east-1:*:secret:ci-??????"]
    assert more["SecretParameters"][1] == ["arn:aws:ssm:us-east-1:*:parameter/court/hook"]
    assert more["Alarms"][1] == [
        f"arn:aws:cloudwatch:us-east-1:*:alarm:court-{color}-errors" for color in ("blue", "green")
    ]
    root = "arn:aws:apigateway:us-east-1::/domainnames/{}.example.com/basepathmappings"
    assert {root.format(name) for name in ("app-prod", "blue", "green")} <= set(more["BasePaths"][1])


def test_a_phase_has_no_more_than_it_needs(tmp_path: Path) -> None:
    text = PLAIN + POINTERS + ENVIRONMENT

    def actions(*phases: Phase) -> set[str]:
        return {action for found, _ in statements(tmp_path, text, phases).values() for action in found}

    assert not any(word in action for action in actions() for word in ("Delete", "DELETE", "Put", "Update", "Create"))
    assert "dynamodb:DeleteTable" not in actions(Phase.REPLAY, Phase.VERIFY, Phase.SWITCH, Phase.BAKE)
    assert "dynamodb:DeleteTable" in actions(Phase.FINALIZE)
    assert "dynamodb:BatchWriteItem" not in actions(Phase.PREFLIGHT, Phase.BAKE)
    assert "apigateway:PATCH" in actions(Phase.SWITCH) - actions(Phase.FINALIZE)
    assert "apigateway:DELETE" in actions(Phase.FINALIZE) - actions(Phase.SWITCH)


def test_no_action_is_on_everything_but_lists() -> None:
    whole = policy(tuple(Phase), {on: [on.value] for on in On})
    assert [one["Sid"] for one in whole["Statement"]] == list(On), "every kind of resource has a grant"
    assert not any("*" in action for grant in GRANTS for action in grant.actions)


def test_metrics_are_read_where_a_consumer_with_effects_is_waited_for(tmp_path: Path) -> None:
    consumer = '[[consumer]]\nfunction = "court-{color}-mails"\nkind = "effects"\n'
    for more, wanted in (("", True), ("read_within_minutes = 0\n", False)):
        found = statements(tmp_path, PLAIN + consumer + more + ENVIRONMENT)
        assert ("Metrics" in found) is wanted
        assert "ConsumerMappings" in found
    assert "Metrics" not in statements(tmp_path, PLAIN + consumer + ENVIRONMENT, (Phase.BACKFILL,))
    assert "Metrics" not in statements(tmp_path, PLAIN + consumer.replace("effects", "index") + ENVIRONMENT)


def test_the_embedded_engines_ask_for_nothing(tmp_path: Path) -> None:
    local = PLAIN + '[environments.prod]\nregions = ["us-east-1"]\nlocal = true\n'
    with pytest.raises(UsageError, match="no permission"):
        statements(tmp_path, local)


def test_a_search_domain_by_its_address(tmp_path: Path) -> None:
    index = '[[index]]\nname = "case"\nmappings = "case.json"\ndocument = "search:case"\n'
    (tmp_path / "case.json").write_text("{}")
    (tmp_path / "search.py").write_text("def case(item):\n    return None\n")
    url = 'endpoints = { search = "https://search-court-prod-abc123.us-east-1.es.amazonaws.com" }\n'
    found = statements(tmp_path, PLAIN + index + ENVIRONMENT + url)
    assert found["Search"][1] == ["arn:aws:es:us-east-1:*:domain/court-prod/*"]
    own = url.replace("search-court-prod-abc123.us-east-1.es.amazonaws.com", "search.example.com")
    assert "Search" not in statements(tmp_path, PLAIN + index + ENVIRONMENT + own)


def test_search_domains_of_both_versions(tmp_path: Path) -> None:
    text = PLAIN + INDEX + DOMAIN + ENVIRONMENT
    names = [f"arn:aws:es:us-east-1:1:domain/court-prod-{version}" for version in ("alpha", "beta")]
    whole = statements(tmp_path, text, account="1")
    assert whole["SearchDomains"][1] == names
    assert whole["Search"][1] == [f"{name}/*" for name in names]
    assert {"es:AddTags", "es:CreateDomain", "es:DeleteDomain"} <= set(whole["SearchDomains"][0])
    looking = statements(tmp_path, text, [])["SearchDomains"][0]
    assert looking == ["es:DescribeDomain", "es:DescribeElasticsearchDomain", "es:ListTags"]
    assert "es:CreateDomain" not in statements(tmp_path, text, [Phase.FINALIZE])["SearchDomains"][0]
    one = statements(tmp_path, text + 'endpoints = { search = "https://search.example.com" }\n')
    assert not {"SearchDomains", "Search"} & one.keys()
