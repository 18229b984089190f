"""What stands round the ground of a printed map: frame with coordinate ticks, scale bar, north."""

from __future__ import annotations

from reportlab.lib.colors import white
from reportlab.pdfgen.canvas import Canvas

from geoapp import crs
from geoapp.services.printing import ink
from geoapp.services.printing.paper import COLUMN, MM, Window, round_length

TICK_MM = 50
NORTH = "北"


def prefixed(east: float) -> float:
    """An easting with the number of its zone in front, as survey tables write Y."""
    return crs.ZONE * 1_000_000 + east


def draw(canvas: Canvas, view: Window) -> None:
    """A double line, ticks every few centimetres with X and Y in metres, crosses inside."""
    k = view.paper.k
    x, y, w, h = (v * MM for v in view.paper.frame)
    canvas.setStrokeColor(ink.INK)
    canvas.setLineWidth(0.5 * k * MM)
    canvas.rect(x - 1.2 * k * MM, y - 1.2 * k * MM, w + 2.4 * k * MM, h + 2.4 * k * MM)
    canvas.setLineWidth(0.15 * k * MM)
    canvas.rect(x, y, w, h)
    step = round_length(view.metres(TICK_MM * k))
    west, south, east, north = view.box
    easts = [i * step for i in range(int(west // step) + 1, int(east // step) + 1)]
    norths = [i * step for i in range(int(south // step) + 1, int(north // step) + 1)]
    for value in easts:
        px, _ = view.on_paper(value, south)
        _tick_x(canvas, px, y, y + h, k, f"{prefixed(value):.0f}")
    for value in norths:
        _, py = view.on_paper(west, value)
        _tick_y(canvas, py, x, x + w, k, f"{value:.0f}")
    canvas.setLineWidth(0.08 * k * MM)
    arm = 1.5 * k * MM
    for east_at in easts:
        for north_at in norths:
            px, py = view.on_paper(east_at, north_at)
            canvas.line(px - arm, py, px + arm, py)
            canvas.line(px, py - arm, px, py + arm)


def _tick_x(canvas: Canvas, px: float, low: float, high: float, k: float, number: str) -> None:
    mm = k * MM
    canvas.line(px, low, px, low - 2 * mm)
    canvas.line(px, high, px, high + 2 * mm)
    ink.say(canvas, px, low - 5 * mm, number, 6 * k, align="centre")
    ink.say(canvas, px, high + 2.8 * mm, number, 6 * k, align="centre")


def _tick_y(canvas: Canvas, py: float, left: float, right: float, k: float, number: str) -> None:
    mm = k * MM
    canvas.line(left, py, left - 2 * mm, py)
    canvas.line(right, py, right + 2 * mm, py)
    for px in (left - 2.6 * mm, right + 4.6 * mm):
        canvas.saveState()
        canvas.translate(px, py)
        canvas.rotate(90)
        ink.say(canvas, 0, 0, number, 6 * k, align="centre")
        canvas.restoreState()


def scale_bar(canvas: Canvas, view: Window, x: float, y: float) -> float:
    """A bar of a round ground length, divided in four; returns its length in metres.

    ``x``, ``y`` in points of a column that is drawn grown by the paper's factor.
    """
    k = view.paper.k
    metres = round_length(view.metres((COLUMN - 2) * k))
    each = view.mm(metres) / k / 4 * MM
    canvas.setLineWidth(0.15 * MM)
    canvas.setStrokeColor(ink.INK)
    for n in range(4):
        canvas.setFillColor(ink.INK if n % 2 == 0 else white)
        canvas.rect(x + n * each, y, each, 1.6 * MM, stroke=1, fill=1)
    for n in (0, 2, 4):
        ink.say(canvas, x + n * each, y + 2.6 * MM, f"{metres * n / 4:g}", 6, align="centre")
    ink.say(canvas, x, y - 3 * MM, f"{metres:g} m = {view.mm(metres):g} mm", 5, colour=ink.GREY)
    return metres


def north(canvas: Canvas, x: float, y: float) -> None:
    """An arrow to grid north: up the sheet, along X."""
    canvas.setFillColor(ink.INK)
    arrow = canvas.beginPath()
    for n, (dx, dy) in enumerate(((0, 14), (-4, 0), (0, 3), (4, 0))):
        (arrow.lineTo if n else arrow.moveTo)(x + dx * MM * 0.8, y + dy * MM * 0.8)
    arrow.close()
    canvas.drawPath(arrow, stroke=0, fill=1)
    ink.say(canvas, x, y + 12.2 * MM, NORTH, 9, align="centre")
