"""`sam` and `cdk` as far as Verdigris calls them: writes down how it was called, and makes or deletes the stack.

The stack is CloudFormation's at AWS_ENDPOINT_URL, as `sam deploy` and `cdk deploy` would make it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import boto3


def main() -> int:
    tool, verb, *words = sys.argv[1:]
    with Path("calls.txt").open("a") as calls:
        calls.write(" ".join((tool, verb, *words)) + "\n")
    name = words[words.index("--stack-name") + 1] if tool == "sam" else words[0]
    client = boto3.client("cloudformation", region_name=os.environ["VERDIGRIS_REGION"])
    if verb in ("delete", "destroy"):
        client.delete_stack(StackName=name)
        return 0
    if Path("broken").exists():
        print("Error: Failed to create the changeset", file=sys.stderr)
        return 1
    url = f"http://{os.environ['VERDIGRIS_COLOR']}.example/{os.environ['VERDIGRIS_TABLE']}"
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}}
    template = json.dumps({"Resources": {"Topic": topic}, "Outputs": {"Url": {"Value": url}}})
    there = {one["StackName"] for one in client.describe_stacks()["Stacks"]}
    (client.update_stack if name in there else client.create_stack)(StackName=name, TemplateBody=template)
    return 0


if __name__ == "__main__":
    sys.exit(main())
