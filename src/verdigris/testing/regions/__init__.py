"""Two or more regions on one DynamoDB Local: what AWS has and Local lacks, in front of it. See `shim.py`."""

from verdigris.testing.regions.rules import Timing
from verdigris.testing.regions.shim import Regions

__all__ = ["Regions", "Timing"]
