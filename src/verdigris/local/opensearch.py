"""OpenSearch 3, the search engine of the embedded stack."""

from __future__ import annotations

from verdigris.local.search_node import Product

NAME = "opensearch"
PRODUCT = Product(NAME, program="opensearch", variables="OPENSEARCH", heap="-Xms512m -Xmx512m")
