"""Drawing outlines with PDF operators: paths, patterns, casings; lengths of strokes in millimetres."""

from __future__ import annotations

from typing import Any

import shapely
from reportlab.lib.colors import HexColor, white
from reportlab.pdfgen.canvas import FILL_EVEN_ODD, Canvas

from geoapp.layer import LegendClass
from geoapp.services.printing import fonts
from geoapp.services.printing.paper import MM, Window

INK = HexColor("#1F2937")
RED = HexColor("#E60012")
GREY = HexColor("#6B7280")
RED_LINE_MM = 0.3
FULL, FADED = 0.85, 0.35
"""How strongly the subject and its neighbours of the same layer are filled."""
SMALL_MM, TINY_MM = 3.0, 1.2
"""An area smaller than this on paper has a hairline, then none, so that lines do not cover the colours they part."""
STEP_MM = 1.6
"""Distance of the strokes and dots of a pattern."""


def path(canvas: Canvas, view: Window, geom: Any) -> Any:
    """The outline as a path on paper."""
    made = canvas.beginPath()
    for part in shapely.get_parts(geom):
        lines = [part] if part.geom_type == "LineString" else [part.exterior, *part.interiors]
        for line in lines:
            for n, (east, north) in enumerate(line.coords):
                (made.lineTo if n else made.moveTo)(*view.on_paper(east, north))
            if part.geom_type == "Polygon":
                made.close()
    return made


def area(canvas: Canvas, view: Window, geom: Any, look: LegendClass, *, faded: bool = False) -> None:
    """A filled outline with its pattern."""
    outline = path(canvas, view, geom)
    canvas.saveState()
    canvas.setLineJoin(1)
    canvas.setFillColor(HexColor(look.fill))
    canvas.setFillAlpha(FADED if faded else FULL)
    canvas.setStrokeColor(INK)
    size = view.mm(geom.area**0.5)
    canvas.setLineWidth((0.12 if size >= SMALL_MM else 0.04) * MM)
    canvas.drawPath(outline, stroke=int(size >= TINY_MM), fill=1, fillMode=FILL_EVEN_ODD)
    if look.pattern != "plain":
        seen = _seen(view, geom)
        if seen:
            canvas.clipPath(path(canvas, view, geom), stroke=0, fill=0, fillMode=FILL_EVEN_ODD)
            pattern(canvas, look, seen)
    canvas.restoreState()


def _seen(view: Window, geom: Any) -> tuple[float, float, float, float] | None:
    """The part of an outline's box that lies in the frame, in points: strokes outside would be drawn for nothing."""
    west, south, east, north = geom.bounds
    w, s, e, n = view.box
    if west > e or east < w or south > n or north < s:
        return None
    return (*view.on_paper(max(west, w), max(south, s)), *view.on_paper(min(east, e), min(north, n)))


def pattern(canvas: Canvas, look: LegendClass, box: tuple[float, float, float, float]) -> None:
    """Strokes or dots over a box in points; the caller clips."""
    x0, y0, x1, y1 = box
    step = STEP_MM * MM
    canvas.setFillAlpha(1)
    canvas.setStrokeColor(white)
    canvas.setFillColor(white)
    canvas.setLineWidth(0.3 * MM)
    if look.pattern == "dots":
        rows = range(int((y1 - y0) / step) + 2)
        for j in rows:
            for i in range(int((x1 - x0) / step) + 2):
                canvas.circle(x0 + (i + j % 2 / 2) * step, y0 + j * step, 0.28 * MM, stroke=0, fill=1)
        return
    high = y1 - y0
    for i in range(int((x1 - x0 + high) / step) + 2):
        start = x0 - high + i * step
        if look.pattern == "hatch":
            canvas.line(start, y0, start + high, y1)
        else:
            canvas.line(start, y1, start + high, y0)


def line(canvas: Canvas, view: Window, geom: Any, colour: Any, mm: float, dash: tuple[float, ...] = ()) -> None:
    """An outline's line alone, with its width in millimetres; broken lines lie on a white casing."""
    canvas.saveState()
    canvas.setLineJoin(1)
    if dash:
        canvas.setStrokeColor(white)
        canvas.setLineWidth((mm + 0.5) * MM)
        canvas.drawPath(path(canvas, view, geom), stroke=1, fill=0)
        canvas.setDash([d * MM for d in dash])
    canvas.setStrokeColor(colour)
    canvas.setLineWidth(mm * MM)
    canvas.drawPath(path(canvas, view, geom), stroke=1, fill=0)
    canvas.restoreState()


def say(canvas: Canvas, x: float, y: float, text: str, size: float, *, align: str = "left", colour: Any = INK) -> None:
    """A text at points."""
    text = fonts.written(text)
    canvas.setFont(fonts.face(), size)
    canvas.setFillColor(colour)
    draw = {"left": canvas.drawString, "centre": canvas.drawCentredString, "right": canvas.drawRightString}[align]
    draw(x, y, text)


def cased(canvas: Canvas, x: float, y: float, text: str, size: float, *, turned: float = 0.0) -> None:
    """A text round a middle with a white casing, so that it reads on any fill; ``turned`` in degrees."""
    text = fonts.written(text)
    canvas.saveState()
    canvas.translate(x, y)
    canvas.rotate(turned)
    left, low = -fonts.width(text, size) / 2, -size * 0.34
    canvas.saveState()
    casing = canvas.beginText(left, low)
    casing.setFont(fonts.face(), size)
    canvas.setStrokeColor(white)
    canvas.setLineWidth(size * 0.32)
    canvas.setLineJoin(1)
    casing.setTextRenderMode(1)
    casing.textOut(text)
    canvas.drawText(casing)
    canvas.restoreState()  # and with it the mode that fills letters
    canvas.setFont(fonts.face(), size)
    canvas.setFillColor(INK)
    canvas.drawString(left, low, text)
    canvas.restoreState()


def disc(canvas: Canvas, x: float, y: float, mm: float, colour: Any) -> None:
    """A boundary point: a white disc of a diameter with a coloured rim."""
    canvas.setFillColor(white)
    canvas.setStrokeColor(colour)
    canvas.setLineWidth(0.2 * MM)
    canvas.circle(x, y, mm / 2 * MM, stroke=1, fill=1)


def symbol(canvas: Canvas, x: float, y: float, look: LegendClass, mm: float = 3.2) -> None:
    """A point feature: its class's shape, filled, with its glyph."""
    half = mm / 2 * MM
    canvas.saveState()
    canvas.setFillColor(HexColor(look.fill))
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(0.15 * MM)
    corners = {
        "triangle": ((0, 1), (1, -0.9), (-1, -0.9)),
        "diamond": ((0, 1.1), (1.1, 0), (0, -1.1), (-1.1, 0)),
        "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    }.get(look.shape)
    if corners is None:
        canvas.circle(x, y, half, stroke=1, fill=1)
    else:
        made = canvas.beginPath()
        for n, (dx, dy) in enumerate(corners):
            (made.lineTo if n else made.moveTo)(x + dx * half, y + dy * half)
        made.close()
        canvas.drawPath(made, stroke=1, fill=1)
    if look.glyph:
        size = mm * 1.7
        say(canvas, x, y - size * 0.36, look.glyph, size, align="centre", colour=HexColor(look.ink))
    canvas.restoreState()


def wrapped(text: str, size: float, width: float) -> list[str]:
    """Rows of a text no wider than some points; Chinese breaks anywhere."""
    rows, row = [], ""
    for character in text:
        if row and (character == "\n" or fonts.width(row + character, size) > width):
            rows.append(row)
            row = ""
        row += "" if character == "\n" else character
    return [*rows, row]


def fitted(text: str, size: float, width: float) -> float:
    """The size at which a text is no wider than some points."""
    wide = fonts.width(fonts.written(text), size)
    return size if wide <= width else size * width / wide
