"""An empty table of a layer to be filled in: one title a column, one honest row as an example, what each column takes."""

from __future__ import annotations

import io

import xlsxwriter

from geoapp.importing.clean import required
from geoapp.layer import Layer

EXAMPLE, NEEDED, TITLES, MEANING, CHOICES = "示例行，填写时删去", "必填", "可用列名", "含义", "可填的值"


def workbook(layer: Layer) -> bytes:
    """XLSX bytes: a sheet to fill in, a sheet that explains."""
    names: dict[str, list[str]] = {}
    for title, meaning in layer.import_columns.items():
        if isinstance(meaning, str):
            names.setdefault(meaning, []).append(title)
    for name in required(layer):
        names.setdefault(name, [layer.column_title(name)])
    names.setdefault("status", [layer.column_title("status")])
    needed = {*required(layer), layer.key}
    stream = io.BytesIO()
    with xlsxwriter.Workbook(
        stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        head = book.add_format({"bold": True, "bg_color": "#E8F0FE", "border": 1, "text_wrap": True})
        faint = book.add_format({"font_color": "#6B7280", "italic": False})
        sheet = book.add_worksheet(layer.title)
        sheet.freeze_panes(1, 1)
        for at, (name, titles) in enumerate(names.items()):
            sheet.set_column(at, at, 16)
            sheet.write_string(0, at, titles[0], head)
            value = layer.example.get(name)
            sheet.write_string(1, at, "" if value is None else str(value), faint)
        explained = book.add_worksheet("说明")
        explained.set_column(0, 3, 26)
        for at, text in enumerate((MEANING, TITLES, NEEDED, CHOICES)):
            explained.write_string(0, at, text, head)
        for n, (name, titles) in enumerate(names.items(), 1):
            cells = (layer.column_title(name), "、".join(titles), "是" if name in needed else "", _choices(layer, name))
            for at, text in enumerate(cells):
                explained.write_string(n, at, text)
        explained.write_string(len(names) + 2, 0, EXAMPLE)
    return stream.getvalue()


def _choices(layer: Layer, name: str) -> str:
    if name == "status":
        return "、".join(s.label for s in layer.statuses)
    return "、".join(str(v) for v in layer.columns_by_name[name].info.get("choices", {}).values())[:1000]
