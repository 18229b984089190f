"""What one process has settled lately, with the moment it asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")
SIZE = 5000
STRIPES = 32


class Checked(Generic[Answer]):
    """Answers that stay good for ``life_s``; bounded, and asked once when many requests want the same.

    Ages are monotonic: a corrected wall clock neither revives an answer nor ends all of them.
    """

    def __init__(self, life_s: float) -> None:
        self._life_s = life_s
        self._known: dict[str, tuple[float, Answer]] = {}
        self._stripes = [threading.Lock() for _ in range(STRIPES)]

    def get(self, key: str) -> Answer | None:
        found = self._known.get(key)
        if found is None or time.monotonic() - found[0] >= self._life_s:
            return None
        return found[1]

    def settle(self, key: str, ask: Callable[[], Answer]) -> Answer:
        """The known answer, or a new one. Its age counts from before asking; an error is not remembered."""
        found = self.get(key)
        if found is not None:
            return found
        with self._stripes[hash(key) % STRIPES]:
            found = self.get(key)
            if found is not None:
                return found
            asked_at = time.monotonic()
            answer = ask()
            self._keep(key, asked_at, answer)
            return answer

    def put(self, key: str, answer: Answer) -> None:
        self._keep(key, time.monotonic(), answer)

    def drop(self, key: str) -> None:
        self._known.pop(key, None)

    def _keep(self, key: str, at: float, answer: Answer) -> None:
        if len(self._known) >= SIZE:
            self._known = {k: v for k, v in list(self._known.items()) if time.monotonic() - v[0] < self._life_s}
            if len(self._known) >= SIZE:
                self._known = {}
        self._known[key] = (at, answer)
