"""The layers' counters, read at most once a second by each process."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from sqlalchemy import Engine

from geoapp.queries import history

LIFE_S = 1.0


@dataclass(frozen=True, slots=True)
class Revision:
    """A layer's counter and how many live features it has."""

    number: int = 0
    n: int = 0


class Revisions:
    """Cached counters of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._known: dict[str, Revision] = {}

    def of(self, layer_id: str, at_least: int = 0) -> Revision:
        """The counter as it was at most a second ago; read anew for somebody who knows of a later one."""
        known = self._known.get(layer_id)
        if time.monotonic() - self._read_at > LIFE_S or known is None or known.number < at_least:
            self._refresh()
        return self._known.get(layer_id, Revision())

    def _refresh(self) -> None:
        with self._lock, self._engine.connect() as connection:
            rows = connection.execute(history.revisions()).all()
            self._known = {row.layer: Revision(row.revision, row.n) for row in rows}
            self._read_at = time.monotonic()
