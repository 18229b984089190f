"""Paper, frame and scale of a printed sheet: millimetres on paper, metres on the plane (EPSG:4548)."""

from __future__ import annotations

from dataclasses import dataclass

from geoapp.errors import InvalidEdit
from geoapp.said import said

SIZES = {"A4": (210, 297), "A3": (297, 420), "A2": (420, 594), "A1": (594, 841), "A0": (841, 1189)}
"""Portrait width and height in mm (ISO 216)."""
SCALES = (500, 1000, 2000, 5000, 10000, 25000, 50000)
MARGIN, TITLE, COLUMN, TICKS = 10.0, 16.0, 52.0, 6.0
MM = 72 / 25.4
"""PDF points a millimetre."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A sheet: the map's frame at the left, a column with legend and signatures at the right, in mm from bottom left."""

    name: str
    landscape: bool

    @property
    def width(self) -> float:
        return float(SIZES[self.name][1 if self.landscape else 0])

    @property
    def height(self) -> float:
        return float(SIZES[self.name][0 if self.landscape else 1])

    @property
    def frame(self) -> tuple[float, float, float, float]:
        """x, y, width, height of the map's frame."""
        x = y = MARGIN + TICKS
        return x, y, self.width - COLUMN - MARGIN - TICKS - x - 3, self.height - MARGIN - TITLE - TICKS - y

    @property
    def column(self) -> tuple[float, float, float, float]:
        """x, y, width, height of the column beside the frame."""
        x = self.width - MARGIN - COLUMN
        return x, MARGIN, COLUMN, self.height - MARGIN - TITLE - MARGIN


@dataclass(frozen=True, slots=True)
class Window:
    """What ground the frame shows: plane metres of its lower left corner, and 1 : ``scale``."""

    paper: Paper
    west: float
    south: float
    scale: int

    @property
    def box(self) -> tuple[float, float, float, float]:
        """west, south, east, north in plane metres."""
        _, _, w, h = self.paper.frame
        return self.west, self.south, self.west + self.metres(w), self.south + self.metres(h)

    def metres(self, mm: float) -> float:
        """Length on the ground of millimetres on paper."""
        return mm * self.scale / 1000

    def mm(self, metres: float) -> float:
        """Millimetres on paper of a length on the ground."""
        return metres * 1000 / self.scale

    def on_paper(self, east: float, north: float) -> tuple[float, float]:
        """PDF points of a place on the plane."""
        x, y, _, _ = self.paper.frame
        return (x + self.mm(east - self.west)) * MM, (y + self.mm(north - self.south)) * MM


def window(paper: Paper, bounds: tuple[float, float, float, float], scale: int | None) -> Window:
    """The frame round some ground; without a scale the largest standard one that holds it with a margin.

    Raises InvalidEdit naming the scale that would do when the ground is larger than the frame.
    """
    west, south, east, north = bounds
    _, _, w, h = paper.frame
    need = max((east - west) / w, (north - south) / h) * 1000
    if scale is None:
        scale = next((s for s in SCALES if s >= need * 1.12), SCALES[-1])
    if need > scale * 1.0001:
        fits = next((s for s in SCALES if s >= need), None)
        if fits is None:
            raise InvalidEdit({"scale": said("{paper} 纸放不下，请换更大的纸或分开制图", paper=paper.name)})
        raise InvalidEdit(
            {
                "scale": said(
                    "{paper} 纸 1:{scale} 放不下，请改用 1:{fits} 或更大的纸", paper=paper.name, scale=scale, fits=fits
                )
            }
        )
    made = Window(paper, 0.0, 0.0, scale)
    return Window(paper, (west + east - made.metres(w)) / 2, (south + north - made.metres(h)) / 2, scale)


def round_length(metres: float) -> float:
    """The largest 1, 2 or 5 × 10ⁿ not above a length."""
    power = 1.0
    while power * 10 <= metres:
        power *= 10
    while power > metres:
        power /= 10
    return power * max(step for step in (1, 2, 5) if power * step <= metres)
