"""Tables on paper: columns as wide as their words, rows over as many pages as they need."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from reportlab.pdfgen.canvas import Canvas

from geoapp.services.printing import fonts, ink
from geoapp.services.printing.paper import MARGIN, MM, Paper

ROW_MM, SIZE, GAP_MM = 5.0, 7.5, 3.0
NUMBER = re.compile(r"[-+—\d,.% ]*")


@dataclass(frozen=True, slots=True)
class Table:
    """Headings and rows of texts."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    side_by_side: bool = False
    """Narrow tables may stand in several blocks on a page."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One printed line of a row: long cells take several."""

    cells: Sequence[str]
    first: bool


@dataclass(frozen=True, slots=True)
class _Laid:
    """A table with its widths in mm, its lines, and which of its columns are numbers."""

    heads: Sequence[str]
    widths: Sequence[float]
    numbers: Sequence[bool]
    lines: Sequence[_Line]
    size: float = SIZE


def pages(canvas: Canvas, paper: Paper, title: str, words: str, table: Table) -> int:
    """Pages with a table, each with title and number; returns how many."""
    room = paper.width - 2 * MARGIN
    laid = _laid(table, room)
    wide = sum(laid.widths)
    blocks = max(1, int((room + 6) // (wide + 6))) if table.side_by_side else 1
    fit = int((paper.height - 2 * MARGIN - 26) // ROW_MM)
    parts = list(_chunks(laid.lines, fit * blocks)) or [()]
    for number, part in enumerate(parts, 1):
        top = begin(canvas, paper, title, words)
        ink.say(canvas, (paper.width - MARGIN) * MM, MARGIN / 2 * MM, f"{number}/{len(parts)}", 7, align="right")
        for n, lines in enumerate(_chunks(part, fit)):
            _block(canvas, MARGIN + n * (wide + 6), top, laid, lines)
    return len(parts)


def begin(canvas: Canvas, paper: Paper, title: str, words: str) -> float:
    """A fresh page with its title; returns where its rows begin, in mm."""
    canvas.showPage()
    canvas.setPageSize((paper.width * MM, paper.height * MM))
    top = paper.height - MARGIN - 6
    size = ink.fitted(title, 14, (paper.width - 2 * MARGIN) * MM)
    ink.say(canvas, paper.width / 2 * MM, top * MM, title, size, align="centre")
    ink.say(canvas, MARGIN * MM, (top - 8) * MM, words, 8)
    return top - 14


def within(canvas: Canvas, table: Table, x: float, top: float, wide: float, floor: float) -> list[Sequence[str]]:
    """A table from ``top`` down to ``floor`` (mm) of a page there is; returns the rows that found no place."""
    laid = _laid(table, wide)
    fit = int((top - floor) // ROW_MM)
    kept = list(laid.lines[:fit])
    while kept and len(kept) < len(laid.lines) and not laid.lines[len(kept)].first:
        kept.pop()
    _block(canvas, x, top, laid, kept)
    return list(table.rows[sum(line.first for line in kept) :])


def block(
    canvas: Canvas,
    x: float,
    top: float,
    heads: Sequence[str],
    widths: Sequence[float],
    rows: Sequence[Sequence[str]],
    size: float = SIZE,
) -> None:
    """A ruled table of given widths from a top left corner in mm; columns of numbers stand at the right."""
    lines = [_Line(row, True) for row in rows]
    _block(canvas, x, top, _Laid(heads, widths, _numbers(rows, len(heads)), lines, size), lines)


def _numbers(rows: Sequence[Sequence[str]], n: int) -> list[bool]:
    columns = [[row[i] for row in rows] for i in range(n)]
    return [any(column) and all(NUMBER.fullmatch(cell) for cell in column) for column in columns]


def _laid(table: Table, room: float) -> _Laid:
    """Widths by the longest word of each column; when that is too much, long columns give way and their cells wrap."""
    columns = list(zip(table.heads, *table.rows, strict=True))
    natural = [max(fonts.width(c, SIZE) for c in column) / MM + GAP_MM for column in columns]
    widths = natural if sum(natural) <= room else _spared(natural, room)
    lines = [line for row in table.rows for line in _lines(row, widths)]
    return _Laid(table.heads, widths, _numbers(table.rows, len(table.heads)), lines)


def _spared(natural: Sequence[float], room: float) -> list[float]:
    """Only columns wider than an equal share of what is left give way."""
    widths, left, open_ = list(natural), room, list(range(len(natural)))
    for at in sorted(open_, key=lambda i: natural[i]):
        share = left / len(open_)
        widths[at] = min(natural[at], share)
        left -= widths[at]
        open_.remove(at)
    return widths


def _lines(row: Sequence[str], widths: Sequence[float]) -> Iterator[_Line]:
    cells = [ink.wrapped(cell, SIZE, (w - GAP_MM + 0.5) * MM) for cell, w in zip(row, widths, strict=True)]
    for n in range(max(len(c) for c in cells)):
        yield _Line([c[n] if n < len(c) else "" for c in cells], n == 0)


def _block(canvas: Canvas, x: float, top: float, laid: _Laid, lines: Sequence[_Line]) -> None:
    canvas.setLineWidth(0.1 * MM)
    canvas.setStrokeColor(ink.GREY)
    right = x + sum(laid.widths)
    for n, line in enumerate([_Line(laid.heads, True), *lines]):
        y = top - n * ROW_MM
        last = n == len(lines) or lines[n].first
        if last:
            canvas.line(x * MM, (y - 1.4) * MM, right * MM, (y - 1.4) * MM)
        at = x
        for cell, width, number in zip(line.cells, laid.widths, laid.numbers, strict=True):
            where = (at + width - GAP_MM / 2) if number else at + GAP_MM / 2
            ink.say(canvas, where * MM, y * MM, cell, laid.size, align="right" if number else "left")
            at += width


def _chunks(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
