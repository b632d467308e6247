"""A browser's way to the application: its name in Route 53, the domain of the region, the mapping, the API, the
function behind it, and that function's table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.acceptance.dawson import DOMAINS, EAST, REGIONS, ZONE, Dawson

from verdigris.core.model import Color


@dataclass(frozen=True)
class Answer:
    color: Color
    #: what the color's table in that region has for the case, in DynamoDB's JSON
    case: dict[str, Any] | None


class Browser:
    def __init__(self, dawson: Dawson) -> None:
        self._dawson = dawson

    def records(self) -> list[dict[str, Any]]:
        """The zone's whole content."""
        route53 = self._dawson.service("route53")
        (zone,) = route53.list_hosted_zones_by_name(DNSName=ZONE)["HostedZones"]
        return list(route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"])

    def everywhere(self, case: str) -> list[Answer]:
        """What every name answers to clients near each region."""
        return [self.get(f"{domain}.{ZONE}", case, near) for domain in DOMAINS.values() for near in REGIONS]

    def get(self, name: str, case: str, near: str = EAST) -> Answer:
        """`https://<name>/cases/<case>`, asked near a region, to which its latency record leads."""
        records = [one for one in self.records() if one["Name"].rstrip(".") == name]
        (address,) = [one["AliasTarget"]["DNSName"] for one in records if one["Region"] == near]
        function = self._function(name, address.rstrip("."), near)
        settings = self._dawson.service("lambda", near).get_function_configuration(FunctionName=function)
        table = settings["Environment"]["Variables"]["DYNAMODB_TABLE_NAME"]
        key = {attribute: {"S": case} for attribute in ("pk", "sk")}
        found = self._dawson.tables(near).get_item(TableName=table, Key=key, ConsistentRead=True)
        return Answer(Color(function.rpartition("_")[2]), found.get("Item"))

    def _function(self, name: str, address: str, region: str) -> str:
        """The function behind a name at a regional domain's address."""
        gateway = self._dawson.service("apigateway", region)
        there = {one["regionalDomainName"]: one["domainName"] for one in gateway.get_domain_names()["items"]}
        assert there[address] == name, "the certificate is another name's"
        mapping = gateway.get_base_path_mapping(domainName=name, basePath="(none)")
        api, stage = mapping["restApiId"], mapping["stage"]
        assert gateway.get_stage(restApiId=api, stageName=stage)["deploymentId"]
        (root,) = gateway.get_resources(restApiId=api)["items"]
        uri = gateway.get_integration(restApiId=api, resourceId=root["id"], httpMethod="GET")["uri"]
        return str(uri.rpartition(":function:")[2].partition("/")[0])
