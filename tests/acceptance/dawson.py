"""The world of examples/dawson: two regions, gateways, functions, an alarm, CircleCI; as scripts left it.

DynamoDB Local behind the shim of regions, OpenSearch, and moto's server for all else of AWS.
"""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.acceptance.lambda_functions import ACCOUNT, StreamFunction, add_mapping
from tests.circleci import TOKEN, CircleCi
from tests.contract.applications import TERRAFORMS, terraform_program
from tests.contract.control_plane import aws
from tests.project import SHAPE, Done, Project

from verdigris.core.items import encode
from verdigris.core.model import Color, KeySchema
from verdigris.stores.opensearch_index import OpenSearchIndex

EXAMPLE = Path(__file__).parents[2] / "examples" / "dawson"
EAST, WEST = REGIONS = ("us-east-1", "us-west-1")
DOMAINS = {"gateway_api_dev_": "api-dev", "gateway_api_public_dev_": "public-api-dev"}
KEY = KeySchema((("pk", "S"), ("sk", "S")))


class Dawson(Project):
    """The example's folder, on engines of this machine; `workflow` is the one that CircleCI runs it in."""

    def __init__(self, folder: Path, dynamodb_url: str, search_url: str, cloud_url: str, ci: CircleCi) -> None:
        super().__init__(folder, dynamodb_url)
        shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
        self.name = "efcms"
        self.workflow = ""
        self.search = OpenSearchIndex(search_url)
        self._cloud_url = cloud_url
        endpoints = f'dynamodb = "{dynamodb_url}", search = "{search_url}", aws = "{cloud_url}"'
        self.replace(
            "verdigris.toml",
            'enable_stream = true\nendpoints = { search = "https://search.dawson.example.gov" }',
            f"enable_stream = true\nbackup = true\nlate_write_seconds = 1\nendpoints = {{ {endpoints} }}",
        )
        self.replace("verdigris.toml", 'token = "env', f'url = "{ci.url}"\ntoken = "env')
        program = terraform_program(TERRAFORMS[0], folder.parent)
        self.replace("verdigris.toml", 'driver = "terraform"', f'driver = "terraform"\nprogram = "{program}"')

    @property
    def variables(self) -> dict[str, str]:
        return {**super().variables, "CIRCLECI_TOKEN": TOKEN, "CIRCLE_WORKFLOW_ID": self.workflow}

    def tables(self, region: str) -> Any:
        return self.aws.client("dynamodb", region)

    def service(self, name: str, region: str = EAST) -> Any:
        return aws(self._cloud_url, region).client(name)

    # ── as scripts left it ───────────────────────────────────────────────────────────────────────────────────────

    def left_by_scripts(self, cases: int) -> None:
        """Green serves alpha in both regions; no color was ever written down."""
        self._table_and_flags(cases)
        self._search(cases)
        for region in REGIONS:
            self._gateways(self.service("apigateway", region))
        self.service("iam").create_role(RoleName="court", AssumeRolePolicyDocument="{}")
        self.function(Color.GREEN, "efcms-dev-alpha")
        cloudwatch = self.service("cloudwatch")
        cloudwatch.put_metric_alarm(
            AlarmName="efcms-dev-api-errors",
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            MetricName="5XXError",
            Namespace="AWS/ApiGateway",
            Period=60,
            Statistic="Sum",
            Threshold=1,
        )
        cloudwatch.set_alarm_state(AlarmName="efcms-dev-api-errors", StateValue="OK", StateReason="no errors")

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

    def _search(self, cases: int) -> None:
        self.search.create("efcms-dev-case-alpha", {"mappings": {}})
        self.search.point_alias("efcms-dev-case", None, "efcms-dev-case-alpha")

    def _gateways(self, client: Any) -> None:
        for api_name, domain in DOMAINS.items():
            name = f"{domain}.dawson.example.gov"
            client.create_domain_name(domainName=name)
            green, _ = (self._api(client, f"{api_name}{color}") for color in (Color.GREEN, Color.BLUE))
            for path in ("(none)", "old"):
                client.create_base_path_mapping(domainName=name, basePath=path, restApiId=green, stage="dev")

    def _api(self, client: Any, name: str) -> str:
        api = client.create_rest_api(name=name)["id"]
        root = client.get_resources(restApiId=api)["items"][0]["id"]
        where = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
        client.put_method(**where, authorizationType="NONE")
        client.put_integration(**where, type="MOCK")
        client.create_deployment(restApiId=api, stageName="dev")
        return str(api)

    def function(self, color: Color, table: str) -> None:
        """A color's API function, which says what table it uses."""
        client, name = self.service("lambda"), f"api_dev_{color}"
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

    def live(self) -> set[str]:
        """The colors that the gateways of all regions lead to."""
        found = set()
        for region in REGIONS:
            client = self.service("apigateway", region)
            names = {api["id"]: api["name"] for api in client.get_rest_apis()["items"]}
            for domain in DOMAINS.values():
                for mapping in client.get_base_path_mappings(domainName=f"{domain}.dawson.example.gov")["items"]:
                    found.add(f"{names[mapping['restApiId']].rpartition('_')[2]} {mapping['basePath']}")
        return found

    def there(self) -> dict[str, set[str]]:
        """Region → the versions that have a table."""
        listed = {region: self.tables(region).list_tables()["TableNames"] for region in REGIONS}
        versions = ("alpha", "beta")
        return {region: {one for one in versions if f"efcms-dev-{one}" in names} for region, names in listed.items()}

    def outputs(self, color: Color) -> dict[str, str]:
        """What Terraform made for a color."""
        state = self.folder / "infrastructure" / "terraform.tfstate.d" / f"efcms-dev-{color}" / "terraform.tfstate"
        return {name: one["value"] for name, one in json.loads(state.read_text())["outputs"].items()}

    def found(self) -> dict[str, int]:
        """What a search for all cases finds: id → fee in cents."""
        index = self.search.alias("efcms-dev-case")
        assert index
        self.search.refresh(index)
        return {id_: body["feeCents"] for id_, body in self.search.documents(index)}


class StreamsFunction(StreamFunction):
    """A color's consumer."""

    def __init__(self, project: Dawson, color: Color, version: str) -> None:
        described = project.tables(EAST).describe_table(TableName=project.table(version))["Table"]
        mapping = add_mapping(described["LatestStreamArn"], f"streams_dev_{color}")
        super().__init__(project, mapping, project.search, project.outputs(color)["index"])

    def is_indexed(self, item: Mapping[str, Any]) -> bool:
        return item.get("entityName") == "Case"

    def body(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {"caption": item["caption"], "feeCents": int(item["feeCents"])}


def case(number: int, fee: str) -> dict[str, Any]:
    key = f"case|{number:03d}-20"
    kind = {"entityName": "Case", "caption": f"Petitioner {number} v. Commissioner", "fee": Decimal(fee)}
    return {"pk": key, "sk": key, **(kind if number % 5 else {"entityName": "User"})}


class Steps:
    """The steps of the guide as they were done, for people."""

    def __init__(self, project: Dawson) -> None:
        self._project = project
        self.rows: list[tuple[str, str, str]] = []

    def do(self, by_hand: str, *command: str, code: int = 0) -> Done:
        done = self._project.run(*command)
        self.rows.append((by_hand, f"verdigris {' '.join(command)}", str(done.code)))
        assert done.code == code, f"{done.out}\n{done.err}"
        return done

    def table(self) -> str:
        rows = [("by hand", "by Verdigris", "exit"), *self.rows]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
