"""The ledger told to people: the history of one feature field by field, and what was lately done in the town."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, DateTime, Integer, Numeric, func, select
from sqlalchemy.orm import Session, aliased

from geoapp.layer import Layer
from geoapp.orm import Change, Operation
from geoapp.queries import history
from geoapp.queries.reader import Reader
from geoapp.services.totals import kept

SHOWN = 200
"""Entries of one feature's history on its page."""
KEPT_BY_THE_SERVICE = frozenset({"version", "updated_at", "updated_by"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One field, before and after."""

    column: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of one feature: who, when, when it became true, why, and what differs from before."""

    version: int
    kind: str
    by: str
    at: datetime
    effective_on: date
    note: str
    status: str
    moved: bool
    differences: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class Recent:
    """One operation with the number of features it changed; ``key`` is that of the only one, while it lives."""

    id: int
    kind: str
    layer: str
    by: str
    at: datetime
    note: str
    n: int
    key: str | None


def of_feature(session: Session, layer: Layer, feature_id: int, reader: Reader, limit: int = SHOWN) -> list[Entry]:
    """The history of a feature, newest first, with names as the reader may see them."""
    rows = session.execute(history.of_feature(layer.id, feature_id, limit + 1)).all()
    older: list[Any] = [*rows[1:], None]
    told = [
        Entry(
            row.version, row.kind, row.by, row.at, row.effective_on, row.note, row.status,
            row.moved and before is not None, _differences(layer, before.properties if before else {}, row.properties, reader)
            if before else (),
        )
        for row, before in zip(rows, older, strict=True)
    ]  # fmt: skip
    return told[:limit]


@dataclass(frozen=True, slots=True)
class Row:
    """One feature that an operation changed."""

    id: int
    key: str
    kind: str
    moved: bool
    differences: Sequence[Difference]


def of_operation(session: Session, layer: Layer, changes: Sequence[Change], reader: Reader) -> list[Row]:
    """What each change of an operation did, against the version before it."""
    before = aliased(Change)
    ids = [c.id for c in changes]
    wanted = (
        select(Change.id, before.properties)
        .join(before, (before.layer == Change.layer) & (before.feature_id == Change.feature_id))
        .where(Change.id.in_(ids), before.version == Change.version - 1)
    )
    older = {row[0]: row[1] for row in session.execute(wanted)}
    return [
        Row(
            c.feature_id, str(c.properties.get(layer.key) or c.feature_id), c.kind,
            c.kind == "update" and c.geom_version == c.version,
            _differences(layer, older[c.id], c.properties, reader) if c.kind == "update" and c.id in older else (),
        )
        for c in changes
    ]  # fmt: skip


def reached(entries: Iterable[Entry]) -> list[tuple[str, date]]:
    """(status, day it became true) of each change of status, oldest first."""
    found: list[tuple[str, date]] = []
    for entry in reversed(list(entries)):
        if not found or found[-1][0] != entry.status:
            found.append((entry.status, entry.effective_on))
    return found


def _differences(layer: Layer, old: Mapping[str, Any], new: Mapping[str, Any], reader: Reader) -> list[Difference]:
    return [
        Difference(name, _seen(layer, name, old.get(name), reader), _seen(layer, name, new.get(name), reader))
        for name in ("status", *(n for n in layer.columns_by_name if n != "status"))
        if name not in KEPT_BY_THE_SERVICE and name in new and old.get(name) != new.get(name)
    ]


def _seen(layer: Layer, name: str, value: Any, reader: Reader) -> Any:
    """A value of the ledger's JSON in its column's type; a person's name masked for those who may not read it."""
    if value is None or value == "":
        return None
    if name in layer.personal and not reader.personal:
        return str(value)[:1] + "**"
    return typed(layer, name, value)


def typed(layer: Layer, name: str, value: Any) -> Any:
    """A value of the ledger's JSON in its column's type."""
    if value is None or value == "":
        return None
    kind = layer.table.c[name].type
    if isinstance(kind, Integer):
        return int(value)
    if isinstance(kind, Numeric):
        return Decimal(str(value))
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value


def recent(session: Session, layers: Mapping[str, Layer], limit: int = 8) -> list[Recent]:
    """The latest operations that changed something, newest first."""
    rows = (
        session.execute(select(Operation).order_by(Operation.at.desc(), Operation.id.desc()).limit(limit * 2))
        .scalars()
        .all()
    )
    sizes = _sizes(session, [row.id for row in rows])
    told = [row for row in rows if sizes[row.id][0] and row.layer in layers][:limit]
    keys = _keys(session, layers, [(row.layer, sizes[row.id][1]) for row in told if sizes[row.id][0] == 1])
    return [
        Recent(
            row.id, row.kind, row.layer, row.by, row.at, row.note, n, keys.get((row.layer, only)) if n == 1 else None
        )
        for row in told
        for n, only in (sizes[row.id],)
    ]


def _sizes(session: Session, ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """(features changed, one of them) by operation: it never changes once written, so it is counted once."""
    engine = session.get_bind().engine
    found = {i: size for i in ids if (size := kept.get((engine, "operation", i))) is not None}
    missing = [i for i in ids if i not in found]
    if missing:
        counted = {
            row[0]: (row[1], row[2])
            for row in session.execute(
                select(Change.operation_id, func.count(), func.min(Change.feature_id))
                .where(Change.operation_id.in_(missing))
                .group_by(Change.operation_id)
            )
        }
        for i in missing:
            found[i] = counted.get(i, (0, 0))
            kept.put((engine, "operation", i), found[i])
    return found


def _keys(
    session: Session, layers: Mapping[str, Layer], wanted: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], str]:
    found: dict[tuple[str, int], str] = {}
    for layer_id in {name for name, _ in wanted}:
        layer = layers[layer_id]
        t = layer.table.c
        ids = [i for name, i in wanted if name == layer_id]
        for feature_id, key in session.execute(select(t.id, t[layer.key]).where(t.id.in_(ids))):
            found[layer_id, feature_id] = str(key)
    return found
