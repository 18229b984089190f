"""GeoPackage (OGC 12-128): one table with its CRS, spatial index and exact field types."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from geoapp.queries.geojson import Wanted
from geoapp.services.export_formats.arrow import write_gdal
from geoapp.services.export_formats.form import Format
from geoapp.services.export_formats.made_file import pieces_of


def make(connection: Connection, wanted: Wanted, folder: Path) -> tuple[Path, int]:
    """``<layer>.gpkg``; the feature's own id is its fid."""
    path = folder / f"{wanted.layer.id}.gpkg"
    options = {"FID": "fid", "IDENTIFIER": wanted.layer.title}
    return path, write_gdal(connection, wanted, path, "GPKG", layer=wanted.layer.id, layer_options=options)


FORMAT = Format(
    ("gpkg",), "GeoPackage", "application/geopackage+sqlite3", pieces_of(make), compressible=False, order=10,
    about="QGIS、ArcGIS 直接打开，坐标系、字段类型和中文都完整。",
)  # fmt: skip
