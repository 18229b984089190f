"""Boxes of requests: an upright rectangle of another CRS becomes an outline in the storage CRS."""

from __future__ import annotations

import math
from functools import lru_cache

import pyproj
import shapely

from geoapp import crs
from geoapp.crs import Crs
from geoapp.towns import Bbox
from geoapp.web.params import Problems

PIECES = 64
"""Vertices along a side, so that its curve in the other CRS is kept to millimetres."""


def numbers(text: str, problems: Problems) -> tuple[float, float, float, float] | None:
    """The four plane numbers of ``bbox``; with six, the heights are left out."""
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = []
    if len(found) == 6:
        found = [*found[:2], *found[3:5]]
    if len(found) != 4 or not all(math.isfinite(n) for n in found):
        problems.add("bbox 应为 4 或 6 个有限的数，用逗号分开")
        return None
    a, b, c, d = found
    if a > c or b > d:
        problems.add("bbox 的最小值大于最大值")
        return None
    return a, b, c, d


def of_request(text: str, system: Crs, flipped: bool, problems: Problems) -> tuple[Bbox | None, str]:
    """``bbox`` as a box in degrees or as WKT in the storage CRS."""
    found = numbers(text, problems)
    if found is None:
        return None, ""
    west, south, east, north = (found[1], found[0], found[3], found[2]) if flipped else found
    if not system.geographic:
        return None, _outline((west, south, east, north), system.srid)
    if abs(south) > 90 or abs(north) > 90 or abs(west) > 180 or abs(east) > 180:
        problems.add("bbox 超出经纬度范围")
        return None, ""
    return Bbox(west, south, east, north), ""


@lru_cache(maxsize=8)
def _projection(srid: int) -> tuple[pyproj.Transformer, tuple[float, float, float, float]]:
    """Plane to storage, and the plane box in which the projection is good."""
    plane = pyproj.CRS.from_epsg(srid)
    there = pyproj.Transformer.from_crs(int(crs.STORAGE), plane, always_xy=True)
    area = plane.area_of_use
    if area is None:
        raise ValueError(f"EPSG:{srid} has no area of use")
    back = pyproj.Transformer.from_crs(plane, int(crs.STORAGE), always_xy=True)
    return back, there.transform_bounds(area.west, area.south, area.east, area.north)


def _outline(box: tuple[float, float, float, float], srid: int) -> str:
    back, (west, south, east, north) = _projection(srid)
    kept = (
        min(max(box[0], west), east), min(max(box[1], south), north),
        min(max(box[2], west), east), min(max(box[3], south), north),
    )  # fmt: skip
    rectangle = shapely.box(*kept)
    side = max(kept[2] - kept[0], kept[3] - kept[1]) / PIECES
    if side > 0:
        rectangle = shapely.segmentize(rectangle, side)
    corners = back.itransform(list(rectangle.exterior.coords))
    return str(shapely.Polygon(list(corners)).wkt)
