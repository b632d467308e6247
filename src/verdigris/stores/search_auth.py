"""Who asks a search cluster: nobody in particular, a user with a password, or AWS credentials."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from verdigris.errors import AccessRefused
from verdigris.stores.aws_errors import aws_errors
from verdigris.stores.http import Credentials

#: (method, URL, body) → the headers that say who asks.
Auth: TypeAlias = Callable[[str, str, bytes], Mapping[str, str]]


def anonymous(method: str, url: str, body: bytes) -> Mapping[str, str]:
    return {}


def basic(user: str, password: str) -> Auth:
    """A user of the cluster's own (fine-grained access control)."""
    header = {"authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}
    return lambda method, url, body: header


def sigv4(credentials: Credentials, region: str, service: str = "es") -> Auth:
    """AWS credentials, by botocore's signer; `service` is `es` for domains. Raises AccessRefused if there are none."""

    def sign(method: str, url: str, body: bytes) -> Mapping[str, str]:
        # The content type is not signed, so it may be set by whoever sends.
        request = AWSRequest(method=method, url=url, data=body)
        with aws_errors(url):
            frozen = credentials.get_frozen_credentials()
            readable = ReadOnlyCredentials(frozen.access_key, frozen.secret_key, frozen.token)
            SigV4Auth(readable, service, region).add_auth(request)
        return dict(request.headers.items())

    return sign


def auth_for(
    url: str,
    region: str,
    credentials: Credentials | None,
    environ: Mapping[str, str],
    login: tuple[str, str] | None = None,
) -> Auth:
    """What fits an address: `login` (user, password) if there is one; VERDIGRIS_SEARCH_USER and _PASSWORD where set;
    AWS credentials for AWS's hosts; else none.

    Raises AccessRefused if only one of the two variables is set, or if AWS credentials are needed and there are none.
    """
    user, password = login or (environ.get("VERDIGRIS_SEARCH_USER"), environ.get("VERDIGRIS_SEARCH_PASSWORD"))
    if user and password:
        return basic(user, password)
    if user or password:
        raise AccessRefused("set both VERDIGRIS_SEARCH_USER and VERDIGRIS_SEARCH_PASSWORD, or neither", where=url)
    host = urlsplit(url).hostname or ""
    if not host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".on.aws")):
        return anonymous
    if credentials is None:
        raise AccessRefused("no AWS credentials were found", where=url, next_command="aws sts get-caller-identity")
    return sigv4(credentials, region)
