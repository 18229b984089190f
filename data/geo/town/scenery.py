"""Rivers, roads and place names of the plain base map; invented, and saying so."""

from __future__ import annotations

import math
from random import Random

from shapely.geometry import LineString, Point, Polygon

from .ground import CENTRE, Unit

Named = tuple[str, str, LineString]


def lines(outline: Polygon) -> list[Named]:
    """(kind, name, line): one river with two brooks, and main roads out of the core."""
    rng = Random(33)
    found: list[Named] = []
    for name, turn, offset in (("河流 1（演示）", 0.65, -2500.0), ("河流 2（演示）", 2.2, 3300.0)):
        points = []
        for i in range(-60, 61):
            u = i * 160
            v = offset + 420 * math.sin(u / 1500) + 160 * math.sin(u / 430 + 1)
            points.append(_turned(u, v, turn))
        found.append(("river", name, LineString(points)))
    for k in range(5):
        turn = 2 * math.pi * k / 5 + 0.5
        points = [_turned(u, 90 * math.sin(u / 900 + k), turn) for u in range(900, 9000, 220)]
        found.append(("road", f"道路 {k + 1}（演示）", LineString(points)))
    ring = [_turned(1950 + 90 * math.sin(3 * t), 0, t) for t in [2 * math.pi * i / 60 for i in range(61)]]
    found.append(("road", "环路（演示）", LineString(ring)))
    rng.shuffle(found)
    cut = [(kind, name, line.intersection(outline)) for kind, name, line in found]
    return [(kind, name, _longest(line)) for kind, name, line in sorted(cut, key=lambda x: x[1])]


def _turned(u: float, v: float, turn: float) -> tuple[float, float]:
    c, s = math.cos(turn), math.sin(turn)
    return round(CENTRE[0] + c * u - s * v, 2), round(CENTRE[1] + s * u + c * v, 2)


def _longest(line: LineString) -> LineString:
    parts = getattr(line, "geoms", [line])
    return max(parts, key=lambda part: part.length)


def places(units: list[Unit]) -> list[tuple[str, str, Point]]:
    """(name, kind, point): the seat of each unit, invented inside its outline."""
    found = [(u.name, u.kind, u.outline.representative_point()) for u in units]
    return [*found, ("秀谷镇", "town", Point(*CENTRE))]
