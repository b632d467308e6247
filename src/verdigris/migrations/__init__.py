"""Migration files: found, summed up and compared with what is recorded without running any of them, then loaded.

For the files themselves there is `stable_id`.
"""

from __future__ import annotations

from verdigris.core.stable_ids import stable_id

__all__ = ["stable_id"]
