"""The legend of a printed map: only what its frame shows, drawn as the frame draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from geoapp.layer import Layer, LegendClass
from geoapp.services.printing import ink
from geoapp.services.printing.ground import Shape
from geoapp.services.printing.paper import MM, Window

TITLE, BEHIND, RED_LINE, LINE, BORDER = "图例", "其余见后页", "{layer}界线", "{layer}红线", "{layer}界"
ROW_MM = 5.2


@dataclass(frozen=True, slots=True)
class Row:
    """One line: a class of a layer; without a class the line of a layer, ``mine`` that of the subject."""

    layer: Layer
    look: LegendClass | None
    mine: bool
    point: bool = False

    @property
    def words(self) -> str:
        if self.look is not None:
            return f"{self.look.glyph} {self.look.label}" if self.look.glyph and not self.point else self.look.label
        if self.mine:
            return RED_LINE.format(layer=self.layer.title)
        return (LINE if self.layer.style.kind == "outline" else BORDER).format(layer=self.layer.title)


def rows(
    view: Window, drawn: Sequence[tuple[Layer, list[Shape]]], subject: Layer, chosen: frozenset[int], *, lined: bool
) -> list[Row]:
    """What the frame shows; ``lined`` when the subject has its red line."""
    frame = shapely.box(*view.box)
    found = [Row(subject, None, True)] if lined else []
    for layer, shapes in drawn:
        if layer.style.kind in ("outline", "boundary"):  # of these only the line is drawn
            seen = [s for s in shapes if frame.intersects(s.geom.boundary)]
            if any(layer is not subject or s.id not in chosen or not lined for s in seen):
                found.append(Row(layer, None, False))
            continue
        seen = [s for s in shapes if frame.intersects(s.geom)]
        for look in layer.legend_classes:
            these = [s for s in seen if s.look.key == look.key]
            if these:
                mine = layer is not subject or any(s.id in chosen for s in these)
                found.append(Row(layer, look, mine, these[0].geom.geom_type.endswith("Point")))
    return found


def draw(canvas: Canvas, given: Sequence[Row], x: float, at: float, floor: float, wide: float) -> tuple[float, list]:
    """Rows from ``at`` down to ``floor`` in points, in two columns when one is too short; returns where it ended, and
    the rows that found no place."""
    ink.say(canvas, x, at, TITLE, 9)
    at -= 6 * MM
    high = max(0, int((at - floor) / (ROW_MM * MM)) + 1)
    columns = 1 if len(given) <= high else 2
    room = high * columns
    kept = list(given) if len(given) <= room else list(given[: max(0, room - 1)])
    left = list(given[len(kept) :])
    share = wide / columns
    for n, row in enumerate(kept):
        _row(canvas, x + n // max(high, 1) * share, at - n % max(high, 1) * ROW_MM * MM, row, share)
    if left:
        n = len(kept)
        ink.say(canvas, x + n // max(high, 1) * share, at - n % max(high, 1) * ROW_MM * MM, BEHIND, 6, colour=ink.GREY)
    return at - min(len(kept), high) * ROW_MM * MM, left


def _row(canvas: Canvas, x: float, at: float, row: Row, share: float) -> None:
    wide, high = 8 * MM, 3.8 * MM
    if row.look is None:
        canvas.saveState()
        red = row.mine or row.layer.style.kind == "outline"
        canvas.setStrokeColor(ink.RED if red else ink.GREY)
        canvas.setLineWidth((ink.RED_LINE_MM if row.mine else 0.5 if red else 0.25) * MM)
        canvas.setDash([d * MM for d in (() if row.mine else (4, 1.2, 0.8, 1.2) if red else (3, 1.5))])
        canvas.line(x, at + high / 3, x + wide, at + high / 3)
        canvas.restoreState()
    elif row.point:
        ink.symbol(canvas, x + wide / 2, at + 1.3 * MM, row.look)
    else:
        _swatch(canvas, row.look, (x, at - 0.6 * MM, x + wide, at - 0.6 * MM + high), faded=not row.mine)
    ink.say(canvas, x + wide + 2 * MM, at, row.words, ink.fitted(row.words, 7, share - wide - 2.5 * MM))


def _swatch(canvas: Canvas, look: LegendClass, box: tuple[float, float, float, float], *, faded: bool) -> None:
    x0, y0, x1, y1 = box
    canvas.saveState()
    canvas.setFillColor(HexColor(look.fill))
    canvas.setFillAlpha(ink.FADED if faded else ink.FULL)
    canvas.setStrokeColor(ink.INK)
    canvas.setLineWidth(0.12 * MM)
    canvas.rect(x0, y0, x1 - x0, y1 - y0, stroke=1, fill=1)
    if look.pattern != "plain":
        clip = canvas.beginPath()
        clip.rect(x0, y0, x1 - x0, y1 - y0)
        canvas.clipPath(clip, stroke=0, fill=0)
        ink.pattern(canvas, look, box)
    canvas.restoreState()
