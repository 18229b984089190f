"""How an account, a session or a token stands in the database right now: one short statement each.

They run on a connection of their own in autocommit, so that a request holds no transaction open before its view begins.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from geoapp.db import Database
from geoapp.queries.reader import NOBODY, ROLES, Reader

IDLE = "30 minutes"
ABSOLUTE = "12 hours"
NOTED_EVERY = "1 minute"
"""How often the last use of a session or token is written down."""

_ROLES = "ARRAY(SELECT r.name FROM role r JOIN account_role m ON m.role_id = r.id WHERE m.account_id = a.id) AS roles"
_SESSION = text(
    f"SELECT a.username, a.demo, {_ROLES}, s.seen_at < now() - interval '{NOTED_EVERY}' AS quiet "
    "FROM login_session s JOIN account a ON a.id = s.account_id "
    f"WHERE s.id = :id AND a.active AND s.seen_at > now() - interval '{IDLE}' "
    f"AND s.created_at > now() - interval '{ABSOLUTE}'"
)
_SEEN = text("UPDATE login_session SET seen_at = now() WHERE id = :id")
_TOKEN = text(
    f"SELECT a.username, a.demo, {_ROLES}, "
    f"coalesce(t.last_used_at < now() - interval '{NOTED_EVERY}', true) AS quiet "
    "FROM token t JOIN account a ON a.id = t.account_id WHERE t.sha256 = :id AND a.active"
)
_USED = text("UPDATE token SET last_used_at = now() WHERE sha256 = :id")
_ACCOUNT = text(
    f"SELECT a.id, a.username, a.password, a.active, a.demo, {_ROLES} "
    "FROM account a WHERE lower(a.username) = lower(:name)"
)
_OPEN = text("INSERT INTO login_session (id, account_id) VALUES (:id, :account)")
_CLOSE = text("DELETE FROM login_session WHERE id = :id")
_SWEEP = text(
    f"DELETE FROM login_session WHERE seen_at < now() - interval '{IDLE}' OR created_at < now() - interval '{ABSOLUTE}'"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """An account with what is needed to let somebody in."""

    id: int
    password: str
    active: bool
    reader: Reader


def digest(secret: str) -> str:
    """What the database keeps of a session's or token's secret: a stolen backup opens nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()


def of_session(database: Database, secret: str, *, demo: bool) -> Reader:
    """The reader of a live session; NOBODY when it ended, idled too long, grew too old or its account is closed."""
    return _noted(database, _SESSION, _SEEN, digest(secret), demo)


def of_token(database: Database, secret: str, *, demo: bool) -> Reader:
    """The reader of a bearer token; NOBODY when it was revoked or its account is closed."""
    return _noted(database, _TOKEN, _USED, digest(secret), demo)


def of_account(connection: Connection, name: str, *, demo: bool) -> Standing | None:
    """The account of a user name, whatever its letter case; demonstration accounts stand only while ``demo``."""
    row = connection.execute(_ACCOUNT, {"name": name.strip()}).one_or_none()
    if row is None:
        return None
    return Standing(row.id, row.password, row.active and (demo or not row.demo), _reader(row))


def now(database: Database, name: str, *, demo: bool) -> Standing | None:
    """``of_account`` on a connection of its own."""
    with _short(database) as connection:
        return of_account(connection, name, demo=demo)


def open_session(database: Database, secret: str, account_id: int) -> None:
    """Write down a new session; ended ones are swept out on the way."""
    with _short(database) as connection:
        connection.execute(_SWEEP)
        connection.execute(_OPEN, {"id": digest(secret), "account": account_id})


def close_session(database: Database, secret: str) -> None:
    with _short(database) as connection:
        connection.execute(_CLOSE, {"id": digest(secret)})


def _noted(database: Database, ask: Any, note: Any, key: str, demo: bool) -> Reader:
    with _short(database) as connection:
        row = connection.execute(ask, {"id": key}).one_or_none()
        if row is None or (row.demo and not demo):
            return NOBODY
        if row.quiet:
            connection.execute(note, {"id": key})
        return _reader(row)


def _reader(row: Any) -> Reader:
    return Reader(row.username, frozenset(right for name in row.roles for right in ROLES.get(name, ())))


def _short(database: Database) -> Connection:
    return database.app.connect().execution_options(isolation_level="AUTOCOMMIT")
