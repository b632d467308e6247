"""Search domains of OpenSearch Service, through either of its two APIs. Plain boto3."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from verdigris.errors import AlreadyThere, Invalid, NotFound
from verdigris.stores.aws_errors import aws_errors
from verdigris.stores.searching import Domain

OWNER = "verdigris:owner"


class _Calls(NamedTuple):
    """An API's methods. Its other one, `list_tags`, is the same in both."""

    create: str
    describe: str
    delete: str


_CALLS = {
    "opensearch": _Calls("create_domain", "describe_domain", "delete_domain"),
    "es": _Calls("create_elasticsearch_domain", "describe_elasticsearch_domain", "delete_elasticsearch_domain"),
}


class AwsDomains:
    """The port `SearchDomains`. `service` is `opensearch` or `es`; `client` gives boto3's for it."""

    def __init__(self, service: str, client: Callable[[], Any]) -> None:
        self._calls = _CALLS[service]
        self._client = client

    def describe(self, name: str) -> Domain | None:
        try:
            with aws_errors(name):
                found = self._call(self._calls.describe, name)["DomainStatus"]
                tags = self._client().list_tags(ARN=found["ARN"])["TagList"]
        except NotFound:
            return None
        # In a VPC it has several addresses under names; any reaches it.
        host = found.get("Endpoint") or next(iter(found.get("Endpoints", {}).values()), None)
        return Domain(
            endpoint=f"https://{host}" if host else None,
            created=found.get("Created", False),
            processing=found.get("Processing", False),
            deleted=found.get("Deleted", False),
            owner=next((tag["Value"] for tag in tags if tag["Key"] == OWNER), None),
        )

    def check(self, name: str, body: Mapping[str, Any]) -> None:
        """By the parameters that boto3's model of the call knows, their types and limits."""
        mend = "mend the file of [search_domain] create, then run the command again"
        if "DomainName" in body:
            raise Invalid("a domain's name is not taken from its body", where=name, next_command=mend)
        client = self._client()
        shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[self._calls.create])
        report = ParamValidator().validate({"DomainName": name, **body}, shape.input_shape)
        if report.has_errors():
            raise Invalid(f"no domain can be made from it: {report.generate_report()}", where=name, next_command=mend)

    def create(self, name: str, body: Mapping[str, Any], owner: str) -> None:
        self.check(name, body)
        tags = [*body.get("TagList", ()), {"Key": OWNER, "Value": owner}]
        with aws_errors(name):
            try:
                self._call(self._calls.create, name, **{**body, "TagList": tags})
            except ClientError as error:
                if error.response["Error"]["Code"] == "ResourceAlreadyExistsException":
                    raise AlreadyThere("a domain of this name is there", where=name) from error
                raise

    def delete(self, name: str) -> None:
        try:
            with aws_errors(name):
                self._call(self._calls.delete, name)
        except NotFound:
            return

    def _call(self, method: str, name: str, **body: Any) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(self._client(), method)(DomainName=name, **body)
        return answer
