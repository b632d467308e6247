"""moto's server: the AWS control planes that have no local engine. One process for a session of tests."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import botocore.session
import urllib3

from verdigris.local.ports import free_port
from verdigris.stores.aws import Aws


@contextmanager
def control_plane() -> Iterator[str]:
    """Its address."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process)
        yield url
    finally:
        process.kill()
        process.wait()


def aws(url: str, region: str = "us-east-1") -> Aws:
    session = botocore.session.get_session()
    session.set_credentials("contract", "contract")
    return Aws(region, endpoint_url=url, session=session)


def put_alarm(client: Any, name: str, state: str, reason: str) -> None:
    """Makes alarm `name` with this CloudWatch client, where it is not there, and sets its state."""
    client.put_metric_alarm(
        AlarmName=name,
        Namespace="Court",
        MetricName="errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    client.set_alarm_state(AlarmName=name, StateValue=state, StateReason=reason)


def _wait(url: str, process: subprocess.Popen[bytes], within_s: float = 60) -> None:
    until_s = time.monotonic() + within_s
    while True:
        try:
            urllib3.request("GET", f"{url}/moto-api/", retries=False, timeout=2)
        except urllib3.exceptions.HTTPError:
            assert process.poll() is None, "moto's server ended"
            assert time.monotonic() < until_s, "moto's server does not answer"
            time.sleep(0.05)
        else:
            return
