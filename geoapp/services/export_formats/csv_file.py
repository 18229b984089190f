"""CSV that Excel and WPS open with Chinese intact: UTF-8 with BOM, titles as headings, the outline as WKT."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any

import shapely
from sqlalchemy import Connection

from geoapp.queries.geojson import Wanted
from geoapp.services.export_formats import rows
from geoapp.services.export_formats.form import Format, Piece, Pieces


def write(connection: Connection, wanted: Wanted) -> Pieces:
    """One line a feature; texts that a spreadsheet would run are disarmed."""
    fields = rows.fields(wanted.layer)
    yield Piece(0, b"\xef\xbb\xbf" + _lines([["内部编号", *(f.heading for f in fields), "WKT"]]))
    choices = [f.choices for f in fields]
    for batch in rows.read(connection, wanted):
        shapes = shapely.to_wkt(shapely.from_wkb([bytes(r[-1]) for r in batch]), wanted.writing.crs.digits)
        lines = [
            [r[0], *[_text(c.get(str(v), v) if c else v) for c, v in zip(choices, r[1:-1], strict=True)], shape]
            for r, shape in zip(batch, shapes, strict=True)
        ]
        yield Piece(len(batch), _lines(lines))


def _lines(rows_of: list[list[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows_of)
    return text.getvalue().encode()


def _text(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        return rows.harmless(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return str(value)


FORMAT = Format(
    ("csv",), "CSV", "text/csv; charset=utf-8", write, order=40,
    about="Excel、WPS 可直接打开，中文不乱码；图形为 WKT 文字。",
)  # fmt: skip
