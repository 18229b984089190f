"""A printed document: one sheet for a feature or a whole selection, or one sheet each, with the tables behind."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from reportlab.pdfgen.canvas import Canvas
from sqlalchemy.orm import Session

from geoapp.errors import InvalidEdit, NotFound
from geoapp.layer import Layer
from geoapp.queries.paging import Window as Page
from geoapp.queries.reader import Reader
from geoapp.said import said
from geoapp.services import cards, progress, tables
from geoapp.services.printing import fonts, ground, sheet
from geoapp.services.printing import tables as pages
from geoapp.services.printing.ground import Shape
from geoapp.services.printing.paper import Paper, window
from geoapp.services.printing.sheet import Sheet

MOST_SHEETS = 60
MOST_ROWS = 2000


@dataclass(frozen=True, slots=True)
class Order:
    """What to print and how. ``each`` makes one sheet a feature; ``scale`` None takes the largest that fits."""

    layer: Layer
    ids: tuple[int, ...]
    paper: Paper
    scale: int | None = None
    each: bool = False
    title: str = ""
    drawn_by: str = ""
    checked_by: str = ""
    coordinates: bool = True


@dataclass(frozen=True, slots=True)
class Words:
    """How the service writes values, and what stands at the foot of a sheet."""

    value: Callable[[Layer, str, Any], str]
    column: Callable[[Layer, str], str]
    town: str
    day: date
    lines: tuple[str, ...]


def make(
    session: Session, layers: Mapping[str, Layer], reader: Reader, order: Order, words: Words, *, packed: bool = True
) -> bytes:
    """The PDF. Raises NotFound without features, InvalidEdit when they do not fit, NoTypeface without a font."""
    fonts.face()
    found = ground.chosen(session, order.layer, order.ids)
    if not found:
        raise NotFound("没有要制图的{title}", title=order.layer.title)
    if order.each and len(found) > MOST_SHEETS:
        raise InvalidEdit({"ids": said("一次最多打印 {n} 张，请缩小范围", n=MOST_SHEETS)})
    stream = io.BytesIO()
    canvas = Canvas(stream, pageCompression=1 if packed else 0, lang="zh-CN")
    canvas.setTitle(fonts.written(_title(order, found, words)))
    canvas.setAuthor(words.town)
    for n, group in enumerate([[one] for one in found] if order.each else [found]):
        if n:
            canvas.showPage()
        _sheet(canvas, session, layers, reader, order, group, words)
    canvas.showPage()
    canvas.save()
    return stream.getvalue()


def planned(session: Session, order: Order) -> tuple[int, int]:
    """(scale, features) of an order, to tell before anything is drawn; raises like ``make``."""
    found = ground.chosen(session, order.layer, order.ids)
    if not found:
        raise NotFound("没有要制图的{title}", title=order.layer.title)
    return window(order.paper, ground.bounds(found[:1] if order.each else found), order.scale).scale, len(found)


def _sheet(
    canvas: Canvas,
    session: Session,
    layers: Mapping[str, Layer],
    reader: Reader,
    order: Order,
    found: list[Shape],
    words: Words,
) -> None:
    view = window(order.paper, ground.bounds(found), order.scale)
    drawn = [(x, ground.shapes(session, x, view.box)) for x in ground.layers_drawn(layers, order.layer)]
    one = found[0] if len(found) == 1 else None
    made = Sheet(
        view, _title(order, found, words), [(x, shapes) for x, shapes in drawn if shapes], order.layer, found,
        _facts(session, layers, reader, order, one, words) if one else [(sheet.NUMBER, f"{len(found)}"), *_sum(order.layer, found)],
        sheet.signs(order.drawn_by, order.checked_by, words.day.isoformat()), words.lines,
        {x.id: x.table.c[x.weight].info.get("unit", "") for x in layers.values() if x.weight},
    )  # fmt: skip
    sheet.draw(canvas, made)
    if one and order.coordinates and one.geom.geom_type in ("Polygon", "MultiPolygon"):
        pages.coordinates(canvas, order.paper, one, sheet.POINTS_TITLE.format(label=one.label))
    if one and not order.each:
        _children(canvas, session, layers, reader, order, one, words)


def _title(order: Order, found: Sequence[Shape], words: Words) -> str:
    if order.title and not order.each:
        return order.title
    return (
        f"{words.town} {found[0].label}"
        if len(found) == 1
        else sheet.MAP_TITLE.format(town=words.town, layer=order.layer.title)
    )


def _facts(
    session: Session, layers: Mapping[str, Layer], reader: Reader, order: Order, one: Shape, words: Words
) -> list[tuple[str, str]]:
    row = cards.find_by_id(session, order.layer, layers, reader, one.id)
    names = [n for n in order.layer.card if row[n] not in (None, "")]
    return [(words.column(order.layer, n), row.get(f"{n}_name") or words.value(order.layer, n, row[n])) for n in names]


def _sum(layer: Layer, found: Sequence[Shape]) -> list[tuple[str, str]]:
    if not layer.weight:
        return []
    total = sum((s.weight for s in found if s.weight is not None), start=type(found[0].weight or 0)(0))
    unit = layer.table.c[layer.weight].info.get("unit", "")
    return [(sheet.SUM, f"{total:,.4f} {unit}")]


def _children(
    canvas: Canvas,
    session: Session,
    layers: Mapping[str, Layer],
    reader: Reader,
    order: Order,
    one: Shape,
    words: Words,
) -> None:
    """The rows under the subject, with their sum."""
    for rollup in order.layer.rollups:
        child = layers[rollup.child]
        where = progress.under(rollup, one.key)
        found = tables.page(session, child, layers, where, reader, Page(child.key, limit=MOST_ROWS))
        if not found.rows:
            continue
        names = [n for n in child.list_columns if n not in (rollup.by, *child.personal)][:6]
        heads = (pages.ORDINAL, *(words.column(child, n) for n in names))
        rows = [
            (str(i), *(str(row.get(f"{n}_name") or words.value(child, n, row[n])) for n in names))
            for i, row in enumerate(found.rows, 1)
        ]
        share = (order.paper.width - 20 - 12) / max(len(names), 1)
        widths = (12.0, *(min(share, 34.0) for _ in names))
        pages.listing(
            canvas,
            order.paper,
            pages.LIST_TITLE.format(label=one.label, layer=child.title),
            pages.ROWS.format(n=len(rows)),
            heads,
            widths,
            rows,
        )
