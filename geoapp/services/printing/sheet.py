"""One printed map: the ground with its red line in a frame, and a column with scale, facts, legend and signatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from reportlab.pdfgen.canvas import Canvas

from geoapp.layer import Layer
from geoapp.services.printing import fonts, frame, ink, legend, points, subject
from geoapp.services.printing.ground import Shape
from geoapp.services.printing.paper import MARGIN, MM, TITLE, Window
from geoapp.services.printing.room import Room

LABEL_W_MM, LABEL_H_MM = 13, 7
POINTS_TITLE, MAP_TITLE, NUMBER, SUM = "{label} 界址点坐标表", "{town} {layer}图", "数量", "合计"
APART, CORNERS, ON_CARD = "不计入", "界址点坐标（米）", "其余见卡片"
SIDE = "边长"
POINT_ROW_MM = 3.0
LEGEND_LEAST_MM = 26


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
    listed: bool = True
    """Whether coordinates of the boundary points are wanted."""

    @property
    def chosen(self) -> frozenset[int]:
        return frozenset(s.id for s in self.subject)


@dataclass(frozen=True, slots=True)
class Left:
    """What found no place on the page: rows of the legend, and whether the coordinates are still to be listed."""

    legend: list[legend.Row]
    coordinates: bool


def signs(drawn_by: str, checked_by: str, day: str) -> tuple[str, ...]:
    """The rows of the signature block."""
    return f"制图：{drawn_by}", f"审核：{checked_by}", f"日期：{day}"


def draw(canvas: Canvas, sheet: Sheet) -> Left:
    """Draw the whole page; the caller ends it."""
    view = sheet.view
    paper = view.paper
    canvas.setPageSize((paper.width * MM, paper.height * MM))
    x, y, w, h = (v * MM for v in paper.frame)
    canvas.saveState()
    clip = canvas.beginPath()
    clip.rect(x, y, w, h)
    canvas.clipPath(clip, stroke=0, fill=0)
    _ground(canvas, sheet)
    subject.lines(canvas, view, sheet.subject)
    room, mine = Room(), sheet.chosen
    _labels(canvas, sheet, room, [s for s in sheet.subject if s.id in mine], sheet.subject_layer)
    subject.words(canvas, view, sheet.subject, room)
    for layer, shapes in sheet.drawn:
        if layer.style.kind == "area":
            others = [s for s in shapes if layer is not sheet.subject_layer or s.id not in mine]
            _labels(canvas, sheet, room, others, layer)
    canvas.restoreState()
    frame.draw(canvas, view)
    size = ink.fitted(sheet.title, 16 * paper.k, w)
    top = (paper.height - (MARGIN + TITLE - 5) * paper.k) * MM
    ink.say(canvas, x + w / 2, top, sheet.title, size, align="centre")
    return _column(canvas, sheet)


def _ground(canvas: Canvas, sheet: Sheet) -> None:
    view, chosen = sheet.view, sheet.chosen
    for layer, shapes in sheet.drawn:
        for shape in shapes:
            own = layer is sheet.subject_layer and shape.id in chosen
            if shape.geom.geom_type == "Point":
                ink.symbol(canvas, *view.on_paper(shape.geom.x, shape.geom.y), shape.look)
            elif layer.style.kind == "outline":
                if not (own and subject.has_line(view, shape)):
                    ink.line(canvas, view, shape.geom, ink.RED, 0.5, (4, 1.2, 0.8, 1.2))
            elif layer.style.kind == "boundary":
                ink.line(canvas, view, shape.geom, ink.GREY, 0.25, (3, 1.5))
            else:
                ink.area(canvas, view, shape.geom, shape.look, faded=layer is sheet.subject_layer and not own)


def _labels(canvas: Canvas, sheet: Sheet, room: Room, shapes: Sequence[Shape], layer: Layer) -> None:
    """Number over area as a fraction where there is room, the class's glyph where there is a little."""
    if layer.style.kind != "area":
        return
    view, unit = sheet.view, sheet.units.get(layer.id, "")
    for shape in shapes:
        west, south, east, north = shape.geom.bounds
        wide, high = view.mm(east - west), view.mm(north - south)
        inside = shape.geom.representative_point()
        x, y = view.on_paper(inside.x, inside.y)
        size = view.mm(shape.geom.area**0.5)
        if size >= LABEL_W_MM and wide >= LABEL_W_MM and high >= LABEL_H_MM:
            _fraction(canvas, x, y, shape, unit, room)
        elif size >= 4 and shape.look.glyph and room.take(x, y, 5.5, 5.5):
            ink.cased(canvas, x, y, shape.look.glyph, 5.5)


def _fraction(canvas: Canvas, x: float, y: float, shape: Shape, unit: str, room: Room) -> None:
    below = "" if shape.weight is None else f"{shape.weight:,.2f}{unit}"
    half = max(fonts.width(shape.key, 6), fonts.width(below, 6)) / 2
    if not room.take(x, y, 2 * half, 14):
        return
    ink.cased(canvas, x, y + (3.6 if below else 0), shape.key, 6)
    if below:
        ink.cased(canvas, x, y - 3.6, below, 6)
        canvas.setStrokeColor(ink.INK)
        canvas.setLineWidth(0.15 * MM)
        canvas.line(x - half, y, x + half, y)


def _column(canvas: Canvas, sheet: Sheet) -> Left:
    """The column beside the frame, drawn in millimetres of A4 and grown with the paper."""
    view = sheet.view
    k = view.paper.k
    left, low, wide, high = view.paper.column
    canvas.saveState()
    canvas.translate(left * MM, low * MM)
    canvas.scale(k, k)
    w, top = wide / k * MM, high / k * MM
    frame.north(canvas, w / 2, top - 14 * MM)
    ink.say(canvas, w / 2, top - 20 * MM, f"1:{view.scale}", 11, align="centre")
    frame.scale_bar(canvas, view, 1 * MM, top - 27 * MM)
    foot = _foot(canvas, sheet, w)
    at = _facts(canvas, sheet, top - 36 * MM, foot + (LEGEND_LEAST_MM if sheet.signs else LEGEND_LEAST_MM / 2) * MM, w)
    lined = any(subject.has_line(view, s) for s in sheet.subject)
    given = legend.rows(view, sheet.drawn, sheet.subject_layer, sheet.chosen, lined=lined)
    at, rest = legend.draw(canvas, given, 0, at - 3 * MM, foot + 2 * MM, w)
    listed = _corners(canvas, sheet, at - 3 * MM, foot + 2 * MM, w)
    canvas.restoreState()
    return Left(rest, sheet.listed and not listed)


def _foot(canvas: Canvas, sheet: Sheet, w: float) -> float:
    """Signatures over the lines on source and review; returns their upper edge."""
    at = 1 * MM
    for words in reversed(sheet.lines):
        for row in reversed(ink.wrapped(words, 6, w)):
            ink.say(canvas, 0, at, row, 6, colour=ink.GREY)
            at += 3 * MM
    at += 3 * MM
    for words in reversed(sheet.signs):
        ink.say(canvas, 0, at, words, ink.fitted(words, 8, w))
        canvas.setStrokeColor(ink.GREY)
        canvas.setLineWidth(0.1 * MM)
        canvas.line(10 * MM, at - 1 * MM, w, at - 1 * MM)
        at += 7 * MM
    return at


def _facts(canvas: Canvas, sheet: Sheet, at: float, floor: float, w: float) -> float:
    for name, value in sheet.facts:
        rows = ink.wrapped(value, 7, w - 21 * MM)
        if at - len(rows) * 3.6 * MM < floor:
            ink.say(canvas, w, at, ON_CARD, 6, align="right", colour=ink.GREY)
            return at - 4 * MM
        ink.say(canvas, 0, at, name, ink.fitted(name, 7, 20 * MM if len(rows) > 1 else w * 0.55), colour=ink.GREY)
        for row in rows:
            ink.say(canvas, w, at, row, 7, align="right")
            at -= 3.6 * MM
        at -= 0.6 * MM
    return at


def _corners(canvas: Canvas, sheet: Sheet, at: float, floor: float, w: float) -> bool:
    """The coordinates in the column when it has the room; whether it had."""
    shapes = subject.pointed(sheet.subject) if sheet.listed else []
    if len(shapes) != 1:
        return not shapes
    found = list(points.corners(shapes[0].geom))
    rings = len({c.ring for c in found})
    if at - (len(found) + rings + 3) * POINT_ROW_MM * MM < floor:
        return False
    ink.say(canvas, 0, at, CORNERS, 7)
    at = _cells(canvas, at - 4 * MM, ("", "X", "Y", SIDE), w)
    before = found[0].ring
    for corner in found:
        at -= POINT_ROW_MM / 2 * MM if corner.ring != before else 0
        before = corner.ring
        at = _cells(canvas, at, points.cells(corner), w)
    return True


def _cells(canvas: Canvas, at: float, cells: tuple[str, str, str, str], w: float) -> float:
    for place, cell in zip((0, 20 * MM, 38 * MM, w), cells, strict=True):
        ink.say(canvas, place, at, cell, 5.2, align="right" if place else "left")
    return at - POINT_ROW_MM * MM
