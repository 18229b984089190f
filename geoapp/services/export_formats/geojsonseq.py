"""GeoJSON Text Sequences (RFC 8142): one feature a line, each after a record separator, to be read as it comes.

A sequence has no place for a CRS, so it is always WGS 84.
"""

from __future__ import annotations

from sqlalchemy import Connection

from geoapp import crs
from geoapp.errors import BadRequest
from geoapp.queries.geojson import RECORD_SEPARATOR, Wanted
from geoapp.services.export_formats.form import Format, Piece, Pieces
from geoapp.services.export_formats.geojson import pages

_RS = RECORD_SEPARATOR.encode()


def write(connection: Connection, wanted: Wanted) -> Pieces:
    """RS, feature, LF for each feature."""
    if not crs.same_datum_as_storage(wanted.writing.crs.srid):
        raise BadRequest("GeoJSON 文本序列只有 WGS 84 坐标，请去掉 crs 或改用 geojson 格式")
    for n, text in pages(connection, wanted, RECORD_SEPARATOR):
        yield Piece(n, _RS + text.replace(_RS, b"\n" + _RS) + b"\n")


FORMAT = Format(
    ("geojsonseq", "geojsonl"),
    "GeoJSON 文本序列",
    "application/geo+json-seq",
    write,
    order=90,
    about="每行一个要素，适合程序逐条处理。",
)
