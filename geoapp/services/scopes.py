"""Where an editor may edit: villages, projects or whatever a layer refers to, listed for an account.

An account without a list edits everywhere; administrators always do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from geoapp.layer import Layer
from geoapp.queries.reader import Reader, Right

_OF = text('SELECT s."column", s.code FROM scope s JOIN account a ON a.id = s.account_id WHERE a.username = :name')


def of_reader(session: Session, reader: Reader) -> dict[str, frozenset[str]]:
    """Reference column → keys the reader works on; empty when everywhere."""
    if reader.may(Right.ADMIN) or not reader.name:
        return {}
    found: dict[str, set[str]] = {}
    for column, code in session.execute(_OF, {"name": reader.name}):
        found.setdefault(column, set()).add(code)
    return {column: frozenset(codes) for column, codes in found.items()}


def refused(session: Session, reader: Reader, layer: Layer, rows: Sequence[Mapping[str, Any]]) -> set[int]:
    """Ids of rows outside the reader's scope. A row is inside when one of its references is listed, or when it is listed
    itself; a layer that refers to nothing listed is closed to a scoped editor."""
    scope = of_reader(session, reader)
    if not scope:
        return set()
    columns = {r.column for r in layer.references}
    return {row["id"] for row in rows if not any(row.get(c) in codes for c, codes in scope.items() if c in columns)}
