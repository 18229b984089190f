"""The pages behind a printed map: coordinates of the boundary points, and the rows that lie under the subject."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reportlab.pdfgen.canvas import Canvas

from geoapp import crs
from geoapp.services.printing import ink, points
from geoapp.services.printing.ground import Shape
from geoapp.services.printing.paper import MARGIN, MM, Paper

ROW_MM = 5.0
ORDINAL, LIST_TITLE, ROWS = "序号", "{label} {layer}表", "共 {n} 条"


def coordinates(canvas: Canvas, paper: Paper, shape: Shape, title: str) -> int:
    """Pages with number, X, Y and side of every corner (two or more blocks side by side); returns how many pages."""
    rows: list[tuple[str, ...]] = []
    before = 0
    for c in points.corners(shape.geom):
        if before and c.ring != before:
            rows.append(("", "", "", ""))
        before = c.ring
        rows.append((f"J{c.number}", f"{c.x:.3f}", f"{crs.ZONE * 1_000_000 + c.y:.3f}", f"{c.side:.2f}"))
    words = f"{shape.key}　{points.area_words(shape.geom)}　2000 国家大地坐标系，3° 带 {crs.ZONE} 带，单位：米"
    return _pages(canvas, paper, title, words, ("点号", "X（北）", "Y（东）", "边长"), (14, 26, 30, 18), rows)


def listing(
    canvas: Canvas,
    paper: Paper,
    title: str,
    words: str,
    heads: Sequence[str],
    widths: Sequence[float],
    rows: Sequence[tuple[str, ...]],
) -> int:
    """Pages with any rows; returns how many."""
    return _pages(canvas, paper, title, words, heads, widths, rows)


def _pages(
    canvas: Canvas,
    paper: Paper,
    title: str,
    words: str,
    heads: Sequence[str],
    widths: Sequence[float],
    rows: Sequence[tuple[str, ...]],
) -> int:
    wide = sum(widths)
    blocks = max(1, int((paper.width - 2 * MARGIN + 6) // (wide + 6)))
    fit = int((paper.height - 2 * MARGIN - 26) // ROW_MM)
    parts = list(_chunks(rows, fit * blocks)) or [()]
    for number, part in enumerate(parts, 1):
        canvas.showPage()
        canvas.setPageSize((paper.width * MM, paper.height * MM))
        top = paper.height - MARGIN - 6
        ink.say(canvas, paper.width / 2 * MM, top * MM, title, 14, align="centre")
        ink.say(canvas, MARGIN * MM, (top - 8) * MM, words, 8)
        ink.say(canvas, (paper.width - MARGIN) * MM, MARGIN / 2 * MM, f"{number}/{len(parts)}", 7, align="right")
        for column, lines in enumerate(_chunks(part, fit)):
            block(canvas, MARGIN + column * (wide + 6), top - 14, heads, widths, lines)
    return len(parts)


def block(
    canvas: Canvas,
    x: float,
    top: float,
    heads: Sequence[str],
    widths: Sequence[float],
    rows: Sequence[tuple[str, ...]],
    size: float = 7.5,
) -> None:
    """A ruled table from a top left corner in mm; numbers stand at the right."""
    canvas.setLineWidth(0.1 * MM)
    canvas.setStrokeColor(ink.GREY)
    for n, row in enumerate([tuple(heads), *rows]):
        y = top - n * ROW_MM
        canvas.line(x * MM, (y - 1.4) * MM, (x + sum(widths)) * MM, (y - 1.4) * MM)
        at = x
        for cell, width in zip(row, widths, strict=True):
            number = n > 0 and cell[:1].isdigit() and len(cell) < 16
            where = (at + width - 1.5 if number else at + 1) * MM
            ink.say(canvas, where, y * MM, cell, size, align="right" if number else "left")
            at += width


def _chunks(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
