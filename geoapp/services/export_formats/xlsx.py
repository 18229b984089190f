"""A workbook: one row a feature, real numbers and dates, sums as formulas. Text from the data never becomes a formula."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter
from sqlalchemy import Connection
from xlsxwriter.utility import xl_col_to_name

from geoapp.queries.geojson import Wanted
from geoapp.services.export_formats import rows
from geoapp.services.export_formats.form import Format
from geoapp.services.export_formats.made_file import pieces_of
from geoapp.services.export_formats.rows import Field

TOWN_TIME = ZoneInfo("Asia/Shanghai")
WIDTHS = {"text": 16, "integer": 10, "number": 14, "boolean": 8, "date": 12, "moment": 18}
TOTAL = "合计"
LIST_MOST = 255
"""Characters that a list of choices in a workbook may have."""


def make(connection: Connection, wanted: Wanted, folder: Path) -> tuple[Path, int]:
    """``<layer>.xlsx``: hidden id first, codes hidden beside their names, headings frozen, a filter, and totals at the end."""
    path = folder / f"{wanted.layer.id}.xlsx"
    fields = rows.fields(wanted.layer)
    hidden = {"version", "status", *(r.column for r in wanted.layer.references)}
    labels = [s.label for s in wanted.layer.statuses]
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        styles = {
            "head": book.add_format({"bold": True, "bg_color": "#E8F0FE", "border": 1, "text_wrap": True}),
            "number": book.add_format({"num_format": "#,##0.00##"}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            "total": book.add_format({"bold": True, "num_format": "#,##0.00##", "top": 1}),
        }
        sheet = book.add_worksheet(wanted.layer.title)
        sheet.freeze_panes(1, 2)
        sheet.set_column(0, 0, 8, None, {"hidden": True})
        for at, field in enumerate(fields, 1):
            sheet.set_column(at, at, WIDTHS[field.kind], None, {"hidden": field.name in hidden})
        for at, text in enumerate(("内部编号", *(f.heading for f in fields))):
            sheet.write_string(0, at, text, styles["head"])
        n = 0
        for batch in rows.read(connection, wanted):
            for row in batch:
                n += 1
                sheet.write_number(n, 0, row[0])
                for at, (field, value) in enumerate(zip(fields, row[1:-1], strict=True), 1):
                    _cell(sheet, n, at, field, field.shown(value), styles)
        if n:
            sheet.autofilter(0, 0, n, len(fields))
            if sum(map(len, labels)) + len(labels) < LIST_MOST:
                at = [f.name for f in fields].index("status_label") + 1
                sheet.data_validation(1, at, n, at, {"validate": "list", "source": labels})
            _totals(sheet, n, fields, styles["total"])
    return path, n


def _cell(sheet: Any, row: int, at: int, field: Field, value: Any, styles: dict[str, Any]) -> None:
    if value is None:
        return
    if field.kind == "number":
        sheet.write_number(row, at, float(value), styles["number"])
    elif field.kind == "integer" and not field.choices:
        sheet.write_number(row, at, value)
    elif field.kind == "moment" and isinstance(value, datetime):
        sheet.write_datetime(row, at, value.astimezone(TOWN_TIME).replace(tzinfo=None), styles["moment"])
    elif field.kind == "date":
        sheet.write_datetime(row, at, value, styles["date"])
    elif field.kind == "boolean":
        sheet.write_string(row, at, "是" if value else "否")
    else:
        sheet.write_string(row, at, str(value))


def _totals(sheet: Any, n: int, fields: list[Field], style: Any) -> None:
    sheet.write_string(n + 1, 1, TOTAL, style)
    for at, field in enumerate(fields, 1):
        if field.kind == "number" and at > 1:
            letters = xl_col_to_name(at)
            sheet.write_formula(n + 1, at, f"=SUM({letters}2:{letters}{n + 1})", style)


FORMAT = Format(
    ("xlsx",), "Excel 表格", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", pieces_of(make),
    compressible=False, order=30, about="每条记录一行，末行合计为公式；不含图形。改好后可从“导入”放回，别人改过的行会提示。",
)  # fmt: skip
