"""FlatGeobuf: one indexed file that is read in parts over HTTP."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from geoapp.queries.geojson import Wanted
from geoapp.services.export_formats.arrow import write_gdal
from geoapp.services.export_formats.form import Format
from geoapp.services.export_formats.made_file import pieces_of


def make(connection: Connection, wanted: Wanted, folder: Path) -> tuple[Path, int]:
    """``<layer>.fgb``."""
    path = folder / f"{wanted.layer.id}.fgb"
    return path, write_gdal(connection, wanted, path, "FlatGeobuf", layer=wanted.layer.id)


FORMAT = Format(
    ("fgb",), "FlatGeobuf", "application/vnd.flatgeobuf", pieces_of(make), compressible=False, order=70,
    about="带空间索引的单个文件，读取很快，QGIS 与 GDAL 支持。",
)  # fmt: skip
