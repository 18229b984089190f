"""Coordinates as Chinese web maps shift them: GCJ-02 (Amap, Tencent, Google's Chinese tiles) and BD-09 (Baidu).

The shift is a published approximation; taken back by iteration it is right to a few centimetres, the drawing itself to no
better than the picture it was drawn on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
TITLES = {"GCJ-02": "GCJ-02 火星坐标（高德、腾讯、谷歌中国底图）", "BD-09": "BD-09 百度坐标"}
_A, _EE = 6378245.0, 0.00669342162296594323
_ROUNDS = 8


def to_wgs84(points: Points, system: str) -> Points:
    """Longitude and latitude of WGS 84 from those of a shifted system."""
    return _unshifted(_bd_to_gcj(points) if system == "BD-09" else points)


def shifted(points: Points) -> Points:
    """WGS 84 as GCJ-02 draws it."""
    x, y = points[:, 0] - 105.0, points[:, 1] - 35.0
    lat = np.radians(points[:, 1])
    root = np.sqrt(np.abs(x))
    waves = (20 * np.sin(6 * x * np.pi) + 20 * np.sin(2 * x * np.pi)) * 2 / 3
    d_lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
    d_lat += (20 * np.sin(y * np.pi) + 40 * np.sin(y / 3 * np.pi)) * 2 / 3
    d_lat += (160 * np.sin(y / 12 * np.pi) + 320 * np.sin(y * np.pi / 30)) * 2 / 3
    d_lon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
    d_lon += (20 * np.sin(x * np.pi) + 40 * np.sin(x / 3 * np.pi)) * 2 / 3
    d_lon += (150 * np.sin(x / 12 * np.pi) + 300 * np.sin(x / 30 * np.pi)) * 2 / 3
    magic = 1 - _EE * np.sin(lat) ** 2
    d_lat = d_lat * 180 / ((_A * (1 - _EE)) / (magic * np.sqrt(magic)) * np.pi)
    d_lon = d_lon * 180 / (_A / np.sqrt(magic) * np.cos(lat) * np.pi)
    return np.column_stack([points[:, 0] + d_lon, points[:, 1] + d_lat])


def _unshifted(points: Points) -> Points:
    found = points.copy()
    for _ in range(_ROUNDS):
        found = found - (shifted(found) - points)
    return found


def _bd_to_gcj(points: Points) -> Points:
    x, y = points[:, 0] - 0.0065, points[:, 1] - 0.006
    turn = np.pi * 3000 / 180
    z = np.sqrt(x * x + y * y) - 0.00002 * np.sin(y * turn)
    theta = np.arctan2(y, x) - 0.000003 * np.cos(x * turn)
    return np.column_stack([z * np.cos(theta), z * np.sin(theta)])
