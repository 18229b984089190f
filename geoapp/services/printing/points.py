"""Boundary points of a printed outline: the numbers, lengths and coordinates that the point file of the same outline has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from typing import Any

from geoapp.services import boundary_points, plane
from geoapp.services.printing.frame import prefixed


@dataclass(frozen=True, slots=True)
class Corner:
    """One boundary point: number, ring, X north and Y east (without zone) in metres, length of the side that follows."""

    number: int
    ring: int
    x: float
    y: float
    side: float


def corners(geom: Any) -> Iterator[Corner]:
    """Numbered on through the rings as in the 界址点 file: clockwise from the north-west, holes after their shell."""
    before = 0
    for number, ring in enumerate(boundary_points.rings(geom), 1):
        for n, ((east, north), (next_east, next_north)) in enumerate(pairwise(ring), 1):
            yield Corner(before + n, number, north, east, hypot(next_east - east, next_north - north))
        before += len(ring) - 1


def cells(corner: Corner) -> tuple[str, str, str, str]:
    """Number, X, Y with its zone, and side, as a table writes them."""
    return f"J{corner.number}", f"{corner.x:.3f}", f"{prefixed(corner.y):.3f}", f"{corner.side:.2f}"


def area_words(geom: Any) -> str:
    """Plane area in m² and 亩, rounded each from the raw value as the register does."""
    return f"{plane.mu(geom.area):,.4f} 亩（{plane.rounded_m2(geom.area):,.2f} m²）"
