"""Cutting a feature in two or more along a line, and joining several to one: one operation each, areas conserved.

Who came from whom is in the ledger itself: the operation's kind, what it created and what it removed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import shapely
from shapely.ops import split as cut
from sqlalchemy import text

from geoapp.errors import InvalidEdit, NotFound, StaleFeature
from geoapp.said import said
from geoapp.services import plane, write
from geoapp.services.editing import Editing
from geoapp.services.write import Deed, Edit, Written

SLIVER_M2 = 0.01
"""A part smaller than this is a slip of the hand."""
MOST_PARTS = 50


def split(editing: Editing, feature_id: int, version: int, line: Any, deed: Deed) -> Written:
    """Cut a feature along a line (storage CRS) into new ones numbered -1, -2 …; the whole leaves the live layer.

    Cut on the plane; the shared boundary is made once, so the parts sum to the whole.
    """
    written = write.begin(editing.session, editing.layer, deed)
    row = _locked(editing, {feature_id: version})[0]
    shapes = parts(row["geom"], line)
    children = [
        _inherited(editing, row) | {editing.layer.key: f"{row[editing.layer.key]}-{n}", "geom": shapely.to_wkb(shape)}
        for n, shape in enumerate(shapes, 1)
    ]
    write.create(editing.session, editing.layer, children, deed, written)
    made = list(written.ids)
    write.remove(editing.session, editing.layer, {feature_id: version}, deed, written)
    written.ids = made
    return written


def preview(editing: Editing, feature_id: int, version: int, line: Any) -> dict[str, Any]:
    """What a cut would make: each part's area and outline, and the whole's; nothing is written."""
    row = _locked(editing, {feature_id: version})[0]
    shapes = parts(row["geom"], line)
    areas = [plane.area(s) for s in shapes]
    return {
        "whole": _measured(plane.area(row["geom"])),
        "parts": [_measured(a) | {"geometry": shapely.geometry.mapping(s)} for a, s in zip(areas, shapes, strict=True)],
    }


def _measured(square_metres: float) -> dict[str, str]:
    return {"area_m2": str(plane.rounded_m2(square_metres)), "area_mu": str(plane.mu(square_metres))}


def parts(whole: Any, line: Any) -> list[Any]:
    """The parts of an outline cut by a line, both in storage, from north-west on; raises InvalidEdit."""
    found = cut(plane.to_plane(whole), plane.to_plane(line)).geoms
    if len(found) < 2 or len(found) <= shapely.get_num_geometries(whole):
        raise InvalidEdit({"line": said("线没有把图形切开，两端要画到图形外面")})
    if len(found) > MOST_PARTS or min(shapely.area(p) for p in found) < SLIVER_M2:
        raise InvalidEdit({"line": said("切得太碎，请重画")})
    ordered = sorted(found, key=lambda p: (p.centroid.x - p.centroid.y, p.centroid.x))
    return [plane.back(p, whole, line) for p in ordered]


def merge(
    editing: Editing,
    versions: Mapping[int, int],
    deed: Deed,
    key: str | None = None,
    chosen: Mapping[str, Any] | None = None,
) -> Written:
    """Join features into the first one, which keeps its number unless another is given.

    Raises InvalidEdit naming each column in which they differ and that ``chosen`` does not settle.
    """
    layer, chosen = editing.layer, dict(chosen or {})
    if not 2 <= len(versions) <= MOST_PARTS:
        raise InvalidEdit({"features": said("请选 2 到 {n} 个", n=MOST_PARTS)})
    written = write.begin(editing.session, layer, deed)
    rows = _locked(editing, versions)
    first = rows[0]
    if open_ := {
        n: _differing(n, layer.personal, editing.reader.personal, rows)
        for n in _differ(editing, rows)
        if n not in chosen
    }:
        raise InvalidEdit(open_)
    joined = shapely.union_all([plane.to_plane(r["geom"]) for r in rows])
    if joined.geom_type != "Polygon" and all(
        r["geom"].geom_type == "Polygon" or len(r["geom"].geoms) == 1 for r in rows
    ):
        raise InvalidEdit({"geom": said("这些图形不相连，不能合并")})
    shape = plane.back(joined, *(r["geom"] for r in rows))
    changes = {**chosen, "geom": shapely.to_wkb(shape), layer.key: key or first[layer.key]}
    editing.allowed([first], {first["id"]: {n: v for n, v in changes.items() if n != "geom"}}, deed.note)
    write.remove(editing.session, layer, {r["id"]: r["version"] for r in rows[1:]}, deed, written)
    write.revise(editing.session, layer, [Edit(first["id"], changes)], deed, written)
    written.ids = [first["id"]]
    return written


def _locked(editing: Editing, versions: Mapping[int, int]) -> list[dict[str, Any]]:
    """The rows in the order given, at the versions seen and inside the editor's scope."""
    layer = editing.layer
    names = ", ".join(f'"{n}"' for n in dict.fromkeys(("id", "version", *layer.writable)))
    rows = editing.session.execute(
        text(
            f"SELECT {names}, ST_AsBinary(geom) AS geom FROM {layer.table.name} WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"
        ),
        {"ids": sorted(versions)},
    ).mappings()
    found = {r["id"]: {**r, "geom": shapely.from_wkb(bytes(r["geom"]))} for r in rows}
    for feature_id, version in versions.items():
        if feature_id not in found:
            raise NotFound("{title}中没有编号为 {id} 的要素", title=layer.title, id=feature_id)
        if found[feature_id]["version"] != version:
            raise StaleFeature("现在是第 {current} 版，请核对后再保存", current=found[feature_id]["version"])
    editing.fits([found[i] for i in versions])
    return [found[i] for i in versions]


def _inherited(editing: Editing, row: Mapping[str, Any]) -> dict[str, Any]:
    return {n: row[n] for n in editing.layer.writable}


def _differ(editing: Editing, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    own = {editing.layer.key, editing.layer.status_date}
    return [n for n in editing.layer.writable if n not in own and any(r[n] != rows[0][n] for r in rows)]


def _differing(name: str, personal: frozenset[str], may_see: bool, rows: Sequence[Mapping[str, Any]]) -> str:
    if name in personal and not may_see:
        return said("各不相同，请选定一个值")
    values = "、".join(dict.fromkeys("—" if r[name] is None else str(r[name]) for r in rows))
    return said("各不相同（{values}），请选定一个值", values=values)
