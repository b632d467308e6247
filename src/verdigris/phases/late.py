"""Late writes (design, section 4, rule 5): a write whose answer never came may still land.

On AWS until its signature expires. So the keys of such a write are suspects: they are settled again when the bound has
passed, and neither a verify nor a drain ends before. What a dead or paused runner sent is waited for at the takeover.
"""

from __future__ import annotations

import threading
from collections.abc import Container, Iterable

from verdigris.core.model import Key
from verdigris.core.settling import Owners


class LateWrites:
    """What may still land in one deployment's destination. Safe to share between threads. Times: wall clock, seconds.

    `bound_s`: how long after its signing date a write may land (AWS: 600, the life of a signature and as much
    for clocks that differ). `from_s`: before
    that no settle may begin, because of what an earlier runner may have sent.
    """

    def __init__(self, bound_s: float, from_s: float = 0.0, reserved: Container[Key] = ()) -> None:
        self._bound_s = bound_s
        self._from_s = from_s
        self._reserved = reserved
        self._suspects: dict[Key, float] = {}
        self._owners: dict[Key, set[Key]] = {}
        self._lock = threading.Lock()

    def unanswered(self, keys: Iterable[Key], signed_s: float) -> None:
        """Writes to these keys, signed at `signed_s`, got no answer."""
        if self._bound_s <= 0:
            return
        with self._lock:
            for key in keys:
                if key in self._reserved:
                    continue  # a beacon is looked for by its value, and means nothing where it lies
                self._suspects[key] = max(self._suspects.get(key, 0.0), signed_s + self._bound_s)

    def sent(self, signed_s: float) -> None:
        """Something that is not a write of a key got no answer."""
        with self._lock:
            self._from_s = max(self._from_s, signed_s + self._bound_s)

    def quiet_from_s(self) -> float:
        """When nothing that is known of can land any more; in the past if that is so now."""
        with self._lock:
            return max(self._from_s, *self._suspects.values(), 0.0)

    def any(self) -> bool:
        """Whether some key is not settled for good."""
        return bool(self._suspects)

    def note(self, owners: Owners) -> None:
        """Remembers who may produce a suspect: what lands on it may hide whose it was."""
        if self._suspects:
            with self._lock:
                for key in self._suspects.keys() & owners.keys():
                    self._owners.setdefault(key, set()).update(owners[key])

    def take_due(self, now_s: float) -> dict[Key, set[Key]]:
        """The suspects whose bound has passed, with their owners so far; they are to be settled again now."""
        if not self._suspects:
            return {}
        with self._lock:
            due = [key for key, until_s in self._suspects.items() if until_s <= now_s]
            for key in due:
                del self._suspects[key]
            return {key: self._owners.pop(key, set()) for key in due}

    def forget(self) -> None:
        """Before the first settle, when the bound of everything has passed: each key that matters is settled then."""
        with self._lock:
            self._suspects.clear()
            self._owners.clear()
