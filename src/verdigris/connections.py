"""An environment's addresses and clients: AWS's own, those of the configuration, or the embedded engines."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session

from verdigris.config.model import Config, Environment
from verdigris.core.braking import Throttling
from verdigris.core.model import DataVersion
from verdigris.stores.aws import Aws

if TYPE_CHECKING:
    from verdigris.local.stack import StackInfo


class Connections:
    """Nothing is connected before it is needed. Raises LocalStackError when an embedded engine is, and does not run."""

    def __init__(self, config: Config, env: str) -> None:
        self.config = config
        self.env: Environment = config.environment(env)
        self.name = env
        #: told of every throttled answer; set with a runner's bench
        self.throttled: Callable[[Throttling], None] = lambda told: None

    @cached_property
    def aws(self) -> Aws:
        """The tables of the home region."""
        return self.tables(self.env.region)

    def tables(self, region: str) -> Aws:
        """DynamoDB of a region."""
        return Aws(
            region,
            endpoint_url=self.dynamodb_url,
            session=self.session(),
            throttled=lambda told: self.throttled(told),
        )

    @cached_property
    def dynamodb_url(self) -> str | None:
        return self.env.endpoints.dynamodb or (self._stack.dynamodb_url if self.env.local else None)

    @cached_property
    def search_url(self) -> str | None:
        """The one cluster of both data versions. None where nothing is searched: then no search engine need run."""
        if not self.config.index or self.env.domain(DataVersion.ALPHA):
            return None  # each data version has its own
        return self.env.endpoints.search or (self._stack.search_url if self.env.local else None)

    def session(self) -> botocore.session.Session:
        session = botocore.session.get_session()
        if self.env.local:
            from verdigris.local.dynamodb import ACCESS_KEY, SECRET_KEY

            session.set_credentials(ACCESS_KEY, SECRET_KEY)
        return session

    @cached_property
    def state_folder(self) -> Path:
        """Where the embedded stack of this machine lives."""
        from verdigris.local.folders import stack_folder

        return stack_folder()

    @cached_property
    def _stack(self) -> StackInfo:
        from verdigris.local.stack import LocalStack

        return LocalStack(self.state_folder).status()

    @cached_property
    def services(self) -> Callable[[str], Aws]:
        """Region → all that is not DynamoDB, and has no engine here; each made once."""
        return cache(lambda region: Aws(region, endpoint_url=self.env.endpoints.aws, session=self.session()))
