"""Cadastre-like parcels of one site: a valley with ditch, terraces, farm roads, slopes and house plots.

Lines are drawn along a curved valley and noded together, so that neighbours share every vertex and nothing overlaps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

import shapely
from shapely.geometry import LineString, Point, Polygon
from shapely.ops import polygonize, unary_union

STEP = 22.0
"""Metres between vertices of a contour line."""
OVERSHOOT = 1.2


@dataclass(frozen=True)
class Site:
    """A piece of valley: centre, direction, length along it and width across, in metres."""

    x: float
    y: float
    angle: float
    length: float
    width: float
    seed: int
    houses: bool = True
    grain: float = 1.0
    """Size of parcels: 1 is the usual terrace."""


@dataclass(frozen=True)
class Plot:
    """One parcel's outline and land class."""

    outline: Polygon
    land_class: str


class Valley:
    """Local coordinates: u along the valley, v across it."""

    def __init__(self, site: Site) -> None:
        rng = Random(site.seed)
        self.site = site
        self._bends = [(rng.uniform(18, 60), rng.uniform(260, 620), rng.uniform(0, 6.28)) for _ in range(3)]
        self._waves = [(rng.uniform(4, 11), rng.uniform(90, 210), rng.uniform(0, 6.28)) for _ in range(2)]

    def place(self, u: float, v: float) -> tuple[float, float]:
        """Plane coordinates rounded to 1 mm; contour lines wave more the farther they lie from the valley floor."""
        bend = sum(a * math.sin(u / w + p) for a, w, p in self._bends)
        wave = sum(a * math.sin(u / w + v / 70 + p) for a, w, p in self._waves) * min(1.0, abs(v) / 60)
        x, y = u, v * (1 + 0.06 * math.sin(u / 130)) + bend + wave
        c, s = math.cos(self.site.angle), math.sin(self.site.angle)
        return round(self.site.x + c * x - s * y, 3), round(self.site.y + s * x + c * y, 3)

    def along(self, v: float, u0: float, u1: float) -> LineString:
        n = max(2, round(abs(u1 - u0) / STEP))
        return LineString([self.place(u0 + (u1 - u0) * i / n, v) for i in range(n + 1)])

    def across(self, u: float, v0: float, v1: float, slant: float) -> LineString:
        """A boundary across a band; it overshoots a little, so that it meets the chords of both contour lines."""
        v0, v1 = v0 - OVERSHOOT, v1 + OVERSHOOT
        n = max(1, round(abs(v1 - v0) / 30))
        return LineString([self.place(u + slant * i / n, v0 + (v1 - v0) * i / n) for i in range(n + 1)])


@dataclass(frozen=True)
class Band:
    """A strip between two contour lines: how long its parcels are and what grows there."""

    low: float
    high: float
    lengths: tuple[float, float]
    classes: tuple[str, ...]


def bands(site: Site, rng: Random) -> list[Band]:
    """From the ditch at the valley floor outwards on both sides: paddies, farm road, dry land and orchards, woods."""
    found = [Band(-1.6, 1.6, (400, 700), ("1107",))]
    g = site.grain * 1.2
    for side in (1, -1):
        v, edge = 1.6, site.width / 2
        paddies = rng.randint(4, 7)
        kinds = [("paddy", rng.uniform(15, 26) * g) for _ in range(paddies)] + [("road", 3.5)]
        kinds += [("dry", rng.uniform(34, 58) * g) for _ in range(3)] + [("lane", 3.0)]
        kinds += [("wood", rng.uniform(60, 110) * g) for _ in range(30)]
        for kind, wide in kinds:
            if v >= edge - 4:
                break
            high = edge if v + wide > edge - 6 else v + wide
            found.append(_band(kind, side * v, side * high, g, rng))
            v = high
    return found


def _band(kind: str, a: float, b: float, grain: float, rng: Random) -> Band:
    low, high = min(a, b), max(a, b)
    match kind:
        case "paddy":
            return Band(low, high, (62 * grain, 135 * grain), ("0101", "0101", "0101", "0101", "1104", "0103"))
        case "road" | "lane":
            return Band(low, high, (500, 900), ("1006",))
        case "dry":
            return Band(low, high, (45 * grain, 110 * grain), ("0103", "0103", "0201", "0204", "0103", "0305"))
        case _:
            return Band(low, high, (90 * grain, 190 * grain), ("0301", "0301", "0307", "0201", "0302"))


def plots(site: Site) -> list[Plot]:
    """Every parcel of the site, in order along the valley."""
    rng = Random(site.seed * 31 + 5)
    valley = Valley(site)
    half = site.length / 2
    rows = sorted(bands(site, rng), key=lambda b: b.low)
    lines = [valley.along(v, -half, half) for v in sorted({b.low for b in rows} | {rows[-1].high})]
    lines += [valley.across(u, rows[0].low, rows[-1].high, 0) for u in (-half + 1, half - 1)]
    hamlet = _hamlet(site, rows, rng) if site.houses else None
    for band in rows:
        lines += _cuts(valley, band, half, hamlet, rng)
    if hamlet:
        lines += _house_lines(valley, hamlet)
    merged = shapely.union_all(lines, grid_size=0.001)
    found = [p for p in polygonize(merged) if p.area > 25]
    return _classed(found, valley, rows, hamlet, half, rng)


def _cuts(valley: Valley, band: Band, half: float, hamlet: tuple[float, ...] | None, rng: Random) -> list[LineString]:
    found, u = [], -half + rng.uniform(0.3, 1) * band.lengths[0]
    while u < half - band.lengths[0] * 0.4:
        slant = rng.uniform(-0.12, 0.12) * (band.high - band.low)
        inside = hamlet and hamlet[0] - 8 < u < hamlet[1] + 8 and band.low < hamlet[3] and band.high > hamlet[2]
        if not inside:
            found.append(valley.across(u, band.low, band.high, slant))
        u += rng.uniform(*band.lengths)
    return found


def _hamlet(site: Site, rows: list[Band], rng: Random) -> tuple[float, float, float, float] | None:
    """u0, u1, v0, v1 of a cluster of house plots on the lowest dry band."""
    dry = [b for b in rows if "0305" in b.classes and b.low > 0]
    if not dry:
        return None
    band = dry[0]
    length = min(rng.uniform(110, 190), site.length * 0.35)
    start = rng.uniform(-site.length * 0.3, site.length * 0.3 - length)
    return start, start + length, band.low, band.high


def _house_lines(valley: Valley, hamlet: tuple[float, ...]) -> list[LineString]:
    u0, u1, v0, v1 = hamlet
    rows = max(2, round((v1 - v0) / 15))
    columns = max(4, round((u1 - u0) / 14))
    lane = rows // 2
    lines = [valley.across(u0 + (u1 - u0) * i / columns, v0, v1, 0) for i in range(columns + 1)]
    lines += [valley.along(v0 + (v1 - v0) * j / rows, u0, u1) for j in range(1, rows)]
    middle = v0 + (v1 - v0) * lane / rows
    return [*lines, valley.along(middle + 2.2, u0, u1)]


def _classed(
    found: list[Polygon], valley: Valley, rows: list[Band], hamlet: tuple[float, ...] | None, half: float, rng: Random
) -> list[Plot]:
    """Land class by the band a plot lies in."""
    grid = [
        (u, b, shapely.Point(valley.place(u, (b.low + b.high) / 2)))
        for b in rows
        for u in [-half + 9 + 18 * i for i in range(int(2 * half / 18))]
    ]
    tree = shapely.STRtree([p for _, _, p in grid])
    made = []
    for outline in sorted(found, key=lambda p: (round(p.centroid.x), round(p.centroid.y))):
        inside = outline.representative_point()
        hits = tree.query(outline, predicate="contains")
        u, band, _ = grid[int(hits[0])] if len(hits) else grid[int(tree.nearest(inside))]
        kind = rng.choice(band.classes)
        if hamlet and hamlet[0] <= u <= hamlet[1] and hamlet[2] <= (band.low + band.high) / 2 <= hamlet[3]:
            kind = "0702" if outline.area < 330 else kind
        made.append(Plot(outline, "1006" if _lane(outline) and kind not in ("1107", "0101") else kind))
    return made


def _lane(outline: Polygon) -> bool:
    """Long and narrow: a road, a ditch or a lane between houses."""
    return outline.area / max(outline.length, 1) < 1.6 and outline.area > 25


def red_line(outlines: list[Polygon]) -> Polygon:
    """A smooth line around a project's parcels."""
    grown = unary_union(outlines).buffer(24, quad_segs=4).buffer(-17, quad_segs=4).simplify(1.5)
    whole = max(grown.geoms, key=lambda g: g.area) if grown.geom_type == "MultiPolygon" else grown
    return Polygon(shapely.set_precision(whole, 0.001).exterior)


def middle(outline: Polygon) -> Point:
    return outline.representative_point()
