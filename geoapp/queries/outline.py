"""The outline of one feature as a drawing in plane metres, and where it lies."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select

from geoapp import crs
from geoapp.layer import Layer

POINT_RADIUS_M = 5
"""A point is drawn as a disc of this radius."""


def drawing(layer: Layer, feature_id: int) -> Select[Any]:
    """(path, width, height, x, y, lon, lat): SVG path relative to the middle of the box with y downwards.

    ``x`` is the northing and ``y`` the easting with zone prefix of a point on the surface, as survey tables have them.
    """
    geom = layer.table.c.geom
    plane = func.ST_Transform(geom, int(crs.PLANE))
    drawn = func.ST_Buffer(plane, POINT_RADIUS_M) if "POINT" in layer.geometry_type else plane
    box = select(drawn.label("drawn"), geom.label("geom")).where(layer.table.c.id == feature_id).subquery()
    d = box.c.drawn
    middle = func.ST_Translate(d, -(func.ST_XMin(d) + func.ST_XMax(d)) / 2, -(func.ST_YMin(d) + func.ST_YMax(d)) / 2)
    inside = func.ST_PointOnSurface(box.c.geom)
    prefixed = func.ST_Transform(inside, int(crs.PLANE_PREFIXED))
    return select(
        func.ST_AsSVG(middle, 1, 2).label("path"),
        (func.ST_XMax(d) - func.ST_XMin(d)).label("width"),
        (func.ST_YMax(d) - func.ST_YMin(d)).label("height"),
        func.ST_Y(prefixed).label("x"), func.ST_X(prefixed).label("y"),
        func.ST_X(inside).label("lon"), func.ST_Y(inside).label("lat"),
    )  # fmt: skip
