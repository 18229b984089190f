"""A report as a workbook: the same figures as on the page, sums as formulas over them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from geoapp.services.reports import Cell, Found, Place

HEADS = ("期初", "增加", "减少", "更正", "期末")
PARTS = ("opening", "came", "left", "corrected", "closing")
LOOK, TOTAL, CHECK = "类别", "合计", "期初＋增加－减少＋更正－期末（应为 0）"


def workbook(found: Found, heads: Sequence[str], named: Mapping[Place, Sequence[str]], unit: str) -> bytes:
    """``heads`` title the level's columns, ``named`` are each place's readable values."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(
        stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        head = book.add_format({"bold": True, "bg_color": "#E8F0FE", "border": 1, "text_wrap": True})
        number = book.add_format({"num_format": "#,##0.00##"})
        total = book.add_format({"bold": True, "num_format": "#,##0.00##", "top": 1})
        sheet = book.add_worksheet(found.layer.title)
        sheet.freeze_panes(1, len(heads) + 1)
        weights = [f"{h}（{unit}）" for h in HEADS] if unit else []
        titles = (*heads, LOOK, *HEADS, *weights, CHECK)
        sheet.set_column(0, len(titles), 13)
        for at, title in enumerate(titles):
            sheet.write_string(0, at, title, head)
        rows = [
            (p, c, found.cells[p, c.key])
            for p in found.places
            for c in found.layer.legend_classes
            if (p, c.key) in found.cells
        ]
        first = len(heads) + 1
        for n, (place, look, cell) in enumerate(rows, 1):
            for at, text in enumerate((*named[place], look.label)):
                sheet.write_string(n, at, text)
            for at, value in enumerate(_values(cell, bool(unit)), first):
                sheet.write_number(n, at, value, number)
            a, b, c, d, e = (xl_col_to_name(first + i) + str(n + 1) for i in range(5))
            sheet.write_formula(n, first + (10 if unit else 5), f"={a}+{b}-{c}+{d}-{e}")
        if rows:
            sheet.write_string(len(rows) + 1, 0, TOTAL, total)
            for at in range(first, first + (11 if unit else 6)):
                name = xl_col_to_name(at)
                sheet.write_formula(len(rows) + 1, at, f"=SUM({name}2:{name}{len(rows) + 1})", total)
            sheet.autofilter(0, 0, len(rows), len(titles) - 1)
    return stream.getvalue()


def _values(cell: Cell, weighted: bool) -> list[float]:
    counts = [float(getattr(cell, part).n) for part in PARTS]
    return counts + ([float(getattr(cell, part).weight) for part in PARTS] if weighted else [])
