"""A printed document: one sheet for a whole choice, or one sheet or card each, with the tables behind."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import shapely
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy.orm import Session

from geoapp.errors import InvalidEdit, NotFound
from geoapp.layer import Layer
from geoapp.queries.filtering import Filter
from geoapp.queries.reader import Reader
from geoapp.said import said
from geoapp.services import cards, progress
from geoapp.services.printing import appendix, fonts, ground, sheet
from geoapp.services.printing.appendix import Desk, Words
from geoapp.services.printing.ground import Shape
from geoapp.services.printing.paper import SIZES, Paper, Window, largest_scale, window
from geoapp.services.printing.sheet import Sheet
from geoapp.services.printing.subject import pointed

__all__ = ["CARDS", "SHEETS", "TOGETHER", "Order", "Plan", "Words", "make", "planned"]

TOGETHER, SHEETS, CARDS = "", "1", "card"
MOST_SHEETS = 60
MOST_SKETCHED = 800


@dataclass(frozen=True, slots=True)
class Order:
    """What to print and how. ``each`` makes one sheet or card a feature; ``scale`` None takes the largest that fits."""

    layer: Layer
    ids: tuple[int, ...]
    paper: Paper
    scale: int | None = None
    each: str = TOGETHER
    title: str = ""
    drawn_by: str = ""
    checked_by: str = ""
    coordinates: bool = True
    drawn: tuple[str, ...] | None = None
    """Ids of the layers round the subject; None takes those that show by themselves."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an order comes to: windows of its sheets, a sketch of the first, the scale each paper would take."""

    window: Window
    scales: tuple[int, ...]
    n: int
    sketch: str
    """SVG path in millimetres from the paper's upper left corner."""
    fits: tuple[tuple[Paper, int | None], ...]


def make(
    session: Session, layers: Mapping[str, Layer], reader: Reader, order: Order, words: Words, *, packed: bool = True
) -> bytes:
    """The PDF. Raises NotFound without features, InvalidEdit when they do not fit, NoTypeface without a font."""
    fonts.face()
    desk = Desk(session, layers, reader, words)
    groups = _groups(session, reader, order)
    windows = [_window(order, group) for group in groups]
    stream = io.BytesIO()
    canvas = Canvas(stream, pageCompression=1 if packed else 0, lang="zh-CN", initialFontName=fonts.face())
    canvas.setTitle(fonts.written(_title(order, groups[0], desk.words)))
    canvas.setAuthor(desk.words.town)
    for n, (group, view) in enumerate(zip(groups, windows, strict=True)):
        if n:
            canvas.showPage()
        _sheet(canvas, desk, order, group, view)
    canvas.showPage()
    canvas.save()
    return stream.getvalue()


def planned(session: Session, reader: Reader, order: Order) -> Plan:
    """What an order comes to, to tell before anything is drawn; raises like ``make``."""
    groups = _groups(session, reader, order)
    windows = [_window(order, group) for group in groups]
    bounds = ground.bounds(groups[0])
    turns = (False,) if order.each == CARDS else (True, False)
    papers = [Paper(name, turn) for name in SIZES for turn in turns]
    fits = tuple((p, largest_scale(p.with_foot() if order.each == CARDS else p, bounds)) for p in papers)
    scales = tuple(sorted({w.scale for w in windows}))
    return Plan(windows[0], scales, sum(map(len, groups)), _sketch(windows[0], groups[0]), fits)


def _groups(session: Session, reader: Reader, order: Order) -> list[list[Shape]]:
    found = ground.chosen(session, order.layer, order.ids, reader)
    if not found:
        raise NotFound("没有要制图的{title}", title=order.layer.title)
    if not order.each:
        return [found]
    if len(found) > MOST_SHEETS:
        raise InvalidEdit({"ids": said("一次最多打印 {n} 张，请缩小范围", n=MOST_SHEETS)})
    return [[one] for one in found]


def _window(order: Order, group: list[Shape]) -> Window:
    paper = order.paper.with_foot() if order.each == CARDS else order.paper
    return window(paper, ground.bounds(group), order.scale, group[0].label if order.each else "")


def _sheet(canvas: Canvas, desk: Desk, order: Order, found: list[Shape], view: Window) -> None:
    words, layer, card = desk.words, order.layer, order.each == CARDS
    wanted = ground.layers_drawn(desk.layers, layer, order.drawn)
    drawn = [(x, ground.shapes(desk.session, x, view.box, desk.reader)) for x in wanted]
    one = found[0] if len(found) == 1 else None
    made = Sheet(
        view, _title(order, found, words), [(x, shapes) for x, shapes in drawn if shapes], layer, found,
        _facts(desk, order, one) if one else _sum(desk, layer, found),
        () if card else sheet.signs(order.drawn_by, order.checked_by, words.day.isoformat()),
        words.lines(desk.session, layer, wanted),
        {x.id: x.table.c[x.weight].info.get("unit", "") for x in desk.layers.values() if x.weight},
        order.coordinates,
    )  # fmt: skip
    left = sheet.draw(canvas, made)
    behind = order.paper.behind
    if card and one:
        appendix.story(canvas, view.paper, desk, layer, one)
    if left.legend:
        appendix.legend_page(canvas, behind, left.legend)
    if left.coordinates and not card:
        for shape in pointed(found):
            appendix.coordinates(canvas, behind, shape, sheet.POINTS_TITLE.format(label=shape.label))
    if not one:
        appendix.listing(canvas, behind, desk, layer, Filter(ids=tuple(s.id for s in found)), words.town)
    elif not order.each:
        for rollup in layer.rollups:
            under = progress.under(rollup, one.key)
            appendix.listing(canvas, behind, desk, desk.layers[rollup.child], under, one.label, rollup.by)


def _title(order: Order, found: Sequence[Shape], words: Words) -> str:
    if order.title and not order.each:
        return order.title
    if len(found) == 1:
        return f"{words.town} {found[0].label}"
    return sheet.MAP_TITLE.format(town=words.town, layer=order.layer.title)


def _facts(desk: Desk, order: Order, one: Shape) -> list[tuple[str, str]]:
    layer, words = order.layer, desk.words
    row = cards.find_by_id(desk.session, layer, desk.layers, desk.reader, one.id)
    names = [n for n in layer.card if row[n] not in (None, "")]
    return [(words.column(layer, n), row.get(f"{n}_name") or words.value(layer, n, row[n])) for n in names]


def _sum(desk: Desk, layer: Layer, found: Sequence[Shape]) -> list[tuple[str, str]]:
    totals = appendix.total(desk, layer, Filter(ids=tuple(s.id for s in found)))
    facts = [(sheet.NUMBER, f"{totals.total.n:,}")]
    if layer.weight:
        unit = layer.table.c[layer.weight].info.get("unit", "")
        facts.append((sheet.SUM, f"{totals.total.weight:,.4f} {unit}"))
    if totals.uncounted.n:
        facts.append((sheet.APART, f"{totals.uncounted.n:,}"))
    return facts


def _sketch(view: Window, found: Sequence[Shape]) -> str:
    """Outlines in millimetres, y down, no finer than half a millimetre; boxes when they are very many."""
    x, y, _, _ = view.paper.frame
    high = view.paper.height
    parts = []
    for shape in found:
        geom = shapely.box(*shape.geom.bounds) if len(found) > MOST_SKETCHED else shape.geom
        for part in shapely.get_parts(shapely.simplify(geom, view.metres(0.5))):
            ring = part.exterior.coords if part.geom_type == "Polygon" else part.coords
            at = [(x + view.mm(e - view.west), high - y - view.mm(n - view.south)) for e, n in ring]
            if len(at) == 1:
                at = [at[0], (at[0][0] + 0.1, at[0][1])]
            parts.append("M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in at))
    return "".join(parts)
