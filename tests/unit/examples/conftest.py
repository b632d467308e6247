"""Makes the example's packages importable, as they are in its own folder."""

from __future__ import annotations

import sys
from pathlib import Path

COURT = Path(__file__).parents[3] / "examples" / "court"

if str(COURT) not in sys.path:
    sys.path.append(str(COURT))
