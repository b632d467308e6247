"""`[[pointer]]`: one of several kinds, each fault told where it is in the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.test_config_load import SMALLEST, fault_of, read

from verdigris.config.pointers import ApiGatewayPointer, ParameterPointer
from verdigris.core.model import Color
from verdigris.stores.aws import Aws
from verdigris.traffic import traffic_pointers

PARAMETER = '[[pointer]]\nkind = "parameter"\nname = "/live"\n'
GATEWAY = """
[[pointer]]
kind = "api-gateway"
domain = "api-{region}.example.com"
api = "{app}-{env}-{color}"
stage = "{env}"
regions = ["us-east-1", "us-west-1"]
"""


def test_they_keep_their_order(tmp_path: Path) -> None:
    config = read(tmp_path, SMALLEST + GATEWAY + PARAMETER)
    assert [type(pointer) for pointer in config.pointer] == [ApiGatewayPointer, ParameterPointer]
    dev = config.environment("dev")
    assert dev.colored("{app}-{env}-{color}", Color.GREEN) == "court-dev-green"
    regions: list[str] = []

    def aws(region: str) -> Aws:
        regions.append(region)
        return Aws(region)

    made = traffic_pointers(dev, aws, str)
    names = [pointer.name for pointer in made]
    assert names == ["api-us-east-1.example.com/ in us-east-1", "api-us-west-1.example.com/ in us-west-1", "/live"]
    assert regions == ["us-east-1", "us-west-1", "us-east-1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[pointer]]\nkind = "alb"', 'pointer[0].kind: found "alb"; must be one of api-gateway, lambda-alias, '),
        ("[[pointer]]", "pointer[0]: kind is missing; there are: api-gateway, lambda-alias, "),
        (f"{PARAMETER}vaule = 1", 'pointer[0].vaule: unknown key; allowed: kind, name, value; did you mean "value"?'),
        (f'{PARAMETER}value = "live"', 'pointer[0].value: found "live"; must hold {color}'),
        (f'{PARAMETER}value = "{{colour}}"', "unknown placeholder {colour}; allowed: {app}, {env}, {region}, {color}"),
        (PARAMETER.replace("name", "# "), "pointer[0].name: is missing: The parameter's name."),
        (GATEWAY.replace("us-west-1", "west"), 'pointer[0].regions[1]: found "west"; must be a region'),
    ],
)
def test_a_fault_is_told_where_it_is(tmp_path: Path, text: str, said: str) -> None:
    assert said in fault_of(tmp_path, f"{SMALLEST}\n{text}")
