"""KML for viewers on phones and globes; always WGS 84, named by the feature's label."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from geoapp import crs
from geoapp.queries.geojson import Wanted
from geoapp.services.export_formats.arrow import titles, write_gdal
from geoapp.services.export_formats.form import Format
from geoapp.services.export_formats.made_file import pieces_of


def make(connection: Connection, wanted: Wanted, folder: Path) -> tuple[Path, int]:
    """``<layer>.kml``."""
    layer = wanted.layer
    path = folder / f"{layer.id}.kml"
    options = {"NameField": layer.column_title(layer.label_column)}
    system = crs.OUTPUT[int(crs.WGS84)]
    return path, write_gdal(
        connection, wanted, path, "KML", system=system, names=titles, layer=layer.title, dataset_options=options
    )


FORMAT = Format(
    ("kml",), "KML", "application/vnd.google-earth.kml+xml", pieces_of(make), order=60,
    about="奥维、谷歌地球等查看用，固定为 WGS 84 经纬度。",
)  # fmt: skip
