"""An outline looked at before it is saved: its area, its faults, and how it meets its neighbours of the same layer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import shapely
from shapely.validation import explain_validity
from sqlalchemy import text
from sqlalchemy.orm import Session

from geoapp import crs
from geoapp.layer import Layer
from geoapp.services import plane
from geoapp.towns import Bbox

OVERLAP_M2 = 0.01
GAP_M = 0.5
"""A strip narrower than this between neighbours is a gap nobody wanted."""
NEIGHBOURS = 200
NEAR_DEGREES = 0.00001


def check(
    session: Session,
    layer: Layer,
    feature_id: int | None,
    shape: Any,
    extent: Bbox,
    others: Mapping[int, Any] | None = None,
) -> dict[str, Any]:
    """What a person should know of an outline in storage coordinates before it is saved.

    ``others`` are neighbours' outlines that change with it, by id: they stand for the stored ones.
    """
    flat = plane.to_plane(shape)
    raw = float(flat.area)
    found: dict[str, Any] = {
        "area_m2": str(plane.rounded_m2(raw)), "area_mu": str(plane.mu(raw)), "valid": bool(shape.is_valid),
        "fault": None, "outside": not extent.contains(Bbox(*shape.bounds)), "overlaps": [], "gaps": [], "snapped": None,
    }  # fmt: skip
    if not shape.is_valid:
        found["fault"] = _fault(shape)
        return found
    around = [
        (i, key, plane.to_plane(others[i]) if others and i in others else flat_other)
        for i, key, flat_other in _neighbours(session, layer, feature_id, shape)
    ]
    for other_id, key, other in around:
        shared = float(shapely.intersection(flat, other).area)
        if shared > OVERLAP_M2:
            found["overlaps"].append({"id": other_id, "key": key, "area_m2": str(plane.rounded_m2(shared))})
    found["gaps"] = _gaps(flat, [other for _, _, other in around])
    if found["gaps"] or found["overlaps"]:
        found["snapped"] = _snapped(shape, flat, [other for _, _, other in around])
    return found


def _fault(shape: Any) -> dict[str, Any]:
    why = explain_validity(shape)
    place = re.search(r"\[([-\d.e]+) ([-\d.e]+)\]", why)
    return {"why": why.partition("[")[0], "at": [float(place[1]), float(place[2])] if place else None}


def _neighbours(session: Session, layer: Layer, feature_id: int | None, shape: Any) -> list[tuple[int, str, Any]]:
    west, south, east, north = shape.bounds
    rows = session.execute(
        text(
            f'SELECT id, "{layer.key}", ST_AsBinary(geom) FROM {layer.table.name} WHERE id IS DISTINCT FROM :id '
            f"AND geom && ST_Expand(ST_MakeEnvelope(:w, :s, :e, :n, {crs.STORAGE}), {NEAR_DEGREES}) ORDER BY id LIMIT {NEIGHBOURS}"
        ),
        {"id": feature_id, "w": west, "s": south, "e": east, "n": north},
    )
    return [(i, str(key), plane.to_plane(shapely.from_wkb(bytes(wkb)))) for i, key, wkb in rows]


def _gaps(flat: Any, others: list[Any]) -> list[dict[str, Any]]:
    """Strips that closing by half the tolerance would fill: area and a place in each."""
    near = [o for o in others if flat.distance(o) <= GAP_M]
    if not near:
        return []
    union = shapely.union_all([flat, *near])
    closed = union.buffer(GAP_M / 2, join_style="mitre").buffer(-GAP_M / 2, join_style="mitre")
    strips = shapely.get_parts(shapely.difference(closed, union))
    found = [s for s in strips if s.area > OVERLAP_M2 and s.distance(flat) < plane.SAME_M]
    return [
        {"area_m2": str(plane.rounded_m2(s.area)), "at": list(plane.to_storage(s.representative_point()).coords[0])}
        for s in found
    ]


def _snapped(shape: Any, flat: Any, others: list[Any]) -> dict[str, Any] | None:
    """The outline drawn to its neighbours' corners and edges, as an offer; none when that breaks or changes nothing."""
    drawn = shapely.snap(flat, shapely.union_all(others), GAP_M)
    if not drawn.is_valid or drawn.is_empty or drawn.equals(flat):
        return None
    return dict(shapely.geometry.mapping(plane.back(drawn, shape, *(plane.to_storage(o) for o in others))))
