"""`[search_domain]`: a search cluster for each data version."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from verdigris.config.section import Section
from verdigris.config.values import RelativePath, VersionedName


class SearchDomainSettings(Section):
    """A domain of OpenSearch Service for each data version: made by provision, and deleted by finalize."""

    name: VersionedName = Field(
        description="The domain's name, 3 to 28 characters once it is expanded. Must hold `{version}`."
    )
    create: RelativePath = Field(
        description="File with the body of a CreateDomain request (JSON; for `es` CreateElasticsearchDomain), less "
        "`DomainName`."
    )
    service: Literal["opensearch", "es"] = Field(
        default="opensearch", description="Which of AWS's two APIs is asked: `es` is the older one."
    )
