"""Undoing an operation: the features go back to what they were before it, as a new operation.

What somebody changed since stays as it is and is told; undoing an undo is redoing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from geoapp.errors import Conflict, Forbidden, NotFound
from geoapp.layer import Layer
from geoapp.orm import Change, Operation
from geoapp.queries.reader import Reader, Right
from geoapp.services import scopes, search_terms, write
from geoapp.services.write import Deed, Written

MANY_TOLD = 200


@dataclass(frozen=True, slots=True)
class Touched:
    """A feature that was changed again after the operation."""

    id: int
    key: str
    by: str
    at: str


def undo(
    session: Session, layers: Mapping[str, Layer], operation_id: int, reader: Reader, *, untouched_only: bool = False
) -> Written:
    """Undo an operation of one's own (an admin: anybody's).

    Raises NotFound, Forbidden, or Conflict: already undone, or changed since (``extra["touched"]`` lists the features);
    with ``untouched_only`` the others are undone all the same.
    """
    operation = session.get(Operation, operation_id)
    if operation is None or operation.layer not in layers:
        raise NotFound("没有操作 {id}", id=operation_id)
    if operation.by != reader.name and not reader.may(Right.ADMIN):
        raise Forbidden("只有 {by} 本人或管理员可以撤销这个操作", by=operation.by)
    layer = layers[operation.layer]
    written = write.begin(session, layer, Deed(reader.name, "undo", undo_of=operation_id))
    again = session.execute(
        select(Operation.id).where(Operation.undo_of == operation_id, Operation.id != written.operation_id)
    ).scalars()
    if (done := next(again, None)) is not None:
        raise Conflict("这个操作已经撤销过（操作 {id}）", id=done)
    touched = touched_since(session, layer, operation_id)
    if touched and not untouched_only:
        raise Conflict(
            "{n} 条记录后来又改过，没有撤销", n=len(touched),
            extra={"touched": [{"id": t.id, "key": t.key, "by": t.by, "at": t.at} for t in touched[:MANY_TOLD]]},
        )  # fmt: skip
    changes = _changes(session, operation_id, {t.id for t in touched})
    _in_scope(session, layer, reader, [c.properties | {"id": c.feature_id} for c in changes])
    values = {"op": operation_id, "layer": layer.id, "by": reader.name}
    for kind, act in (("create", _gone), ("update", _as_before), ("delete", _back)):
        ids = [c.feature_id for c in changes if c.kind == kind]
        if ids:
            with write.told(layer):
                act(session, layer, values | {"ids": ids})
            written.ids += ids
    if not written.ids:
        raise Conflict("没有可撤销的内容")
    return written


def touched_since(session: Session, layer: Layer, operation_id: int) -> list[Touched]:
    """Features of the operation with a later change."""
    mine, later = aliased(Change), aliased(Change)
    rows = session.execute(
        select(mine.feature_id, later.properties[layer.key].astext, later.by, later.at)
        .join(
            later, (later.layer == mine.layer) & (later.feature_id == mine.feature_id) & (later.version > mine.version)
        )
        .where(mine.operation_id == operation_id, later.operation_id != operation_id)
        .ext(distinct_on(mine.feature_id))
        .order_by(mine.feature_id, later.version.desc())
    ).all()
    return [Touched(i, key or str(i), by, at.isoformat()) for i, key, by, at in rows]


def undone_by(session: Session, operation_ids: Sequence[int]) -> dict[int, int]:
    """Operation → the operation that undid it."""
    rows = session.execute(
        select(Operation.undo_of, func.min(Operation.id))
        .where(Operation.undo_of.in_(operation_ids))
        .group_by(Operation.undo_of)
    )
    return {undone: by for undone, by in rows if undone is not None}


def _changes(session: Session, operation_id: int, without: set[int]) -> list[Change]:
    found = session.execute(select(Change).where(Change.operation_id == operation_id)).scalars()
    return [c for c in found if c.feature_id not in without]


def _in_scope(session: Session, layer: Layer, reader: Reader, rows: Sequence[Mapping[str, Any]]) -> None:
    if scopes.refused(session, reader, layer, rows):
        raise Forbidden("其中有记录不在您负责的村或项目内，请联系管理员")


def _gone(session: Session, layer: Layer, values: dict[str, Any]) -> None:
    session.execute(text(f"DELETE FROM {layer.table.name} WHERE id = ANY(:ids)"), values)
    search_terms.forget(session, layer, values["ids"])


def _as_before(session: Session, layer: Layer, values: dict[str, Any]) -> None:
    """The columns of the version before, and its outline when the operation moved it."""
    sets = ", ".join(f'"{n}" = r."{n}"' for n in layer.writable)
    session.execute(
        text(
            f"UPDATE {layer.table.name} t SET {sets}, geom = CASE WHEN c.geom_version = c.version THEN g.geom ELSE t.geom END, "
            "version = t.version + 1, updated_at = clock_timestamp(), updated_by = :by "
            "FROM change c "
            "JOIN change p ON p.layer = c.layer AND p.feature_id = c.feature_id AND p.version = c.version - 1 "
            "JOIN change g ON g.layer = p.layer AND g.feature_id = p.feature_id AND g.version = p.geom_version "
            f"CROSS JOIN LATERAL jsonb_populate_record(NULL::{layer.table.name}, p.properties) r "
            "WHERE c.operation_id = :op AND c.layer = :layer AND c.kind = 'update' AND t.id = c.feature_id "
            "AND t.id = ANY(:ids)"
        ),
        values,
    )
    search_terms.renew(session, layer, values["ids"])


def _back(session: Session, layer: Layer, values: dict[str, Any]) -> None:
    """A removed feature under its old id, its versions going on."""
    names = ", ".join(f'"{n}"' for n in layer.writable)
    taken = ", ".join(f'r."{n}"' for n in layer.writable)
    found = ", ".join(f'"{n}"' for n in ("id", *layer.search_columns))
    made = session.execute(
        text(
            f"INSERT INTO {layer.table.name} (id, version, updated_by, {names}, geom) "
            f"SELECT c.feature_id, c.version + 1, :by, {taken}, g.geom FROM change c "
            "JOIN change g ON g.layer = c.layer AND g.feature_id = c.feature_id AND g.version = c.geom_version "
            f"CROSS JOIN LATERAL jsonb_populate_record(NULL::{layer.table.name}, c.properties) r "
            "WHERE c.operation_id = :op AND c.layer = :layer AND c.kind = 'delete' AND c.feature_id = ANY(:ids) "
            f"ORDER BY c.feature_id RETURNING {found}"
        ),
        values,
    ).all()
    search_terms.add(session, layer, made)
