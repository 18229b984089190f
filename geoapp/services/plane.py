"""Outlines on the plane of the town's zone: where lengths and areas are true and where land is cut and joined."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from geoapp import crs

Shape = Any
SAME_M = 1e-6
"""Points closer than a thousandth of a millimetre are one point: less than a round trip through the plane moves them."""
CENT = Decimal("0.01")
MU_DIGITS = Decimal("0.0001")


@lru_cache(maxsize=16)
def _transformer(source: int, target: int) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def moved(shape: Shape, source: int, target: int) -> Shape:
    """A shape in another system, longitude or easting first."""
    if source == target or (crs.same_datum_as_storage(source) and crs.same_datum_as_storage(target)):
        return shape
    to = _transformer(int(source), int(target))
    return shapely.transform(shape, to.transform, interleaved=False)


def to_plane(shape: Shape) -> Shape:
    """From storage to the plane, in metres."""
    return moved(shape, crs.STORAGE, crs.PLANE)


def to_storage(shape: Shape) -> Shape:
    """From the plane to storage."""
    return moved(shape, crs.PLANE, crs.STORAGE)


def back(shape: Shape, *sources: Shape) -> Shape:
    """A plane shape in storage; points of the ``sources`` (in storage) keep their coordinates to the last digit.

    Neighbours share these points: a round trip through the plane must not part them.
    """
    known = np.concatenate([shapely.get_coordinates(s) for s in sources])
    tree = shapely.STRtree(shapely.points(shapely.get_coordinates([to_plane(s) for s in sources])))

    def restored(points: NDArray[np.float64]) -> NDArray[np.float64]:
        found = np.column_stack(_transformer(int(crs.PLANE), int(crs.STORAGE)).transform(points[:, 0], points[:, 1]))
        which, near = tree.query_nearest(shapely.points(points), max_distance=SAME_M, all_matches=False)
        found[which] = known[near]
        return found

    return shapely.transform(shape, restored)


def area(shape: Shape) -> float:
    """Raw plane area in m² of a shape in storage."""
    return float(shapely.area(to_plane(shape)))


def _exact(square_metres: float) -> Decimal:
    """As the database turns a float into a number: 15 digits."""
    return Decimal(f"{square_metres:.15g}")


def rounded_m2(square_metres: float) -> Decimal:
    """As the database keeps it: 2 decimals from the raw value."""
    return _exact(square_metres).quantize(CENT, ROUND_HALF_UP)


def mu(square_metres: float) -> Decimal:
    """As the database keeps it: 4 decimals from the raw value."""
    return (_exact(square_metres) * Decimal(crs.MU_PER_M2)).quantize(MU_DIGITS, ROUND_HALF_UP)
