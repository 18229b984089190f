"""Where words may still stand on a sheet: whoever asks first keeps the place, and nothing is written over anything."""

from __future__ import annotations

from math import cos, radians, sin

Box = tuple[float, float, float, float]


class Room:
    """The places taken, in points."""

    def __init__(self) -> None:
        self._taken: list[Box] = []

    def take(self, x: float, y: float, wide: float, high: float, turned: float = 0.0) -> bool:
        """Take a place round a middle; False when some of it is taken. ``turned`` in degrees."""
        for box in (parts := _boxes(x, y, wide, high, turned)):
            if any(a < z and c > w and b < v and d > u for a, b, c, d in self._taken for w, u, z, v in (box,)):
                return False
        self._taken += parts
        return True


def _boxes(x: float, y: float, wide: float, high: float, turned: float) -> list[Box]:
    """A turned text as a row of squares along its line."""
    n = max(1, round(wide / high))
    if not turned or n == 1:
        return [(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)]
    step, dx, dy = wide / n, cos(radians(turned)), sin(radians(turned))
    middles = [(i + 0.5) * step - wide / 2 for i in range(n)]
    half = high / 2
    return [(x + m * dx - half, y + m * dy - half, x + m * dx + half, y + m * dy + half) for m in middles]
