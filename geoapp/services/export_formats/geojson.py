"""GeoJSON (RFC 7946): pages of text pass from the database to the file untouched.

WGS 84 is written as the RFC wants it. Another CRS is named in the ``crs`` member of the 2008 draft, which GDAL and
QGIS read. ``numberReturned`` closes the collection, so a file that was cut off is no valid JSON and cannot pass for a
whole one.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from geoapp import crs
from geoapp.layer import Layer
from geoapp.orm import LayerRevision
from geoapp.queries.geojson import COPY_HEAD, COPY_ROW, PAGE, SEPARATOR, Wanted, export_copy, properties_of
from geoapp.queries.past import applied
from geoapp.services.export_formats.form import Format, Piece, Pieces

SPARSE = 4
"""Ids spread over more than this many times the features are paged over as a list."""
LABELS = {"status_label": "状态名称"}


def pages(connection: Connection, wanted: Wanted, separator: str = SEPARATOR, lead: bytes = b"") -> Pieces:
    """Texts of up to PAGE features, all but the first after ``lead``. Closing the iterator early cancels the query.

    The text is copied once only, as that is most of the work in Python.
    """
    statement, parameters = export_copy(wanted, listed=_sparse(connection, wanted.layer), separator=separator)
    raw: Any = connection.connection.driver_connection
    with raw.cursor() as cursor, cursor.copy(applied(connection, statement), parameters) as copy:
        skip, before = COPY_HEAD, b""
        for row in copy:
            if len(row) < skip + COPY_ROW.size:
                continue  # the trailer; leaving the loop here would leave the connection in mid-copy
            _, _, n, _ = COPY_ROW.unpack_from(row, skip)
            yield Piece(n, before + memoryview(row)[skip + COPY_ROW.size :])
            skip, before = 0, lead


def _sparse(connection: Connection, layer: Layer) -> bool:
    t = layer.table.c
    n = select(LayerRevision.n).where(LayerRevision.layer == layer.id).scalar_subquery()
    spread, present = connection.execute(select(func.max(t.id) - func.min(t.id), n)).one()
    return spread is not None and spread > SPARSE * (present or 0) + PAGE


def write(connection: Connection, wanted: Wanted) -> Pieces:
    """One FeatureCollection."""
    total = 0
    yield Piece(0, (json.dumps(head(wanted), ensure_ascii=False)[:-1] + ',"features":[\n').encode())
    for piece in pages(connection, wanted, lead=b",\n"):
        yield piece
        total += piece.n
    yield Piece(0, b'\n],"numberReturned":%d}\n' % total)


def head(wanted: Wanted) -> dict[str, Any]:
    """Members before the features; ``fields`` gives each property its title and unit."""
    layer = wanted.layer
    found: dict[str, Any] = {
        "type": "FeatureCollection",
        "name": layer.id,
        "title": layer.title,
        "timeStamp": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "fields": [field(layer, name) for name in properties_of(layer)],
    }
    if wanted.writing.crs.srid != crs.WGS84:
        urn = f"urn:ogc:def:crs:EPSG::{wanted.writing.crs.srid}"
        found["crs"] = {"type": "name", "properties": {"name": urn}}
    return found


def field(layer: Layer, name: str) -> dict[str, str]:
    """Name, title and unit of a property."""
    column = layer.columns_by_name.get(name)
    if column is None:
        parent = name.removesuffix("_name")
        return {"name": name, "title": LABELS.get(name) or f"{layer.column_title(parent)}名称"}
    found = {"name": name, "title": layer.column_title(name)}
    if column.info.get("unit"):
        found["unit"] = column.info["unit"]
    return found


FORMAT = Format(
    ("geojson",), "GeoJSON", "application/geo+json", write, order=0,
    about="通用文本格式，QGIS、ArcGIS 与网页地图都能读；可作数据链接。",
)  # fmt: skip
