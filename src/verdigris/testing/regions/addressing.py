"""Which region a call is for, and names that hold one."""

from __future__ import annotations

import re

import orjson

from verdigris.local.forward import Answer
from verdigris.testing.faults import answers
from verdigris.testing.faults.calls import Call

_SCOPE = re.compile(rb"(Credential=[^/,]+/\d+/)[^/]+(/)")


def region_of(call: Call) -> str:
    return call.account.rpartition("/")[2]


def in_region(call: Call, region: str) -> Call:
    """The same call to another region. (DynamoDB Local looks at the credential's scope, and at no signature.)"""
    headers = [
        (name, _SCOPE.sub(rb"\g<1>" + region.encode() + rb"\g<2>", value) if name == b"authorization" else value)
        for name, value in call.headers
    ]
    return Call(call.method, call.target, headers, call.body)


def arn_of(region: str, name: str) -> str:
    return f"arn:aws:dynamodb:{region}:000000000000:table/{name}"


def regional(answer: Answer, region: str) -> Answer:
    """DynamoDB Local's ARN of a table does not name its region. (Streams keep theirs: Local must know it again.)"""
    if answer.status != 200:
        return answer
    body = orjson.loads(answer.body)
    table = body.get("Table") or body.get("TableDescription")
    if table and "TableName" in table:
        table["TableArn"] = arn_of(region, table["TableName"])
    return answers.fine(body)
