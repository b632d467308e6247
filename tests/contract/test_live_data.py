"""The port `LiveData`: the live application says which table it works on, or it is an error.

Two adapters: a Lambda function (moto's server), and a command.
"""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.contract.control_plane import aws, control_plane

from verdigris.core.model import Color
from verdigris.errors import NotFound, StoreError
from verdigris.stores.base import LiveData
from verdigris.stores.lambda_environment import LambdaEnvironment
from verdigris.stores.live_command import LiveCommand

#: color → the table that its application says it uses; None: it does not say
Says = dict[Color, str | None]
FUNCTIONS = {color: f"api_dev_{color}" for color in Color}
SECRET = "do-not-show-me"


@pytest.fixture(scope="module")
def control() -> Iterator[str]:
    with control_plane() as url:
        yield url


def lambda_environment(url: str, says: Says) -> LiveData:
    client = aws(url).client("lambda")
    role = aws(url).client("iam").create_role(RoleName="lambda", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    for color, table in says.items():
        variables = {"PASSWORD": SECRET} | ({"TABLE": table} if table else {})
        client.create_function(
            FunctionName=FUNCTIONS[color],
            Runtime="python3.12",
            Role=role,
            Handler="app.handler",
            Code={"ZipFile": _zipped()},
            Environment={"Variables": variables},
        )
    return LambdaEnvironment(client, FUNCTIONS, "TABLE")


def _zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", "")
    return packed.getvalue()


def command(folder: Path, says: Says) -> LiveData:
    said = {color.value: table or "" for color, table in says.items()}
    text = f"import os\nprint({said!r}[os.environ['VERDIGRIS_COLOR']])\n"
    (folder / "which.py").write_text(text)
    return LiveCommand([sys.executable, "which.py"], folder, {"PASSWORD": SECRET})


@pytest.fixture(params=["lambda", "command"])
def live(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[Says], LiveData]]:
    if request.param == "command":
        yield lambda says: command(tmp_path, says)
        return
    url = request.getfixturevalue("control")
    yield lambda says: lambda_environment(url, says)
    for function in aws(url).client("lambda").list_functions()["Functions"]:
        aws(url).client("lambda").delete_function(FunctionName=function["FunctionName"])
    aws(url).client("iam").delete_role(RoleName="lambda")


def test_each_color_says_its_own_table(live: Callable[[Says], LiveData]) -> None:
    asked = live({Color.BLUE: "court-dev-alpha", Color.GREEN: "court-dev-beta"})
    assert [asked.table(color) for color in Color] == ["court-dev-alpha", "court-dev-beta"]


def test_one_that_does_not_say_is_an_error(live: Callable[[Says], LiveData]) -> None:
    with pytest.raises(NotFound) as caught:
        live({Color.BLUE: None}).table(Color.BLUE)
    assert SECRET not in str(vars(caught.value))


def test_one_that_is_not_there_is_an_error(live: Callable[[Says], LiveData]) -> None:
    with pytest.raises(StoreError) as caught:
        live({Color.BLUE: "court-dev-alpha"}).table(Color.GREEN)
    assert SECRET not in str(vars(caught.value))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise SystemExit('no such stack')", "ended with code 1: no such stack"),
        ("print('court-dev-alpha court-dev-beta')", "printed 2 words"),
        ("import time\ntime.sleep(60)", "did not end in 0.5 s"),
    ],
)
def test_a_command_that_fails(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "which.py").write_text(text)
    with pytest.raises(StoreError, match=said):
        LiveCommand([sys.executable, "which.py"], tmp_path, {}, timeout_s=0.5 if "sleep" in text else 60).table(
            Color.BLUE
        )


def test_a_command_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be run"):
        LiveCommand(["./nothing"], tmp_path, {}).table(Color.BLUE)
