"""COPY for many rows: into a table that lasts as long as the transaction, or straight into a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

MANY = 1000
"""From here on COPY is faster than arrays in one statement."""


@contextmanager
def staged(session: Session, types: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """A temporary table with the rows: ``n`` counts them, ``c0``, ``c1`` … have the SQL types; yields its name."""
    name = "staged_rows"
    columns = ", ".join(f"c{i} {kind}" for i, kind in enumerate(types))
    session.execute(text(f"CREATE TEMP TABLE {name} (n bigint, {columns}) ON COMMIT DROP"))
    copy(session, name, ["n", *(f"c{i}" for i in range(len(types)))], ((n, *row) for n, row in enumerate(rows)))
    yield name
    session.execute(text(f"DROP TABLE {name}"))


def copy(session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY rows into a table, inside the session's transaction."""
    quoted = ", ".join(f'"{c}"' for c in columns)
    connection: Any = session.connection().connection.dbapi_connection
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({quoted}) FROM STDIN") as stream:
        for row in rows:
            stream.write_row(row)
