"""GeoParquet 1.1: columns with their types, outlines as WKB, the CRS as PROJJSON."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pyproj
from sqlalchemy import Connection

from geoapp.queries.geojson import Wanted
from geoapp.services.export_formats.arrow import GEOM, Counted, geometry_type, own_names
from geoapp.services.export_formats.form import Format
from geoapp.services.export_formats.made_file import pieces_of


def make(connection: Connection, wanted: Wanted, folder: Path) -> tuple[Path, int]:
    """``<layer>.parquet`` with the ``geo`` metadata of the standard."""
    path = folder / f"{wanted.layer.id}.parquet"
    stream = Counted(connection, wanted, own_names, wanted.writing.crs)
    column = {
        "encoding": "WKB",
        "geometry_types": [geometry_type(wanted.layer)],
        "crs": pyproj.CRS.from_user_input(wanted.writing.crs.name).to_json_dict(),
    }
    geo = {"version": "1.1.0", "primary_column": GEOM, "columns": {GEOM: column}}
    schema = stream.schema.with_metadata({"geo": json.dumps(geo)})
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in stream.reader():
            writer.write_batch(batch.replace_schema_metadata(schema.metadata))
    return path, stream.n


FORMAT = Format(
    ("parquet",), "GeoParquet", "application/vnd.apache.parquet", pieces_of(make), compressible=False, order=80,
    about="按列存放，适合统计分析。",
)  # fmt: skip
