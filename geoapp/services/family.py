"""Who a feature was cut from or joined of, and what became of it: read from the ledger, so nothing can contradict it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from geoapp.layer import Layer

KINDS = ("split", "merge")


@dataclass(frozen=True, slots=True)
class Kin:
    """A feature before or after a cut or a join; ``live`` when it still has a card."""

    key: str
    live: bool


@dataclass(frozen=True, slots=True)
class Event:
    """One cut or join that stands: the features before it and after it."""

    operation: int
    kind: str
    at: datetime
    by: str
    before: tuple[Kin, ...]
    after: tuple[Kin, ...]


_EVENTS = text(
    "WITH RECURSIVE kin(id) AS (SELECT CAST(:id AS bigint) UNION "
    "SELECT c.feature_id FROM kin k JOIN change m ON m.layer = :layer AND m.feature_id = k.id "
    "JOIN operation o ON o.id = m.operation_id AND o.kind = ANY(:kinds) JOIN change c ON c.operation_id = o.id) "
    "SELECT DISTINCT o.id, o.kind, o.at, o.by FROM kin k JOIN change c ON c.layer = :layer AND c.feature_id = k.id "
    "JOIN operation o ON o.id = c.operation_id AND o.kind = ANY(:kinds) "
    "WHERE NOT EXISTS (SELECT FROM operation u WHERE u.undo_of = o.id) ORDER BY o.id LIMIT 50"
)


def of_feature(session: Session, layer: Layer, feature_id: int) -> list[Event]:
    """The cuts and joins behind a feature and its kin, oldest first."""
    found = session.execute(_EVENTS, {"id": feature_id, "layer": layer.id, "kinds": list(KINDS)}).all()
    return [Event(o.id, o.kind, o.at, o.by, *_sides(session, layer, o.id)) for o in found]


def _sides(session: Session, layer: Layer, operation: int) -> tuple[tuple[Kin, ...], tuple[Kin, ...]]:
    rows = session.execute(
        text(
            f"SELECT c.kind, c.properties->>'{layer.key}' AS key, t.id IS NOT NULL AS live, p.properties->>'{layer.key}' AS was "
            f"FROM change c LEFT JOIN {layer.table.name} t ON t.id = c.feature_id LEFT JOIN change p ON p.layer = c.layer "
            "AND p.feature_id = c.feature_id AND p.version = c.version - 1 WHERE c.operation_id = :op ORDER BY c.feature_id"
        ),
        {"op": operation},
    ).all()
    before = tuple(Kin(str(r.was), bool(r.live)) for r in rows if r.kind != "create")
    after = tuple(Kin(str(r.key), bool(r.live)) for r in rows if r.kind != "delete")
    return before, after
