"""One printed map: frame with coordinate ticks, the ground, the subject's red line with its points, legend and signatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import shapely
from reportlab.lib.colors import HexColor, white
from reportlab.pdfgen.canvas import Canvas

from geoapp import crs
from geoapp.layer import Layer, LegendClass
from geoapp.services.printing import fonts, ink, points
from geoapp.services.printing.ground import Shape
from geoapp.services.printing.paper import COLUMN, MARGIN, MM, TITLE, Window, round_length

TICK_MM = 50
LABEL_W_MM, LABEL_H_MM = 13, 7
POINTS_TITLE, MAP_TITLE, NUMBER, SUM = "{label} 界址点坐标表", "{town} {layer}图", "数量", "合计"
FEWEST_BARE = 400
"""A subject with more corners than this shows them in the table only."""


@dataclass(slots=True)
class Sheet:
    """What one page shows."""

    view: Window
    title: str
    drawn: Sequence[tuple[Layer, list[Shape]]]
    subject_layer: Layer
    subject: list[Shape]
    facts: list[tuple[str, str]] = field(default_factory=list)
    signs: tuple[str, ...] = ("制图", "审核", "日期")
    lines: tuple[str, ...] = ()
    """Source, review number and the like, at the foot of the column."""
    units: dict[str, str] = field(default_factory=dict)
    with_points: bool = True


def signs(drawn_by: str, checked_by: str, day: str) -> tuple[str, ...]:
    """The rows of the signature block."""
    return f"制图：{drawn_by}", f"审核：{checked_by}", f"日期：{day}"


def draw(canvas: Canvas, sheet: Sheet) -> None:
    """Draw the whole page; the caller ends it."""
    view = sheet.view
    canvas.setPageSize((view.paper.width * MM, view.paper.height * MM))
    x, y, w, h = (v * MM for v in view.paper.frame)
    canvas.saveState()
    clip = canvas.beginPath()
    clip.rect(x, y, w, h)
    canvas.clipPath(clip, stroke=0, fill=0)
    _ground(canvas, sheet)
    _subject(canvas, sheet)
    canvas.restoreState()
    _frame(canvas, view)
    ink.say(canvas, (x + x + w) / 2, (view.paper.height - MARGIN - TITLE + 5) * MM, sheet.title, 16, align="centre")
    _column(canvas, sheet)


def _ground(canvas: Canvas, sheet: Sheet) -> None:
    view, chosen = sheet.view, {s.id for s in sheet.subject}
    labels: list[tuple[Layer, Shape]] = []
    for layer, shapes in sheet.drawn:
        for shape in shapes:
            match layer.style.kind:
                case "area":
                    mine = layer is not sheet.subject_layer or shape.id in chosen or not chosen
                    ink.area(canvas, view, shape.geom, shape.look, faded=not mine)
                    labels.append((layer, shape))
                case "outline":
                    ink.line(canvas, view, shape.geom, ink.RED, 0.5, (4, 1.2, 0.8, 1.2))
                case "boundary":
                    ink.line(canvas, view, shape.geom, ink.GREY, 0.25, (3, 1.5))
                case _ if shape.geom.geom_type == "Point":
                    ink.symbol(canvas, *view.on_paper(shape.geom.x, shape.geom.y), shape.look)
                case _:
                    ink.area(canvas, view, shape.geom, shape.look)
    _labels(canvas, sheet, labels)


def _labels(canvas: Canvas, sheet: Sheet, labels: list[tuple[Layer, Shape]]) -> None:
    """Number over area as a fraction where there is room, the class's glyph where there is a little."""
    view = sheet.view
    for layer, shape in labels:
        west, south, east, north = shape.geom.bounds
        wide, high = view.mm(east - west), view.mm(north - south)
        inside = shape.geom.representative_point()
        x, y = view.on_paper(inside.x, inside.y)
        room = view.mm(shape.geom.area**0.5)
        if room >= LABEL_W_MM and wide >= LABEL_W_MM and high >= LABEL_H_MM:
            unit = sheet.units.get(layer.id, "")
            ink.cased(canvas, x, y + 1.2, shape.key, 6)
            if shape.weight is not None:
                half = fonts.width(shape.key, 6) / 2
                canvas.setStrokeColor(ink.INK)
                canvas.setLineWidth(0.1 * MM)
                canvas.line(x - half, y - 0.6, x + half, y - 0.6)
                ink.cased(canvas, x, y - 6.4, f"{shape.weight:,.2f}{unit}", 6)
        elif room >= 4 and shape.look.glyph:
            ink.cased(canvas, x, y - 2, shape.look.glyph, 5.5)


def _subject(canvas: Canvas, sheet: Sheet) -> None:
    """The red line, ⌀2 mm points with J numbers and side lengths (GB/T 42547-2023)."""
    view = sheet.view
    lengths = len(sheet.subject) <= 4
    for shape in sheet.subject:
        if shape.geom.geom_type == "Point":
            ink.symbol(canvas, *view.on_paper(shape.geom.x, shape.geom.y), shape.look, 5)
            continue
        ink.line(canvas, view, shape.geom, ink.RED, ink.RED_LINE_MM)
        if not (sheet.with_points and lengths) or shape.geom.geom_type not in ("Polygon", "MultiPolygon"):
            continue
        found = list(points.corners(shape.geom))
        if len(found) > FEWEST_BARE:
            continue
        middle = shape.geom.centroid
        last: tuple[float, float] | None = None
        for n, corner in enumerate(found):
            at = view.on_paper(corner.y, corner.x)
            ink.disc(canvas, *at, 2.0, ink.RED)
            if last is None or abs(at[0] - last[0]) + abs(at[1] - last[1]) > 6 * MM:
                away = (1 if corner.y >= middle.x else -1, 1 if corner.x >= middle.y else -1)
                ink.cased(canvas, at[0] + away[0] * 3.2 * MM, at[1] + away[1] * 2.2 * MM - 2, f"J{corner.number}", 6)
                last = at
            following = next((c for c in found[n + 1 :] if c.ring == corner.ring), None) or next(
                c for c in found if c.ring == corner.ring
            )
            if view.mm(corner.side) >= 12:
                half = view.on_paper((corner.y + following.y) / 2, (corner.x + following.x) / 2)
                ink.cased(canvas, half[0], half[1] - 2, f"{corner.side:.2f}", 5.5)


def _frame(canvas: Canvas, view: Window) -> None:
    """A double line, ticks every few centimetres with X and Y in metres, crosses inside."""
    x, y, w, h = (v * MM for v in view.paper.frame)
    canvas.setStrokeColor(ink.INK)
    canvas.setLineWidth(0.5 * MM)
    canvas.rect(x - 1.2 * MM, y - 1.2 * MM, w + 2.4 * MM, h + 2.4 * MM)
    canvas.setLineWidth(0.15 * MM)
    canvas.rect(x, y, w, h)
    step = round_length(view.metres(TICK_MM))
    west, south, east, north = view.box
    easts = [i * step for i in range(int(west // step) + 1, int(east // step) + 1)]
    norths = [i * step for i in range(int(south // step) + 1, int(north // step) + 1)]
    for value in easts:
        px, _ = view.on_paper(value, south)
        canvas.line(px, y, px, y - 2 * MM)
        canvas.line(px, y + h, px, y + h + 2 * MM)
        ink.say(canvas, px, y - 5 * MM, f"{crs.ZONE * 1_000_000 + value:.0f}", 6, align="centre")
        ink.say(canvas, px, y + h + 2.8 * MM, f"{crs.ZONE * 1_000_000 + value:.0f}", 6, align="centre")
    for value in norths:
        _, py = view.on_paper(west, value)
        canvas.line(x, py, x - 2 * MM, py)
        canvas.line(x + w, py, x + w + 2 * MM, py)
        for px in (x - 2.6 * MM, x + w + 4.6 * MM):
            canvas.saveState()
            canvas.translate(px, py)
            canvas.rotate(90)
            ink.say(canvas, 0, 0, f"{value:.0f}", 6, align="centre")
            canvas.restoreState()
    canvas.setLineWidth(0.08 * MM)
    for east_at in easts:
        for north_at in norths:
            px, py = view.on_paper(east_at, north_at)
            canvas.line(px - 1.5 * MM, py, px + 1.5 * MM, py)
            canvas.line(px, py - 1.5 * MM, px, py + 1.5 * MM)


def scale_bar(canvas: Canvas, view: Window, x: float, y: float) -> float:
    """A bar of a round ground length, divided in four; returns its length in metres. ``x``, ``y`` in points."""
    metres = round_length(view.metres(COLUMN - 2))
    each = view.mm(metres) / 4 * MM
    canvas.setLineWidth(0.15 * MM)
    canvas.setStrokeColor(ink.INK)
    for n in range(4):
        canvas.setFillColor(ink.INK if n % 2 == 0 else white)
        canvas.rect(x + n * each, y, each, 1.6 * MM, stroke=1, fill=1)
    for n in (0, 2, 4):
        ink.say(canvas, x + n * each, y + 2.6 * MM, f"{metres * n / 4:g}{' m' if n == 4 else ''}", 6, align="centre")
    return metres


def _north(canvas: Canvas, x: float, y: float) -> None:
    canvas.setFillColor(ink.INK)
    arrow = canvas.beginPath()
    for n, (dx, dy) in enumerate(((0, 14), (-4, 0), (0, 3), (4, 0))):
        (arrow.lineTo if n else arrow.moveTo)(x + dx * MM * 0.8, y + dy * MM * 0.8)
    arrow.close()
    canvas.drawPath(arrow, stroke=0, fill=1)
    ink.say(canvas, x, y + 12.2 * MM, "北", 9, align="centre")


def _column(canvas: Canvas, sheet: Sheet) -> None:
    view = sheet.view
    x, y, w, h = (v * MM for v in view.paper.column)
    top = y + h
    _north(canvas, x + w / 2, top - 14 * MM)
    at = top - 22 * MM
    ink.say(canvas, x + w / 2, at, f"1:{view.scale}", 11, align="centre")
    at -= 9 * MM
    scale_bar(canvas, view, x + 1 * MM, at)
    at -= 9 * MM
    for name, value in sheet.facts:
        at = _fact(canvas, x, at, w, name, value)
    at = _legend(canvas, sheet, x, at - 3 * MM, y + (12 + 7 * len(sheet.signs) + 4 * len(sheet.lines)) * MM)
    foot = y + 2 * MM
    for words in reversed(sheet.lines):
        for row in reversed(wrapped(words, 6, w)):
            ink.say(canvas, x, foot, row, 6, colour=ink.GREY)
            foot += 3 * MM
    foot += 3 * MM
    for sign in reversed(sheet.signs):
        name, _, value = sign.partition("：")
        ink.say(canvas, x, foot, f"{name}：", 8)
        ink.say(canvas, x + 14 * MM, foot, value, 8)
        canvas.setStrokeColor(ink.GREY)
        canvas.setLineWidth(0.1 * MM)
        canvas.line(x + 13 * MM, foot - 1 * MM, x + w, foot - 1 * MM)
        foot += 7 * MM


def _fact(canvas: Canvas, x: float, at: float, w: float, name: str, value: str) -> float:
    ink.say(canvas, x, at, name, 7, colour=ink.GREY)
    rows = wrapped(value, 7, w - 19 * MM)
    for row in rows:
        ink.say(canvas, x + w, at, row, 7, align="right")
        at -= 3.6 * MM
    return at - 0.6 * MM


def wrapped(text: str, size: float, width: float) -> list[str]:
    """Rows of a text no wider than some points; Chinese breaks anywhere."""
    rows, row = [], ""
    for character in text:
        if row and fonts.width(row + character, size) > width:
            rows.append(row)
            row = ""
        row += character
    return [*rows, row]


def _legend(canvas: Canvas, sheet: Sheet, x: float, at: float, floor: float) -> float:
    """Only the classes that the frame shows."""
    frame = shapely.box(*sheet.view.box)
    ink.say(canvas, x, at, "图例", 9)
    at -= 6 * MM
    for layer, shapes in sheet.drawn:
        present = {s.look.key for s in shapes if frame.intersects(s.geom)}
        if layer.style.kind in ("outline", "boundary"):
            looks: list[LegendClass | None] = [None] if present else []
        else:
            looks = [c for c in layer.legend_classes if c.key in present]
        for look in looks:
            if at < floor:
                return at
            _legend_row(canvas, x, at, layer, look)
            at -= 5.2 * MM
    return at


def _legend_row(canvas: Canvas, x: float, at: float, layer: Layer, look: LegendClass | None) -> None:
    wide, high = 8 * MM, 3.8 * MM
    if look is None:
        canvas.saveState()
        red = layer.style.kind == "outline"
        canvas.setStrokeColor(ink.RED if red else ink.GREY)
        canvas.setLineWidth((0.5 if red else 0.25) * MM)
        canvas.setDash([d * MM for d in ((4, 1.2, 0.8, 1.2) if red else (3, 1.5))])
        canvas.line(x, at + high / 3, x + wide, at + high / 3)
        canvas.restoreState()
        ink.say(canvas, x + wide + 2 * MM, at, f"{layer.title}红线" if red else f"{layer.title}界", 7)
        return
    canvas.saveState()
    canvas.setFillColor(HexColor(look.fill))
    canvas.setStrokeColor(ink.INK)
    canvas.setLineWidth(0.12 * MM)
    canvas.rect(x, at - 0.6 * MM, wide, high, stroke=1, fill=1)
    if look.pattern != "plain":
        clip = canvas.beginPath()
        clip.rect(x, at - 0.6 * MM, wide, high)
        canvas.clipPath(clip, stroke=0, fill=0)
        ink.pattern(canvas, look, (x, at - 0.6 * MM, x + wide, at - 0.6 * MM + high))
    canvas.restoreState()
    words = f"{look.glyph} {look.label}" if look.glyph else look.label
    ink.say(canvas, x + wide + 2 * MM, at, words, 7)
