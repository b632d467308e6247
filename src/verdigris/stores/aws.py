"""One region of one AWS account, or the embedded engines that stand in for it: where adapters get their clients."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, cast

import boto3
import botocore.session
import urllib3
from botocore.config import Config
from botocore.utils import get_environ_proxies

from verdigris.core.braking import Throttling
from verdigris.stores.aws_errors import aws_errors, no_credentials
from verdigris.stores.backoff import Backoff
from verdigris.stores.http import TIMEOUT, AwsJson, Credentials, Service

_BOTO = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 8})


class Aws:
    """Clients for `region`, with the credentials of `session` (by default the environment's, as every AWS tool).

    `endpoint_url` points them all at an engine of this machine. `connections` is how many are kept open at once:
    one a worker thread is enough. `throttled` is told of every throttled answer of a table, retried or not. Safe
    to share between threads, not between processes.
    """

    def __init__(
        self,
        region: str,
        *,
        endpoint_url: str | None = None,
        session: botocore.session.Session | None = None,
        backoff: Backoff | None = None,
        connections: int = 32,
        throttled: Callable[[Throttling], None] = lambda told: None,
    ) -> None:
        self.region = region
        self._throttled = throttled
        self._endpoint_url = endpoint_url
        with aws_errors(f"AWS profile for {region}"):
            self._session = session or botocore.session.get_session()
            self._boto3 = boto3.Session(botocore_session=self._session, region_name=region)
        self._backoff = backoff or Backoff()
        self._connections = connections
        self._transports: dict[str, AwsJson] = {}
        # Neither making a botocore client nor finding credentials is safe to do in two threads at once.
        self._lock = threading.Lock()

    def client(self, service: str, region: str | None = None) -> Any:
        """A plain boto3 client, for all that is not the data path. Raises AccessRefused, StoreError."""
        with self._lock, aws_errors(f"{service} in {region or self.region}"):
            return self._boto3.client(  # type: ignore[call-overload]
                service, region_name=region, endpoint_url=self._endpoint_url, config=_BOTO
            )

    def json(self, service: str) -> AwsJson:
        """The raw transport of a service that speaks JSON (`dynamodb`, `dynamodbstreams`). Raises AccessRefused."""
        if service not in self._transports:
            client = self.client(service)
            with self._lock:
                self._transports.setdefault(service, self._transport(client))
        return self._transports[service]

    def _transport(self, client: Any) -> AwsJson:
        meta = client.meta
        with aws_errors(f"{meta.endpoint_url}"):
            credentials = self._session.get_credentials()
        if credentials is None:
            raise no_credentials(meta.endpoint_url)
        model = meta.service_model
        return AwsJson(
            Service(model.metadata["targetPrefix"], model.signing_name, model.metadata["jsonVersion"]),
            endpoint_url=meta.endpoint_url,
            region=self.region,
            credentials=cast(Credentials, credentials),  # the stubs allow a None inside; botocore does not
            pool=self._pool(meta.endpoint_url),
            backoff=self._backoff,
            # A stream that is read too fast says nothing of the table.
            throttled=self._throttled if model.service_name == "dynamodb" else lambda told: None,
        )

    def _pool(self, endpoint_url: str) -> urllib3.PoolManager:
        options: dict[str, Any] = {"maxsize": self._connections, "timeout": TIMEOUT}
        if endpoint_url.startswith("https:"):
            options |= {"cert_reqs": "CERT_REQUIRED", "ca_certs": self._session.get_config_variable("ca_bundle")}
        proxy = get_environ_proxies(endpoint_url).get(endpoint_url.partition(":")[0])
        return urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)
