"""A typed or pasted list of corner points to an outline: survey tables, plane coordinates, degrees."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import shapely

from geoapp import crs
from geoapp.errors import InvalidEdit
from geoapp.said import said
from geoapp.services import plane
from geoapp.towns import Bbox

MOST_ROWS = 20_000
DMS = re.compile(r"(\d{1,3})\s*[°度]\s*(\d{1,2})\s*['′分]\s*(\d{1,2}(?:\.\d+)?)\s*(?:[\"″秒]|'')?\s*[NEne东北]?")
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")


def outline(text: str, extent: Bbox) -> Any:
    """A polygon in storage coordinates; raises InvalidEdit naming each wrong row. A blank row or ring number ends a ring.

    Later rings inside an earlier one are holes, others are further parts.
    """
    rings: dict[tuple[int, str], list[tuple[float, float]]] = {}
    wrong: dict[str, str] = {}
    block = 0
    for n, raw in enumerate(text.splitlines()[:MOST_ROWS], 1):
        line = unicodedata.normalize("NFKC", raw).strip()
        if not line:
            block += 1
            continue
        try:
            ring, point = _row(line, extent)
        except ValueError as error:
            wrong[f"{n}"] = said("第 {n} 行：{why}", n=n, why=error.args[0])
            continue
        rings.setdefault((block, ring), []).append(point)
    if wrong:
        raise InvalidEdit(dict(list(wrong.items())[:50]))
    return _polygon(list(rings.values()))


def _row(line: str, extent: Bbox) -> tuple[str, tuple[float, float]]:
    """(ring, lon and lat) of ``J1,1,X,Y``, ``X,Y``, ``lon lat`` or degrees, minutes and seconds."""
    angles = [int(d) + int(m) / 60 + float(s) / 3600 for d, m, s in DMS.findall(line)]
    if len(angles) == 2:
        return "1", _placed(angles[0], angles[1], extent)
    cells = [c for c in re.split(r"[\s,;、]+", line) if c]
    if len(cells) not in (2, 3, 4) or not all(NUMBER.fullmatch(c) for c in cells[-2:]):
        raise ValueError(said("应为 X,Y 或 经度,纬度，如 J1,1,3086492.268,39478634.203"))
    ring = cells[1] if len(cells) == 4 else "1"
    return ring, _placed(float(cells[-2]), float(cells[-1]), extent)


def _placed(a: float, b: float, extent: Bbox) -> tuple[float, float]:
    """The one reading of two numbers that lies in the town: either order, degrees or plane, with or without zone."""
    for x, y in ((b, a), (a, b)):
        srid = crs.STORAGE if abs(x) <= 360 and abs(y) <= 360 else crs.PLANE_PREFIXED if x > 1e7 else crs.PLANE
        lon, lat = plane.moved(shapely.Point(x, y), srid, crs.STORAGE).coords[0]
        if extent.west <= lon <= extent.east and extent.south <= lat <= extent.north:
            return lon, lat
    raise ValueError(said("不在本镇范围内，请检查坐标系、带号和两轴"))


def _polygon(rings: list[list[tuple[float, float]]]) -> Any:
    short = [r for r in rings if len(set(r)) < 3]
    if short or not rings:
        raise InvalidEdit({"geom": said("每一圈至少要 3 个点")})
    found: Any = None
    for ring in rings:
        part = shapely.Polygon(ring)
        if not part.is_valid:
            raise InvalidEdit({"geom": said("边界自相交，请检查点的顺序")})
        found = part if found is None else found.symmetric_difference(part)
    return found
