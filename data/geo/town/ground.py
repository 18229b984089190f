"""The town's outline and its 24 units: irregular cells that share every vertex, scaled to exactly 163.0 km².

Only names and codes are real; every line on the ground is invented inside the county's generalised outline.
"""

from __future__ import annotations

import csv
import json
import math
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import shapely
from pyproj import Geod, Transformer
from shapely import affinity
from shapely.geometry import MultiPolygon, Point, Polygon, mapping, shape

FOLDER = Path(__file__).resolve().parent.parent
CENTRE = (478_000.0, 3_088_400.0)
AREA_KM2 = 163.0
GEOD = Geod(a=6378137, rf=298.257222101)
TO_PLANE = Transformer.from_crs(4490, 4548, always_xy=True)
TO_DEGREES = Transformer.from_crs(4548, 4490, always_xy=True)
FREE_DEGREES = (116.7735, 27.9075, 116.7918, 27.9252)
"""Kept free of parcels, structures and pilots: the built-up core, where survey files are tried."""


@dataclass(frozen=True)
class Unit:
    """One community or administrative village."""

    code: str
    name: str
    official_name: str
    kind: str
    outline: Polygon


def to_degrees(plane: shapely.Geometry) -> shapely.Geometry:
    """Plane metres to longitude and latitude, 9 decimals (0.1 mm)."""
    return _moved(TO_DEGREES, _moved(None, plane, 3), 9)


def to_plane(degrees: shapely.Geometry) -> shapely.Geometry:
    return _moved(TO_PLANE, degrees, None)


def _moved(by: Transformer | None, geometry: shapely.Geometry, digits: int | None) -> shapely.Geometry:
    """Transform and round every coordinate alike, so that shared vertices stay shared."""

    def move(points: np.ndarray) -> np.ndarray:
        found = np.column_stack(by.transform(points[:, 0], points[:, 1])) if by else points
        return found if digits is None else np.round(found, digits)

    return shapely.transform(geometry, move)


def free_zone() -> Polygon:
    """The rectangle kept free, with 60 m to spare."""
    return to_plane(shapely.box(*FREE_DEGREES)).buffer(60, join_style="mitre")


def area_km2(degrees: shapely.Geometry) -> float:
    """Area on the CGCS2000 ellipsoid."""
    return abs(GEOD.geometry_area_perimeter(degrees)[0]) / 1e6


def units(county_file: Path) -> list[Unit]:
    """The 24 units; their union is the town."""
    county = to_plane(shape(json.loads(county_file.read_text(encoding="utf-8"))["features"][0]["geometry"]))
    with (FOLDER / "units.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    seeds = _seeds(rows)
    merged = _merge(_cells(county), seeds)
    simple = shapely.coverage_simplify(np.array(merged), 60.0)
    scaled = _scaled([_largest(g) for g in simple])
    found = []
    for row, outline in zip(rows, scaled, strict=True):
        village = row["name"].endswith("村委会")
        short = row["name"].removesuffix("委会") if village else row["name"]
        found.append(Unit(row["code"], short, row["name"], "village" if village else "community", outline))
    return found


def _seeds(rows: list[dict[str, str]]) -> list[tuple[float, float, float]]:
    """(x, y, weight) of each unit: nine communities close together in the middle, fifteen villages around."""
    rng = Random(101)
    found = []
    communities = [r for r in rows if not r["name"].endswith("村委会")]
    for i in range(len(communities)):
        angle, radius = 2.4 * i + rng.uniform(-0.2, 0.2), 1500 * math.sqrt((i + 0.4) / len(communities))
        found.append((CENTRE[0] + radius * math.cos(angle), CENTRE[1] + radius * math.sin(angle), 0.0))
    others = len(rows) - len(communities)
    for i in range(others):
        angle = 2 * math.pi * i / others + rng.uniform(-0.13, 0.13)
        radius = 4700 + (900 if i % 2 else -700) + rng.uniform(-300, 300)
        found.append((CENTRE[0] + radius * math.cos(angle), CENTRE[1] + radius * math.sin(angle), 1400.0))
    return found


def _cells(county: Polygon) -> list[Polygon]:
    """Small irregular cells inside a lobed disc inside the county."""
    rng = Random(7)
    inner = county.buffer(-250)
    points = []
    while len(points) < 9000:
        x, y = rng.uniform(-8600, 8600), rng.uniform(-8600, 8600)
        angle = math.atan2(y, x)
        limit = 7150 * (1 + 0.05 * math.sin(3 * angle + 1) + 0.035 * math.sin(7 * angle) + 0.02 * math.sin(13 * angle))
        if math.hypot(x, y) < limit + 900:
            points.append((CENTRE[0] + x, CENTRE[1] + y, math.hypot(x, y) < limit))
    cloud = shapely.MultiPoint([(x, y) for x, y, _ in points])
    cells = shapely.voronoi_polygons(cloud, ordered=True).geoms
    return [c for c, (_, _, inside) in zip(cells, points, strict=True) if inside and inner.contains(c)]


def _merge(cells: list[Polygon], seeds: list[tuple[float, float, float]]) -> list[shapely.Geometry]:
    """Give each cell to the nearest seed; weights let the villages reach towards the middle."""
    owners: list[list[Polygon]] = [[] for _ in seeds]
    for cell in cells:
        p = cell.centroid
        nearest = min(range(len(seeds)), key=lambda i: math.hypot(p.x - seeds[i][0], p.y - seeds[i][1]) - seeds[i][2])
        owners[nearest].append(cell)
    merged = [shapely.coverage_union_all(np.array(o)) for o in owners]
    return _without_islands(merged)


def _without_islands(merged: list[shapely.Geometry]) -> list[shapely.Geometry]:
    """Cut-off pieces go to the neighbour with the longest common border, so that each unit is one piece."""
    pieces = [(i, g) for i, unit in enumerate(merged) for g in getattr(unit, "geoms", [unit])]
    main = {i: max((g for j, g in pieces if j == i), key=lambda g: g.area) for i in range(len(merged))}
    for _, piece in [(i, g) for i, g in pieces if g is not main[i]]:
        best = max(main, key=lambda k: piece.intersection(main[k]).length)
        main[best] = shapely.coverage_union_all(np.array([main[best], piece]))
    return [main[i] for i in sorted(main)]


def _largest(geometry: shapely.Geometry) -> Polygon:
    return max(geometry.geoms, key=lambda g: g.area) if isinstance(geometry, MultiPolygon) else geometry


def _scaled(outlines: list[Polygon]) -> list[Polygon]:
    """Stretch about the centre until the whole has the documented area."""
    factor = 1.0
    for _ in range(6):
        whole = shapely.coverage_union_all(
            np.array([affinity.scale(o, factor, factor, origin=CENTRE) for o in outlines])
        )
        factor *= math.sqrt(AREA_KM2 / area_km2(to_degrees(whole)))
    return [affinity.scale(o, factor, factor, origin=CENTRE) for o in outlines]


def town_outline(found: list[Unit]) -> shapely.Geometry:
    """The union of the units as they are written, in degrees."""
    return shapely.coverage_union_all(np.array([to_degrees(u.outline) for u in found]))


def unit_at(found: list[Unit], point: Point) -> Unit:
    """The unit a point lies in, or the nearest one."""
    return min(found, key=lambda u: u.outline.distance(point))


def geometry(plane: shapely.Geometry) -> dict[str, object]:
    """GeoJSON geometry in degrees, always MultiPolygon for areas; shells run counter-clockwise."""
    degrees = shapely.orient_polygons(to_degrees(plane)) if hasattr(shapely, "orient_polygons") else to_degrees(plane)
    if isinstance(degrees, Polygon):
        degrees = MultiPolygon([degrees])
    return mapping(degrees)
