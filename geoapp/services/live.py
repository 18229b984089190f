"""Saved changes as they happen: one listening connection for each process, told to everybody who looks.

The ledger's trigger notifies ``layer:revision``; nothing personal travels here, readers fetch what they may see.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from geoapp.db import Database

log = logging.getLogger("geoapp.live")
MOST = 6
"""Streams of one process: the other threads keep answering."""
PATIENCE_S = 1.0
RETRY_S = 2.0
BACKLOG = 200

News = tuple[str, int]


class Serving:
    """Whether this process goes on serving; the server's own worker answers once it runs."""

    alive: Callable[[], bool] = staticmethod(lambda: True)


class Live:
    """Fans notifications of one database out to the streams of this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._streams: set[queue.Queue[News]] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def stream(self) -> Iterator[queue.Queue[News] | None]:
        """A queue of news, or None when this process already holds as many as it should."""
        mine: queue.Queue[News] = queue.Queue(BACKLOG)
        with self._lock:
            if len(self._streams) >= MOST:
                mine_or_none = None
            else:
                self._streams.add(mine)
                mine_or_none = mine
                self._listening()
        try:
            yield mine_or_none
        finally:
            with self._lock:
                self._streams.discard(mine)

    def close(self) -> None:
        """Stop listening and give the connection back."""
        with self._lock:
            self._streams.clear()
        if self._thread is not None:
            self._thread.join(2 * PATIENCE_S)

    def _listening(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._listen, name="live", daemon=True)
            self._thread.start()

    def _listen(self) -> None:
        """Listen while anybody looks; a lost database is asked again."""
        while self._streams:
            try:
                self._hear()
            except Exception as error:
                log.warning("listening failed, trying again: %s", type(error).__name__)
                time.sleep(RETRY_S)

    def _hear(self) -> None:
        engine = self._database.app.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            raw.execute(f'LISTEN "geoapp_{self._database.schema}"')
            try:
                while self._streams:
                    for notice in raw.notifies(timeout=PATIENCE_S):
                        layer, _, revision = notice.payload.partition(":")
                        self._tell((layer, int(revision)))
            finally:
                raw.execute("UNLISTEN *")

    def _tell(self, news: News) -> None:
        with self._lock:
            for waiting in self._streams:
                try:
                    waiting.put_nowait(news)
                except queue.Full:
                    continue
