"""Ready tiles of one process: gzipped bytes by layer, address and revision, least recently used out first."""

from __future__ import annotations

import gzip
import threading
from collections import OrderedDict

LIMIT_BYTES = 96 * 2**20
Key = tuple[str, int, int, int, int]


class TileCache:
    """A bounded store; an empty tile is kept as empty bytes."""

    def __init__(self, limit: int = LIMIT_BYTES) -> None:
        self._limit = limit
        self._size = 0
        self._tiles: OrderedDict[Key, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> bytes | None:
        """Gzipped tile or None."""
        with self._lock:
            found = self._tiles.get(key)
            if found is not None:
                self._tiles.move_to_end(key)
            return found

    def put(self, key: Key, tile: bytes) -> bytes:
        """Compress, keep and return a tile."""
        packed = gzip.compress(tile, 1, mtime=0) if tile else b""
        with self._lock:
            self._size += len(packed) + 200 - self._weight(self._tiles.pop(key, None))
            self._tiles[key] = packed
            while self._size > self._limit and self._tiles:
                self._size -= self._weight(self._tiles.popitem(last=False)[1])
        return packed

    @staticmethod
    def _weight(packed: bytes | None) -> int:
        return 0 if packed is None else len(packed) + 200
