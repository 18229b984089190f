"""Where points lie against the town: inside, or how far off and in which direction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

from geoapp.towns import Bbox

Points = NDArray[np.float64]
DIRECTIONS = ("北", "东北", "东", "东南", "南", "西南", "西", "西北")


def inside(points: Points, extent: Bbox) -> NDArray[np.bool_]:
    """Which points lie in the extent; not-finite ones do not."""
    x, y = points[:, 0], points[:, 1]
    found: NDArray[np.bool_] = (x >= extent.west) & (x <= extent.east) & (y >= extent.south) & (y <= extent.north)
    return found


def offset(point: Points, extent: Bbox) -> str:
    """Distance and direction from the town's edge, in words."""
    x = float(np.clip(point[0], extent.west, extent.east))
    y = float(np.clip(point[1], extent.south, extent.north))
    azimuth, _, metres = Geod(ellps="GRS80").inv(x, y, float(point[0]), float(point[1]))
    where = DIRECTIONS[round(azimuth / 45) % 8]
    return (
        f"{where} {metres / 1000:.0f} km（{point[0]:.4f}, {point[1]:.4f}）"
        if metres >= 1000
        else f"{where} {metres:.0f} m"
    )
