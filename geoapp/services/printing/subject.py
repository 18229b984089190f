"""The subject of a printed map: its red line, its boundary points with J numbers, the lengths of its sides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from math import atan2, degrees, hypot
from typing import Any

from reportlab.pdfgen.canvas import Canvas

from geoapp.services.printing import fonts, ink, points
from geoapp.services.printing.ground import Shape
from geoapp.services.printing.paper import MM, Window
from geoapp.services.printing.points import Corner
from geoapp.services.printing.room import Room

POINT_MM = 2.0
"""Diameter of a boundary point (GB/T 42547-2023)."""
MOST_CORNERS = 400
"""An outline with more corners than this shows them in the table only."""
MOST_POINTED = 4
"""More subjects than this have a red line and no points: their numbers would run into one another."""
LEAST_MM = 3.0
"""A subject smaller than this on paper is told by its colour: red lines alone would cover it."""


def has_line(view: Window, shape: Shape) -> bool:
    """Whether the subject is drawn with its red line."""
    if shape.geom.geom_type.endswith("Point"):
        return False
    size = shape.geom.area**0.5 or shape.geom.length
    return view.mm(size) >= LEAST_MM


def pointed(found: list[Shape]) -> list[Shape]:
    """The subjects whose boundary points are shown and listed."""
    return [s for s in found if is_area(s.geom)] if len(found) <= MOST_POINTED else []


def is_area(geom: Any) -> bool:
    """Whether an outline has boundary points."""
    return geom.geom_type in ("Polygon", "MultiPolygon")


def lines(canvas: Canvas, view: Window, found: list[Shape]) -> None:
    """Red lines and boundary points without words."""
    for shape in found:
        if shape.geom.geom_type == "Point":
            ink.symbol(canvas, *view.on_paper(shape.geom.x, shape.geom.y), shape.look, 5)
        elif has_line(view, shape):
            ink.line(canvas, view, shape.geom, ink.RED, ink.RED_LINE_MM)
    for shape in pointed(found):
        corners = list(points.corners(shape.geom))
        if len(corners) <= MOST_CORNERS:
            for corner in corners:
                ink.disc(canvas, *view.on_paper(corner.y, corner.x), POINT_MM, ink.RED)


@dataclass(frozen=True, slots=True)
class _Edge:
    """A side on paper: middle and direction in points, with the length on the ground."""

    x: float
    y: float
    dx: float
    dy: float
    metres: float


def words(canvas: Canvas, view: Window, found: list[Shape], room: Room) -> None:
    """J numbers outside the corners and lengths outside the sides, where there is room; the table has them all."""
    for shape in pointed(found):
        corners = list(points.corners(shape.geom))
        if len(corners) > MOST_CORNERS:
            continue
        for corner in corners:
            room.take(*view.on_paper(corner.y, corner.x), POINT_MM * MM, POINT_MM * MM)
        rings = [list(ring) for _, ring in groupby(corners, key=lambda c: c.ring)]
        sides = [list(_edges(view, ring)) for ring in rings]
        for ring, edges in zip(rings, sides, strict=True):
            for n, corner in enumerate(ring):
                _number(canvas, view.on_paper(corner.y, corner.x), corner, edges[n - 1], edges[n], room)
        for edge in (e for edges in sides for e in edges):
            _length(canvas, edge, room)


def _edges(view: Window, ring: list[Corner]) -> Iterator[_Edge]:
    places = [view.on_paper(c.y, c.x) for c in ring]
    for n, corner in enumerate(ring):
        (x0, y0), (x1, y1) = places[n], places[(n + 1) % len(places)]
        yield _Edge((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0, corner.side)


def _outward(edge: _Edge) -> tuple[float, float]:
    """Rings run clockwise and holes the other way, so that left of every side is outside."""
    length = hypot(edge.dx, edge.dy) or 1.0
    return -edge.dy / length, edge.dx / length


def _number(canvas: Canvas, at: tuple[float, float], corner: Corner, before: _Edge, after: _Edge, room: Room) -> None:
    (ax, ay), (bx, by) = _outward(before), _outward(after)
    away = hypot(ax + bx, ay + by) or 1.0
    dx, dy = (ax + bx) / away, (ay + by) / away
    text = f"J{corner.number}"
    wide = fonts.width(text, 6)
    for far in (1.6, 3.2):
        x = at[0] + dx * (far * MM + wide / 2)
        y = at[1] + dy * (far * MM + 3)
        if room.take(x, y, wide, 6):
            ink.cased(canvas, x, y, text, 6)
            return


def _length(canvas: Canvas, edge: _Edge, room: Room) -> None:
    text = f"{edge.metres:.2f}"
    wide = fonts.width(text, 5.5)
    if hypot(edge.dx, edge.dy) < wide + 3 * MM:
        return
    turned = degrees(atan2(edge.dy, edge.dx))
    turned -= 180 if turned > 90 else -180 if turned <= -90 else 0
    ox, oy = _outward(edge)
    x, y = edge.x + ox * 4.2, edge.y + oy * 4.2
    if room.take(x, y, wide, 5.5, turned):
        ink.cased(canvas, x, y, text, 5.5, turned=turned)
