"""界址点 text: the exchange format in which land parcels travel between surveyors and the planning offices.

A ``[属性描述]`` head names the coordinate system, zone and unit; ``[地块坐标]`` holds a line of attributes ending in ``@`` for
each parcel, then ``point,ring,X,Y`` lines: X is the northing, Y the easting with its zone prefix, in metres.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from geoapp import crs

ENCODING = "GBK"
NEWLINE = "\r\n"
PRECISION = 3
"""Decimals of a coordinate: a millimetre."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One parcel: ``shape`` in the plane system with zone prefix (EPSG:4527); ``area_m2`` as the register has it."""

    number: str
    name: str
    area_m2: float
    land_class: str
    shape: Any
    use: str = ""


def head(day: str, maker: str) -> str:
    """The descriptive section."""
    lines = (
        "[属性描述]", "格式版本号=1.01版本", f"数据产生单位={_cell(maker)}", f"数据产生日期={day}", "坐标系=2000国家大地坐标系",
        "几度分带=3", "投影类型=高斯克吕格", "计量单位=米", f"带号={crs.ZONE}", f"精度={10**-PRECISION:.{PRECISION}f}",
        "转换参数=,,,,,,", "[地块坐标]",
    )  # fmt: skip
    return NEWLINE.join(lines) + NEWLINE


def written(parcel: Parcel) -> str:
    """The attribute line and the points of every ring: outer ring first, then its holes, ring by ring, each closed."""
    listed = list(rings(parcel.shape))
    n = sum(len(ring) - 1 for ring in listed)
    attributes = (
        n,
        f"{parcel.area_m2 / 10000:.4f}",
        _cell(parcel.number),
        _cell(parcel.name),
        "面",
        "",
        _cell(parcel.use),
        _cell(parcel.land_class),
    )
    lines = [",".join(str(a) for a in attributes) + ",@"]
    before = 0
    for number, ring in enumerate(listed, 1):
        count = len(ring) - 1
        for at, (easting, northing) in enumerate(ring):
            point = before + at % count + 1
            lines.append(f"J{point},{number},{northing:.{PRECISION}f},{easting:.{PRECISION}f}")
        before += count
    return NEWLINE.join(lines) + NEWLINE


def rings(shape: Any) -> Iterator[Sequence[tuple[float, float]]]:
    """Closed rings: outer ones clockwise as they are walked on site, starting in the north-west; holes the other way."""
    for part in getattr(shape, "geoms", [shape]):
        yield _from_north_west(list(shapely.geometry.polygon.orient(part, -1.0).exterior.coords))
        for hole in shapely.geometry.polygon.orient(part, -1.0).interiors:
            yield _from_north_west(list(hole.coords))


def _from_north_west(ring: list[tuple[float, ...]]) -> list[tuple[float, float]]:
    points = [(p[0], p[1]) for p in ring[:-1]]
    west, north = min(p[0] for p in points), max(p[1] for p in points)
    first = min(range(len(points)), key=lambda i: (points[i][0] - west) ** 2 + (points[i][1] - north) ** 2)
    turned = points[first:] + points[:first]
    return [*turned, turned[0]]


def _cell(text: str) -> str:
    """A text that breaks neither a line nor the list of attributes."""
    return " ".join(str(text).replace(",", "，").replace("@", " ").split())
