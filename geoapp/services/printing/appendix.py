"""What stands behind a printed map: coordinates, the rows it shows or that lie under it, the rest of the legend, history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from reportlab.pdfgen.canvas import Canvas
from sqlalchemy.orm import Session

from geoapp import crs
from geoapp.layer import Layer
from geoapp.queries import history
from geoapp.queries.filtering import Filter
from geoapp.queries.paging import Mark, Window
from geoapp.queries.reader import Reader
from geoapp.services import chronicle, tables, totals
from geoapp.services.printing import ink, legend, points
from geoapp.services.printing import tables as paper_tables
from geoapp.services.printing.ground import Shape
from geoapp.services.printing.paper import MARGIN, MM, Paper
from geoapp.services.printing.tables import Table

POINT_HEADS = ("点号", "X（北）", "Y（东）", "边长")
HISTORY_HEADS = ("记录时间", "经手", "事项", "生效", "变化与说明")
ORDINAL, LIST_TITLE, ROWS, SUM = "序号", "{label} {layer}表", "共 {n} 条", "，合计 {weight:,.4f} {unit}"
APART = "；另有“{label}”{n} 条，不计入合计"
HISTORY, LEGEND, REGISTERED, MOVED = "{label} 经历", "图例（续）", "登记", "改了图形"
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Words:
    """How the service writes values."""

    value: Callable[[Layer, str, Any], str]
    column: Callable[[Layer, str], str]
    deed: Callable[[str], str]
    moment: Callable[[Any], str]
    town: str
    day: date
    lines: Callable[[Session, Layer, Sequence[Layer]], tuple[str, ...]]
    """What stands at the foot of a sheet of a layer among the layers drawn."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Who prints from where."""

    session: Session
    layers: Mapping[str, Layer]
    reader: Reader
    words: Words


def coordinates(canvas: Canvas, paper: Paper, shape: Shape, title: str) -> None:
    """Number, X, Y and side of every corner."""
    rows: list[tuple[str, ...]] = []
    before = 0
    for corner in points.corners(shape.geom):
        if before and corner.ring != before:
            rows.append(("", "", "", ""))
        before = corner.ring
        rows.append(points.cells(corner))
    words = f"{shape.key}　{points.area_words(shape.geom)}　2000 国家大地坐标系，3° 带 {crs.ZONE} 带，单位：米"
    paper_tables.pages(canvas, paper, title, words, Table(POINT_HEADS, rows, side_by_side=True))


def listing(
    canvas: Canvas, paper: Paper, desk: Desk, layer: Layer, where: Filter, label: str, without: str = ""
) -> None:
    """Every row of a layer under a filter, with count and sum; nothing when there is none. ``without`` leaves out a column."""
    names = [n for n in layer.list_columns if n != without and n not in layer.personal][:8]
    if layer.key not in names:
        names = [layer.key, *names]
    rows = [
        (str(i), *(str(row.get(f"{n}_name") or desk.words.value(layer, n, row[n])) for n in names))
        for i, row in enumerate(_every(desk, layer, where), 1)
    ]
    if rows:
        title = LIST_TITLE.format(label=label, layer=layer.title)
        heads = (ORDINAL, *(desk.words.column(layer, n) for n in names))
        paper_tables.pages(canvas, paper, title, summed(desk, layer, where), Table(heads, rows))


def summed(desk: Desk, layer: Layer, where: Filter) -> str:
    """Count and sum of the rows under a filter; what does not count stands apart."""
    found = total(desk, layer, where)
    text = ROWS.format(n=found.total.n)
    if layer.weight:
        text += SUM.format(weight=found.total.weight, unit=layer.table.c[layer.weight].info.get("unit", ""))
    if found.uncounted.n:
        label = "、".join(layer.status_by_code[code].label for code in layer.uncounted)
        text += APART.format(label=label, n=found.uncounted.n)
    return text


def total(desk: Desk, layer: Layer, where: Filter) -> totals.ClassTotals:
    """Totals of the rows under a filter."""
    counters = {row.layer: row.revision for row in desk.session.execute(history.revisions())}
    return totals.class_totals(desk.session, layer, where, desk.reader, counters.get(layer.id, 0))


def legend_page(canvas: Canvas, paper: Paper, rows: Sequence[legend.Row]) -> None:
    """The rest of a legend."""
    top = paper_tables.begin(canvas, paper, LEGEND, "")
    wide = (paper.width - 2 * MARGIN) * MM
    legend.draw(canvas, rows, MARGIN * MM, top * MM, MARGIN * MM, wide)


def story(canvas: Canvas, page: Paper, desk: Desk, layer: Layer, shape: Shape) -> None:
    """The history of a feature at the foot of its card, going on behind it where it is long."""
    entries = chronicle.of_feature(desk.session, layer, shape.id, desk.reader)
    rows = [tuple(cells) for cells in (_entry(desk, layer, e) for e in entries)]
    table = Table(HISTORY_HEADS, rows)
    top, wide = page.foot + MARGIN * page.k - 8, page.width - 2 * MARGIN * page.k
    ink.say(canvas, MARGIN * page.k * MM, (top + 6) * MM, HISTORY.format(label=shape.label), 9)
    rest = paper_tables.within(canvas, table, MARGIN * page.k, top, wide, MARGIN)
    if rest:
        title = HISTORY.format(label=shape.label)
        paper_tables.pages(canvas, page.behind, title, "", Table(HISTORY_HEADS, rest))


def _entry(desk: Desk, layer: Layer, entry: chronicle.Entry) -> Iterator[str]:
    words = desk.words
    yield words.moment(entry.at)
    yield entry.by
    yield words.deed(entry.kind)
    yield entry.effective_on.isoformat()
    told = [
        f"{words.column(layer, d.column)}：{words.value(layer, d.column, d.old)} → {words.value(layer, d.column, d.new)}"
        for d in entry.differences
    ]
    if entry.moved:
        told.append(MOVED)
    if not told:
        told.append(f"{REGISTERED}：{words.value(layer, 'status', entry.status)}")
    yield "；".join([*told, *([entry.note] if entry.note else [])])


def _every(desk: Desk, layer: Layer, where: Filter) -> Iterator[Mapping[str, Any]]:
    after: Mark | None = None
    while True:
        view = Window(layer.key, after=after, limit=AT_ONCE)
        found = tables.page(desk.session, layer, desk.layers, where, desk.reader, view)
        yield from found.rows
        if found.following is None:
            return
        after = found.following
