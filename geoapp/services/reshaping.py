"""Several outlines changed together: a boundary that neighbours share moves for all of them in one operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from sqlalchemy import text

from geoapp.errors import BadRequest, NotFound, StaleFeature
from geoapp.layer import Layer
from geoapp.services import outlines, write
from geoapp.services.editing import Editing
from geoapp.services.write import Deed, Edit, Written
from geoapp.towns import Bbox

MOST = 100


@dataclass(frozen=True, slots=True)
class Reshaped:
    """A feature's new outline in storage coordinates, and the version its editor saw."""

    id: int
    version: int
    shape: Any


def check(editing: Editing, changed: Sequence[Reshaped], extent: Bbox) -> list[dict[str, Any]]:
    """Each new outline held against its neighbours as they will be after the change: area, faults, overlaps, gaps."""
    shapes = {r.id: r.shape for r in changed}
    found = []
    for one in changed:
        others = {i: s for i, s in shapes.items() if i != one.id}
        report = outlines.check(editing.session, editing.layer, one.id, one.shape, extent, others)
        found.append({"id": one.id, **report})
    return found


def save(editing: Editing, changed: Sequence[Reshaped], deed: Deed) -> Written:
    """Give each feature its new outline, all or none.

    Raises NotFound, StaleFeature when one was changed since it was seen, Forbidden outside the editor's scope.
    """
    written = write.begin(editing.session, editing.layer, deed)
    rows = _rows(editing, [r.id for r in changed])
    stale = []
    for one in changed:
        if one.id not in rows:
            raise NotFound("{title}中没有编号为 {id} 的要素", title=editing.layer.title, id=one.id)
        if rows[one.id]["version"] != one.version:
            stale.append({"id": one.id, "yours": one.version, "current": rows[one.id]["version"]})
    if stale:
        raise StaleFeature("{n} 个图形在您打开以后被别人改过。请重新打开后再画", n=len(stale), extra={"stale": stale})
    editing.fits(list(rows.values()))
    edits = [Edit(r.id, {"geom": shapely.to_wkb(r.shape)}) for r in changed]
    return write.revise(editing.session, editing.layer, edits, deed, written)


def places(editing: Editing, layers: Mapping[str, Layer], shape: Any) -> dict[str, str]:
    """Reference column → key of the feature whose area holds the middle of a new outline: what a form may begin with."""
    found: dict[str, str] = {}
    middle = shape.representative_point()
    for reference in editing.layer.references:
        parent = layers[reference.layer]
        if "POLYGON" not in parent.geometry_type or parent.dense:
            continue
        row = editing.session.execute(
            text(
                f'SELECT "{parent.key}" FROM {parent.table.name} WHERE ST_Covers(geom, '
                "ST_SetSRID(ST_MakePoint(:x, :y), ST_SRID(geom))) ORDER BY ST_Area(geom) LIMIT 1"
            ),
            {"x": middle.x, "y": middle.y},
        ).scalar()
        if row is not None:
            found[reference.column] = str(row)
    return found


def _rows(editing: Editing, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    if not 0 < len(ids) <= MOST or len(set(ids)) != len(ids):
        raise BadRequest("features 应为 1 到 {n} 个不同的要素", n=MOST)
    names = ", ".join(f'"{n}"' for n in dict.fromkeys(("id", "version", *editing.layer.writable)))
    rows = editing.session.execute(
        text(f"SELECT {names} FROM {editing.layer.table.name} WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"),
        {"ids": sorted(ids)},
    ).mappings()
    return {row["id"]: dict(row) for row in rows}
