"""The world of examples/dawson: two regions, names, gateways, functions, an alarm, CircleCI; as scripts left it.

DynamoDB Local behind the shim of regions, OpenSearch, and moto's server for all else of AWS.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

from tests.acceptance.lambda_functions import ACCOUNT, StreamFunction, add_mapping
from tests.circleci import TOKEN, CircleCi
from tests.contract.applications import TERRAFORMS, terraform_program
from tests.contract.control_plane import aws, put_alarm
from tests.project import SHAPE, Project

from verdigris.core.items import encode
from verdigris.core.model import Color
from verdigris.stores.opensearch_index import OpenSearchIndex

EXAMPLE = Path(__file__).parents[2] / "examples" / "dawson"
EAST, WEST = REGIONS = ("us-east-1", "us-west-1")
DOMAINS = {"gateway_api_dev_": "api-dev", "gateway_api_public_dev_": "public-api-dev"}
ZONE = "dawson.example.gov"
ALARM = "efcms-dev-api-errors"
#: A color's functions are made by the test: Terraform says what they are to be, and waits for them as it does for AWS.
FUNCTIONS = """
resource "terraform_data" "functions" {
  provisioner "local-exec" { command = "sh functions.sh" }
}
"""
WAIT = """
echo "$VERDIGRIS_TABLE $VERDIGRIS_INDEX_CASE" > $VERDIGRIS_COLOR.wanted
timeout 120 sh -c "until test -e $VERDIGRIS_COLOR.made; do sleep 0.05; done"
"""


class Dawson(Project):
    """The example's folder, on engines of this machine; `workflow` is the one that CircleCI runs it in."""

    def __init__(self, folder: Path, dynamodb_url: str, search_url: str, cloud_url: str, ci: CircleCi) -> None:
        super().__init__(folder, dynamodb_url)
        shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
        self.name = "efcms"
        self.workflow = ""
        self.search = OpenSearchIndex(search_url)
        self._cloud_url = cloud_url
        self._clients: dict[tuple[str, str], Any] = {}
        endpoints = f'dynamodb = "{dynamodb_url}", search = "{search_url}", aws = "{cloud_url}"'
        self.replace(
            "verdigris.toml",
            'enable_stream = true\nendpoints = { search = "https://search.dawson.example.gov" }',
            "enable_stream = true\nbackup = true\nbake_minutes = 0\nlate_write_seconds = 1\n"
            f"endpoints = {{ {endpoints} }}",
        )
        self.replace("verdigris.toml", 'token = "env', f'url = "{ci.url}"\ntoken = "env')
        self.write("infrastructure/functions.tf", FUNCTIONS)
        self.write("infrastructure/functions.sh", WAIT)
        program = terraform_program(TERRAFORMS[0], folder.parent)
        self.replace("verdigris.toml", 'driver = "terraform"', f'driver = "terraform"\nprogram = "{program}"')

    @property
    def variables(self) -> dict[str, str]:
        return {**super().variables, "CIRCLECI_TOKEN": TOKEN, "CIRCLE_WORKFLOW_ID": self.workflow}

    def tables(self, region: str) -> Any:
        return self.aws.client("dynamodb", region)

    def service(self, name: str, region: str = EAST) -> Any:
        if (name, region) not in self._clients:
            self._clients[name, region] = aws(self._cloud_url, region).client(name)
        return self._clients[name, region]

    # ── as scripts left it ───────────────────────────────────────────────────────────────────────────────────────

    def left_by_scripts(self, cases: int) -> None:
        """Green serves alpha in both regions; no color was ever written down."""
        self._table_and_flags(cases)
        self._search()
        self.service("iam").create_role(RoleName="court", AssumeRolePolicyDocument="{}")
        self.functions(Color.GREEN, "efcms-dev-alpha")
        zone = self.service("route53").create_hosted_zone(Name=ZONE, CallerReference="court")["HostedZone"]["Id"]
        for region in REGIONS:
            self._gateways(region, zone)
        self.alarm("OK", "no errors")

    def alarm(self, state: str, reason: str) -> None:
        put_alarm(self.service("cloudwatch"), ALARM, state, reason)

    def _table_and_flags(self, cases: int) -> None:
        client = self.tables(EAST)
        client.create_table(TableName="efcms-dev-deploy", **SHAPE)
        versions = ("source-table-version", "destination-table-version")
        flags: dict[str, Any] = {**{name: {"S": "alpha"} for name in versions}, "migrate": {"BOOL": False}}
        for name, value in flags.items():
            flag = {"pk": {"S": name}, "sk": {"S": name}, "current": value}
            client.put_item(TableName="efcms-dev-deploy", Item=flag)
        client.create_table(TableName="efcms-dev-alpha", **SHAPE)
        client.update_table(TableName="efcms-dev-alpha", ReplicaUpdates=[{"Create": {"RegionName": WEST}}])
        self.write_cases("alpha", range(cases))

    def _search(self) -> None:
        self.search.create("efcms-dev-case-alpha", {"mappings": {}})
        self.search.point_alias("efcms-dev-case", None, "efcms-dev-case-alpha")

    def _gateways(self, region: str, zone: str) -> None:
        """A region's domains, their mappings, and the records that lead clients near that region to them."""
        client = self.service("apigateway", region)
        for api_name, domain in DOMAINS.items():
            name = f"{domain}.{ZONE}"
            made = client.create_domain_name(domainName=name, endpointConfiguration={"types": ["REGIONAL"]})
            green, _ = (self._api(client, region, f"{api_name}{color}", color) for color in (Color.GREEN, Color.BLUE))
            for path in ("(none)", "old"):
                client.create_base_path_mapping(domainName=name, basePath=path, restApiId=green, stage="dev")
            alias = {
                "DNSName": made["regionalDomainName"],
                "HostedZoneId": made["regionalHostedZoneId"],
                "EvaluateTargetHealth": False,
            }
            record = {"Name": name, "Type": "A", "SetIdentifier": region, "Region": region, "AliasTarget": alias}
            changes = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
            self.service("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=changes)

    def _api(self, client: Any, region: str, name: str, color: Color) -> str:
        api = client.create_rest_api(name=name)["id"]
        root = client.get_resources(restApiId=api)["items"][0]["id"]
        where = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
        function = f"arn:aws:lambda:{region}:{ACCOUNT}:function:api_dev_{color}"
        uri = f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function}/invocations"
        client.put_method(**where, authorizationType="NONE")
        client.put_integration(**where, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
        client.create_deployment(restApiId=api, stageName="dev")
        return str(api)

    def functions(self, color: Color, table: str) -> None:
        """A color's API function in both regions, which says what table it uses."""
        for region in REGIONS:
            self._function(self.service("lambda", region), f"api_dev_{color}", table)

    def _function(self, client: Any, name: str, table: str) -> None:
        variables = {"Variables": {"DYNAMODB_TABLE_NAME": table}}
        try:
            client.update_function_configuration(FunctionName=name, Environment=variables)
        except client.exceptions.ResourceNotFoundException:
            code, role = io.BytesIO(), f"arn:aws:iam::{ACCOUNT}:role/court"
            with zipfile.ZipFile(code, "w") as archive:
                archive.writestr("app.py", "")
            client.create_function(
                FunctionName=name,
                Runtime="python3.12",
                Role=role,
                Handler="app.main",
                Code={"ZipFile": code.getvalue()},
                Environment=variables,
            )

    # ── what people and CI look at ───────────────────────────────────────────────────────────────────────────────

    def write_cases(self, version: str, numbers: Sequence[int], fee: str = "60.5", **more: Any) -> None:
        self.raw(version).write([encode(case(number, fee) | more) for number in numbers])

    def mappings(self) -> set[str]:
        """The colors that any mapping of any region leads to, each with its path."""
        found = set()
        for region in REGIONS:
            client = self.service("apigateway", region)
            names = {api["id"]: api["name"] for api in client.get_rest_apis()["items"]}
            for domain in DOMAINS.values():
                for mapping in client.get_base_path_mappings(domainName=f"{domain}.{ZONE}")["items"]:
                    found.add(f"{names[mapping['restApiId']].rpartition('_')[2]} {mapping['basePath']}")
        return found

    def there(self) -> dict[str, set[str]]:
        """Region → the versions that have a table."""
        listed = {region: self.tables(region).list_tables()["TableNames"] for region in REGIONS}
        versions = ("alpha", "beta")
        return {region: {one for one in versions if f"efcms-dev-{one}" in names} for region, names in listed.items()}

    def found(self) -> dict[str, int]:
        """What a search for all cases finds: id → fee in cents."""
        index = self.search.alias("efcms-dev-case")
        assert index
        self.search.refresh(index)
        return {id_: body["feeCents"] for id_, body in self.search.documents(index)}


class Functions:
    """A color's functions, which come and go with it. `stream` is there once they are made, and works from then on."""

    def __init__(self, project: Dawson, color: Color) -> None:
        self._project, self._color = project, color
        self._running = ExitStack()
        self.stream: StreamsFunction | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def make(self, terraform: subprocess.Popen[str]) -> None:
        """As soon as Terraform wants them."""
        folder = self._project.folder / "infrastructure"
        wanted = folder / f"{self._color}.wanted"
        until(lambda: wanted.exists() and wanted.read_text().endswith("\n"), terraform)
        table, index = wanted.read_text().split()
        self._project.functions(self._color, table)
        self.stream = StreamsFunction(self._project, self._color, table, index)
        self._running.enter_context(self.stream.running())
        (folder / f"{self._color}.made").touch()


def until(true: Callable[[], bool], command: subprocess.Popen[str], within_s: float = 120) -> None:
    """What a command brings about while it works."""
    until_s = time.monotonic() + within_s
    while not true():
        assert command.poll() is None, command.communicate()
        assert time.monotonic() < until_s
        time.sleep(0.05)


class StreamsFunction(StreamFunction):
    """A color's consumer."""

    def __init__(self, project: Dawson, color: Color, table: str, index: str) -> None:
        described = project.tables(EAST).describe_table(TableName=table)["Table"]
        mapping = add_mapping(described["LatestStreamArn"], f"streams_dev_{color}")
        super().__init__(project, mapping, project.search, index)

    def is_indexed(self, item: Mapping[str, Any]) -> bool:
        return item.get("entityName") == "Case"

    def body(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {"caption": item["caption"], "feeCents": int(item["feeCents"])}


def case(number: int, fee: str) -> dict[str, Any]:
    key = f"case|{number:03d}-20"
    kind = {"entityName": "Case", "caption": f"Petitioner {number} v. Commissioner", "fee": Decimal(fee)}
    return {"pk": key, "sk": key, **(kind if number % 5 else {"entityName": "User"})}
