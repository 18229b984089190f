"""How often one address may try something that costs: counted in this process, also when the try is refused."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque

from geoapp.errors import TooMany


class Attempts:
    """At most ``most`` tries of a source within ``window_s`` seconds; the sources longest quiet are forgotten."""

    def __init__(self, most: int, window_s: float, sources: int = 10_000) -> None:
        self._most, self._window, self._sources = most, window_s, sources
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, source: str) -> None:
        """Count one try; raises TooMany past the limit."""
        now = time.monotonic()
        with self._lock:
            tries = self._seen.setdefault(source, deque())
            self._seen.move_to_end(source)
            while tries and now - tries[0] > self._window:
                tries.popleft()
            while len(self._seen) > self._sources:
                self._seen.popitem(last=False)
            if len(tries) >= self._most:
                raise TooMany("提交过于频繁，请一小时后再试，或直接到镇政府反映")
            tries.append(now)
