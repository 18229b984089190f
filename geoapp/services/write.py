"""The only code that writes a feature: create, revise and remove, each within one operation.

The database appends the ledger itself (geoapp.ledger) and refuses whatever goes round this path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from geoalchemy2 import Geometry
from sqlalchemy import Column, insert, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from geoapp import crs
from geoapp.errors import Conflict, InvalidEdit, NotFound, StaleFeature
from geoapp.layer import Layer
from geoapp.orm import Operation
from geoapp.services import bulk, search_terms

BATCH = 5000
SAME_DEGREES = 1e-9
"""Outlines closer than 0.1 mm are the same outline."""
TOWN_TIME = ZoneInfo("Asia/Shanghai")
_DIALECT = postgresql.dialect()


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does what and why: the head of one operation.

    ``at`` may be set by the owner role only (seeding dated history); ``effective_on`` is when it was true on the ground.
    """

    by: str
    kind: str = "edit"
    note: str = ""
    effective_on: date | None = None
    at: datetime | None = None
    undo_of: int | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """New values for one feature whose version the editor saw; ``version`` None takes whatever is current."""

    id: int
    changes: Mapping[str, Any]
    version: int | None = None


@dataclass(slots=True)
class Written:
    """What an operation did."""

    operation_id: int
    ids: list[int] = field(default_factory=list)
    skipped: int = 0
    """Edits that changed nothing."""


def begin(session: Session, layer: Layer, deed: Deed) -> Written:
    """Open an operation: takes the layer's revision row, so that writers of one layer follow each other."""
    session.execute(text("SELECT 1 FROM layer_revision WHERE layer = :layer FOR UPDATE"), {"layer": layer.id})
    values: dict[str, Any] = {"kind": deed.kind, "layer": layer.id, "by": deed.by, "note": deed.note}
    for name in ("effective_on", "at", "undo_of"):
        if getattr(deed, name) is not None:
            values[name] = getattr(deed, name)
    operation_id = session.execute(insert(Operation).values(values).returning(Operation.id)).scalar_one()
    session.execute(text("SELECT set_config('geoapp.operation', :id, true)"), {"id": str(operation_id)})
    return Written(operation_id)


def create(
    session: Session, layer: Layer, rows: Sequence[Mapping[str, Any]], deed: Deed, written: Written | None = None
) -> Written:
    """Insert features. ``rows`` map writable columns to values, ``geom`` to WKB in the storage CRS.

    ``written`` is an operation that ``begin`` opened in this transaction, to which this belongs.
    Raises InvalidEdit when a value breaks a constraint; then nothing is written.
    """
    written = written or begin(session, layer, deed)
    dated = [_with_status_date(layer, row, deed) for row in rows]
    names = [n for n in (*layer.writable, "geom") if any(n in row for row in dated)]
    quoted = ", ".join(f'"{n}"' for n in (*names, "updated_by"))
    found = ", ".join(f'"{n}"' for n in ("id", *layer.search_columns))
    rows_of = [[row.get(n) for n in names] for row in dated]
    types = [_pg_type(layer.table.c[n]) for n in names]
    with told(layer), bulk.staged(session, types, rows_of) as staged:
        made = session.execute(
            text(
                f"INSERT INTO {layer.table.name} ({quoted}) SELECT {_selected(layer, names)}, :by "
                f"FROM {staged} v ORDER BY v.n RETURNING {found}"
            ),
            {"by": deed.by},
        ).all()
    written.ids += [row[0] for row in made]
    search_terms.add(session, layer, made)
    return written


def revise(
    session: Session, layer: Layer, edits: Sequence[Edit], deed: Deed, written: Written | None = None
) -> Written:
    """Change features, all or none; edits that change nothing are skipped and raise no version.

    ``written`` is an operation that ``begin`` opened in this transaction, to which this belongs.
    Raises NotFound, StaleFeature (with the versions seen and current) or InvalidEdit; then nothing is written.
    """
    written = written or begin(session, layer, deed)
    current = _current(session, layer, edits)
    stale = [e for e in edits if e.version is not None and current[e.id]["version"] != e.version]
    if stale:
        raise StaleFeature(
            "第 {version} 版之后已有人修改，现在是第 {current} 版。请核对后再保存",
            version=stale[0].version,
            current=current[stale[0].id]["version"],
            extra={"stale": [{"id": e.id, "yours": e.version, "current": current[e.id]["version"]} for e in stale]},
        )
    by_columns: dict[tuple[str, ...], list[Edit]] = {}
    for edit in edits:
        changed = _changed(layer, edit, current[edit.id], deed)
        if changed:
            by_columns.setdefault(tuple(sorted(changed)), []).append(Edit(edit.id, changed))
        else:
            written.skipped += 1
    for names, same in by_columns.items():
        _update(session, layer, names, same, deed, written)
    return written


def revise_alike(
    session: Session, layer: Layer, ids: Sequence[int], changes: Mapping[str, Any], deed: Deed, written: Written
) -> Written:
    """Give many features the same values in one statement; those that have them already raise no version."""
    unknown = [n for n in changes if n not in layer.writable]
    if unknown:
        raise InvalidEdit(dict.fromkeys(unknown, "没有这一列或不可修改"))
    values = dict(_with_status_date(layer, changes, deed)) if "status" in changes else dict(changes)
    sets = ", ".join(f'"{n}" = CAST(:v{i} AS {_pg_type(layer.table.c[n])})' for i, n in enumerate(values))
    differs = " OR ".join(
        f'"{n}" IS DISTINCT FROM CAST(:v{list(values).index(n)} AS {_pg_type(layer.table.c[n])})' for n in changes
    )
    statement = text(
        f"UPDATE {layer.table.name} SET {sets}, version = version + 1, updated_at = clock_timestamp(), updated_by = :by "
        f"WHERE id = ANY(:ids) AND ({differs}) RETURNING id"
    )
    given = {f"v{i}": v for i, v in enumerate(values.values())}
    with told(layer):
        changed = session.execute(statement, {**given, "ids": sorted(ids), "by": deed.by}).scalars().all()
    written.ids += changed
    written.skipped += len(ids) - len(changed)
    if set(values) & set(layer.search_columns):
        search_terms.renew(session, layer, changed)
    return written


def remove(
    session: Session, layer: Layer, versions: Mapping[int, int | None], deed: Deed, written: Written | None = None
) -> Written:
    """Take features out of the live table; the ledger keeps them. ``versions`` maps id to the version seen.

    ``written`` is an operation that ``begin`` opened in this transaction, to which this belongs.
    """
    written = written or begin(session, layer, deed)
    edits = [Edit(feature_id, {}, version) for feature_id, version in versions.items()]
    current = _current(session, layer, edits)
    for edit in edits:
        if edit.version is not None and current[edit.id]["version"] != edit.version:
            raise StaleFeature("现在是第 {current} 版，请核对后再删除", current=current[edit.id]["version"])
    with told(layer):
        session.execute(text(f"DELETE FROM {layer.table.name} WHERE id = ANY(:ids)"), {"ids": sorted(versions)})
    search_terms.forget(session, layer, list(versions))
    written.ids += sorted(versions)
    return written


def _update(
    session: Session, layer: Layer, names: tuple[str, ...], edits: Sequence[Edit], deed: Deed, written: Written
) -> None:
    sets = ", ".join(f'"{n}" = {_selected(layer, [n], start=i)}' for i, n in enumerate(names))
    statement = text(
        f"UPDATE {layer.table.name} t SET {sets}, version = t.version + 1, updated_at = clock_timestamp(), updated_by = :by "
        f"FROM {_values(layer, names, keyed=True)} WHERE t.id = v.k"
    )
    for start in range(0, len(edits), BATCH):
        batch = edits[start : start + BATCH]
        arrays = {f"p{i}": [e.changes[n] for e in batch] for i, n in enumerate(names)}
        ids = [e.id for e in batch]
        with told(layer):
            session.execute(statement, {**arrays, "ids": ids, "by": deed.by})
        written.ids += ids
        if set(names) & set(layer.search_columns):
            search_terms.renew(session, layer, ids)


def _values(layer: Layer, names: Sequence[str], *, keyed: bool = False) -> str:
    """``unnest(...) AS v(...)``: one array parameter a column, so that one statement carries a whole batch."""
    arrays = [f"CAST(:p{i} AS {_pg_type(layer.table.c[n])}[])" for i, n in enumerate(names)]
    aliases = [f"c{i}" for i in range(len(names))]
    if keyed:
        arrays, aliases = ["CAST(:ids AS bigint[])", *arrays], ["k", *aliases]
    return f"unnest({', '.join(arrays)}) AS v({', '.join(aliases)})"


def _selected(layer: Layer, names: Sequence[str], *, start: int = 0) -> str:
    found = []
    for i, n in enumerate(names, start):
        if n == "geom":
            shape = f"ST_SetSRID(ST_GeomFromWKB(v.c{i}), {crs.STORAGE})"
            found.append(f"ST_Multi({shape})" if layer.geometry_type.startswith("MULTI") else shape)
        else:
            found.append(f"v.c{i}")
    return ", ".join(found)


def _pg_type(column: Column[Any]) -> str:
    if isinstance(column.type, Geometry):
        return "bytea"
    return str(column.type.compile(dialect=_DIALECT))


def _current(session: Session, layer: Layer, edits: Sequence[Edit]) -> dict[int, dict[str, Any]]:
    """The rows as they are now, locked in id order so that crossing bulk writes cannot deadlock."""
    wanted = sorted({e.id for e in edits})
    names = sorted({n for e in edits for n in e.changes} & set(layer.columns_by_name) | {"id", "version", "status"})
    selected = ", ".join(f'"{n}"' for n in names)
    if any("geom" in e.changes for e in edits):
        selected += ", ST_AsBinary(geom) AS geom"
    rows = session.execute(
        text(f"SELECT {selected} FROM {layer.table.name} WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"), {"ids": wanted}
    ).mappings()
    found = {row["id"]: dict(row) for row in rows}
    if missing := [i for i in wanted if i not in found]:
        raise NotFound(
            "{title}中没有编号为 {ids} 的记录", title=layer.title, ids=missing[:5], extra={"missing": missing}
        )
    return found


def _changed(layer: Layer, edit: Edit, current: Mapping[str, Any], deed: Deed) -> dict[str, Any]:
    unknown = [n for n in edit.changes if n not in layer.writable and n != "geom"]
    if unknown:
        raise InvalidEdit(dict.fromkeys(unknown, "没有这一列或不可修改"))
    changed = {n: v for n, v in edit.changes.items() if not _same(n, v, current.get(n))}
    if "status" in changed:
        return dict(_with_status_date(layer, changed, deed))
    return changed


def _same(name: str, new: Any, old: Any) -> bool:
    if name != "geom" or new is None or old is None:
        return bool(new == old)
    a, b = (shapely.from_wkb(bytes(w)) for w in (new, old))
    if a.geom_type != b.geom_type and b.geom_type.startswith("Multi"):
        a = type(b)([a])
    return bool(shapely.equals_exact(a, b, tolerance=SAME_DEGREES))


def _with_status_date(layer: Layer, row: Mapping[str, Any], deed: Deed) -> Mapping[str, Any]:
    if not layer.status_date or layer.status_date in row:
        return row
    moment = (deed.at or datetime.now(UTC)).astimezone(TOWN_TIME)
    return {**row, layer.status_date: deed.effective_on or moment.date()}


@contextmanager
def told(layer: Layer) -> Iterator[None]:
    """Turn what the database refuses into words; values never leave in the message."""
    try:
        yield
    except IntegrityError as error:
        raise refused(layer, error) from None
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "")[:2] == "22":
            raise InvalidEdit({layer.title: "有一个值的类型或长度不对"}) from None
        raise


def refused(layer: Layer, error: IntegrityError) -> InvalidEdit | Conflict:
    """What a broken constraint means, by its name."""
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None) or ""
    table = layer.table.name
    column = name.removeprefix(f"ck_{table}_").removeprefix(f"uq_{table}_").removeprefix(f"fk_{table}_")
    if name == f"ck_{table}_geom":
        return InvalidEdit({"geom": "图形无效、为空、面积为零或超出本镇范围"})
    if name.startswith("uq_"):
        return InvalidEdit({column: f"{layer.column_title(layer.key)}已存在"})
    if name.startswith("fk_"):
        column = next((c for c in layer.columns_by_name if column.startswith(c)), column)
        if column in layer.columns_by_name:
            return InvalidEdit({column: "引用的记录不存在"})
        return Conflict("仍被其他图层引用，不能删除")
    if column in layer.columns_by_name:
        return InvalidEdit({column: f"{layer.column_title(column)}的值不在允许范围内"})
    column = getattr(getattr(error.orig, "diag", None), "column_name", None) or layer.title
    return InvalidEdit({column: "必填或不符合约束"})
