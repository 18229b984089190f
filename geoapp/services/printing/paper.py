"""Paper, frame and scale of a printed sheet: millimetres on paper, metres on the plane (EPSG:4548)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from geoapp.errors import InvalidEdit
from geoapp.said import said

SIZES = {"A4": (210, 297), "A3": (297, 420), "A2": (420, 594), "A1": (594, 841), "A0": (841, 1189)}
"""Portrait width and height in mm (ISO 216)."""
GROWN = {"A4": 1.0, "A3": 1.1, "A2": 1.5, "A1": 2.0, "A0": 2.6}
"""How much larger words stand on larger paper: a wall map is read from further away."""
SCALES = (500, 1000, 2000, 5000, 10000, 25000, 50000, 100000, 200000)
MARGIN, TITLE, COLUMN, TICKS, GAP = 10.0, 16.0, 52.0, 6.0, 3.0
BELOW = 0.36
"""Share of a card's height that its history takes."""
MM = 72 / 25.4
"""PDF points a millimetre."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A sheet: the map's frame at the left, a column with legend and signatures at the right, in mm from bottom left.

    ``foot`` millimetres below both are kept free.
    """

    name: str
    landscape: bool
    foot: float = 0.0

    @property
    def k(self) -> float:
        """Growth of words and of what is laid out round them."""
        return GROWN[self.name]

    @property
    def width(self) -> float:
        return float(SIZES[self.name][1 if self.landscape else 0])

    @property
    def height(self) -> float:
        return float(SIZES[self.name][0 if self.landscape else 1])

    @property
    def frame(self) -> tuple[float, float, float, float]:
        """x, y, width, height of the map's frame."""
        x = (MARGIN + TICKS) * self.k
        y = x + self.foot
        wide = self.width - (COLUMN + MARGIN + TICKS + GAP) * self.k - x
        return x, y, wide, self.height - (MARGIN + TITLE + TICKS) * self.k - y

    @property
    def column(self) -> tuple[float, float, float, float]:
        """x, y, width, height of the column beside the frame."""
        x, y = self.width - (MARGIN + COLUMN) * self.k, MARGIN * self.k + self.foot
        return x, y, COLUMN * self.k, self.height - (MARGIN + TITLE) * self.k - y

    @property
    def behind(self) -> Paper:
        """The paper of the tables behind a sheet: nobody reads a table on A0."""
        return Paper("A3" if self.k > GROWN["A3"] else self.name, self.landscape)

    def with_foot(self) -> Paper:
        """The same paper with room for a card's history."""
        return replace(self, foot=self.height * BELOW)


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


def window(paper: Paper, bounds: tuple[float, float, float, float], scale: int | None, name: str = "") -> Window:
    """The frame round some ground; without a scale the largest standard one that holds it with a margin.

    Raises InvalidEdit naming the scale that would do when the ground is larger than the frame.
    """
    west, south, east, north = bounds
    _, _, w, h = paper.frame
    need = max((east - west) / w, (north - south) / h) * 1000
    if scale is None:
        scale = next((s for s in SCALES if s >= need * 1.06), SCALES[-1])
    if need > scale * 1.0001:
        raise InvalidEdit({"scale": _too_large(paper, need, scale, name)})
    made = Window(paper, 0.0, 0.0, scale)
    return Window(paper, (west + east - made.metres(w)) / 2, (south + north - made.metres(h)) / 2, scale)


def _too_large(paper: Paper, need: float, scale: int, name: str) -> str:
    fits = next((s for s in SCALES if s >= need), None)
    if fits is None:
        return said("{paper} 纸放不下，请换更大的纸或分开制图", paper=paper.name)
    if name:
        return said(
            "{name}在 {paper} 纸 1:{scale} 放不下，请改用 1:{fits} 或更大的纸",
            name=name, paper=paper.name, scale=scale, fits=fits,
        )  # fmt: skip
    return said("{paper} 纸 1:{scale} 放不下，请改用 1:{fits} 或更大的纸", paper=paper.name, scale=scale, fits=fits)


def largest_scale(paper: Paper, bounds: tuple[float, float, float, float]) -> int | None:
    """The scale an automatic choice takes on this paper; None when nothing fits."""
    try:
        return window(paper, bounds, None).scale
    except InvalidEdit:
        return None


def round_length(metres: float) -> float:
    """The largest 1, 2 or 5 × 10ⁿ not above a length."""
    power = 1.0
    while power * 10 <= metres:
        power *= 10
    while power > metres:
        power /= 10
    return power * max(step for step in (1, 2, 5) if power * step <= metres)
