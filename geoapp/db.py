"""Engines, the request's session and the migrations' runner."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import current_app, g
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.orm import Session

from geoapp.ledger import APP_ROLE
from geoapp.queries.past import OPTION, Past, listen

SHARED_SCHEMA = "geoapp"
"""Users, roles and tokens: shared by every town of the database."""
STATEMENT_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Urls:
    """Database addresses: the owner migrates and seeds, the application reads and writes rows."""

    owner: str
    app: str
    read: str | None = None


class Database:
    """The engines of one process. Made after a fork, never shared over one."""

    def __init__(self, urls: Urls, schema: str) -> None:
        self.urls = urls
        self.schema = schema
        same = urls.app == urls.owner
        self.owner = _engine(urls.owner, schema, pool_size=1, timeout_s=0)
        self.app = _engine(
            urls.app, schema, pool_size=16, timeout_s=STATEMENT_TIMEOUT_S, role=APP_ROLE if same else None
        )
        self.read = self.app
        if urls.read:
            self.read = _engine(urls.read, schema, pool_size=16, timeout_s=STATEMENT_TIMEOUT_S)

    def session(self, past: Past | None = None) -> Session:
        """A new session as the application role; with ``past`` it reads the town as it was."""
        engine = self.app.execution_options(**{OPTION: past}) if past else self.app
        return Session(engine, expire_on_commit=False)

    def owner_session(self) -> Session:
        """A new session as the owner: only for seeding, which may date its operations."""
        return Session(self.owner, expire_on_commit=False)

    @contextmanager
    def reading(self, past: Past | None = None) -> Iterator[Connection]:
        """A read-only snapshot, on the standby when there is one; its statement timeout is lifted for long exports."""
        with self.read.connect().execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True, **({OPTION: past} if past else {})
        ) as connection:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            yield connection

    def dispose(self) -> None:
        for engine in {self.owner, self.app, self.read}:
            engine.dispose()


def _engine(url: str, schema: str, *, pool_size: int, timeout_s: int, role: str | None = None) -> Engine:
    options = [
        f"-c search_path={schema},{SHARED_SCHEMA},public",
        f"-c statement_timeout={timeout_s}s",
        "-c max_parallel_workers_per_gather=0",
        "-c timezone=UTC",
        "-c jit=off",
    ]
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=8,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"options": " ".join(options), "connect_timeout": 10},
    )
    listen(engine)
    if role:

        @event.listens_for(engine, "connect")
        def _become(connection: Any, _record: Any) -> None:
            """An external database has one address: step down to the application role right after connecting."""
            with connection.cursor() as cursor:
                cursor.execute(f"SET ROLE {role}")
            connection.commit()

    return engine


def database() -> Database:
    """The database of the running application."""
    found: Database = current_app.extensions["database"]
    return found


def session() -> Session:
    """The session of this request; closed when the request ends, rolled back unless committed."""
    if "db_session" not in g:
        g.db_session = database().session(g.get("past"))
    found: Session = g.db_session
    return found


def close_session(_error: BaseException | None = None) -> None:
    """Teardown: give the connection back."""
    opened: Session | None = g.pop("db_session", None)
    if opened is not None:
        opened.close()
