"""Which wishes several have at the same moment: of them all but one are refused, and need not queue with who writes."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock

LASTS = 10.0  # seconds
MOST = 256


class Rush:
    """What this process was asked for a moment ago. Threads may share it; it forgets, and no answer
    hangs on it: only whether one is looked for before the lock."""

    def __init__(self, lasts: float = LASTS, most: int = MOST) -> None:
        self._lasts, self._most = lasts, most
        self._asked: OrderedDict[Hashable, float] = OrderedDict()
        self._lock = Lock()

    def joined(self, wish: Hashable) -> bool:
        """Note a wish; tell whether it was made a moment ago already."""
        now = time.monotonic()
        with self._lock:
            before = self._asked.pop(wish, None)
            self._asked[wish] = now
            if len(self._asked) > self._most:
                self._asked.popitem(last=False)
        return before is not None and now - before < self._lasts


rush = Rush()
