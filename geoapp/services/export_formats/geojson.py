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
from geoapp.queries.geojson import FIELD_END, PAGE, SEPARATOR, Wanted, export_copy, properties_of
from geoapp.services.export_formats.form import Format, Piece, Pieces

SPARSE = 4
"""Ids spread over more than this many times the features are paged over as a list."""
LABELS = {"status_label": "状态名称"}


def pages(connection: Connection, wanted: Wanted, separator: str = SEPARATOR) -> Pieces:
    """Texts of up to PAGE features. Closing the iterator early cancels the query."""
    statement, parameters = export_copy(wanted, listed=_sparse(connection, wanted.layer), separator=separator)
    raw: Any = connection.connection.driver_connection
    with raw.cursor() as cursor, cursor.copy(statement, parameters) as copy:
        for row in copy:
            n, _, text = bytes(row).partition(FIELD_END)
            yield Piece(int(n), text)


def _sparse(connection: Connection, layer: Layer) -> bool:
    t = layer.table.c
    n = select(LayerRevision.n).where(LayerRevision.layer == layer.id).scalar_subquery()
    spread, present = connection.execute(select(func.max(t.id) - func.min(t.id), n)).one()
    return spread is not None and spread > SPARSE * (present or 0) + PAGE


def write(connection: Connection, wanted: Wanted) -> Pieces:
    """One FeatureCollection."""
    comma, total = b"", 0
    yield Piece(0, (json.dumps(head(wanted), ensure_ascii=False)[:-1] + ',"features":[\n').encode())
    for n, text in pages(connection, wanted):
        yield Piece(n, comma + text)
        comma, total = b",", total + n
    yield Piece(0, b'],"numberReturned":%d}\n' % total)


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


FORMAT = Format(("geojson",), "GeoJSON", "application/geo+json", write)
