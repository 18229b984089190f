"""界址点 TXT of the outlines, in CGCS2000 3-degree zone with zone prefix, GBK, CRLF."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from sqlalchemy import Connection

from geoapp import crs
from geoapp.errors import BadRequest
from geoapp.layer import Layer
from geoapp.queries.geojson import Wanted
from geoapp.services import boundary_points
from geoapp.services.boundary_points import ENCODING, Parcel
from geoapp.services.export_formats import rows
from geoapp.services.export_formats.form import Format, Piece, Pieces

TOWN_TIME = ZoneInfo("Asia/Shanghai")
AREA, CODES = "area_m2", "land_class"
"""Columns a layer may have; without them the area is that of the outline and the class is empty."""


def write(connection: Connection, wanted: Wanted) -> Pieces:
    """One file; refuses layers whose features are no areas."""
    layer = wanted.layer
    if "POLYGON" not in layer.geometry_type.upper():
        raise BadRequest("{title}不是面图层，没有界址点", title=layer.title)
    day = datetime.now(TOWN_TIME).date()
    yield Piece(0, boundary_points.head(f"{day.year}-{day.month}-{day.day}", "").encode(ENCODING))
    names = [f.name for f in rows.fields(layer)]
    for batch in rows.read(connection, wanted, crs.OUTPUT[int(crs.PLANE_PREFIXED)]):
        text = "".join(boundary_points.written(_parcel(layer, names, row)) for row in batch)
        yield Piece(len(batch), _encoded(text))


def _parcel(layer: Layer, names: list[str], row: tuple[Any, ...]) -> Parcel:
    values = dict(zip(names, row[1:-1], strict=True))
    shape = shapely.from_wkb(bytes(row[-1]))
    area = float(values.get(AREA) or shape.area)
    label = values.get(layer.label_column) if layer.label_column != layer.key else ""
    return Parcel(str(values[layer.key]), str(label or ""), area, str(values.get(CODES) or ""), shape)


def _encoded(text: str) -> bytes:
    """GBK; a rare character keeps its four-byte form of GB18030, which readers of GBK files of today accept."""
    try:
        return text.encode(ENCODING)
    except UnicodeEncodeError:
        return text.encode("GB18030")


FORMAT = Format(
    ("txt",), "界址点 TXT", "text/plain; charset=GBK", write, order=45,
    about="报批常用的坐标文本：2000 国家大地坐标系 3° 带 39 带，X 为北、Y 为东（含带号）。",
)  # fmt: skip
