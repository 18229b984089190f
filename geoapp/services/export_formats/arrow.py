"""Features as a stream of Arrow batches, which GDAL and Parquet take without a detour over Python objects of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyogrio
from sqlalchemy import Connection

from geoapp.crs import Crs
from geoapp.layer import Layer
from geoapp.queries.geojson import Wanted
from geoapp.services.export_formats import rows
from geoapp.services.export_formats.rows import Field

GEOM = "geom"
TYPES = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "moment": pa.timestamp("ms", tz="UTC"),
}
GEOMETRY_TYPES = {
    "POINT": "Point", "MULTIPOINT": "MultiPoint", "LINESTRING": "LineString", "MULTILINESTRING": "MultiLineString",
    "POLYGON": "Polygon", "MULTIPOLYGON": "MultiPolygon",
}  # fmt: skip


class Counted:
    """Record batches of an export that count what passes."""

    def __init__(
        self, connection: Connection, wanted: Wanted, names: Callable[[list[Field]], list[str]], system: Crs
    ) -> None:
        self.n = 0
        self._fields = rows.fields(wanted.layer)
        self._names = names(self._fields)
        self._batches = rows.read(connection, wanted, system)
        made = [pa.field(n, TYPES[f.kind]) for n, f in zip(self._names, self._fields, strict=True)]
        self.schema = pa.schema([pa.field("fid", pa.int64()), *made, pa.field(GEOM, pa.binary())])

    def reader(self) -> Any:
        return pa.RecordBatchReader.from_batches(self.schema, self._made())

    def _made(self) -> Iterator[Any]:
        for batch in self._batches:
            self.n += len(batch)
            columns = list(zip(*batch, strict=True))
            arrays = [pa.array(columns[0], pa.int64())]
            for field, values in zip(self._fields, columns[1:-1], strict=True):
                arrays.append(_array(field, values))
            arrays.append(pa.array([bytes(v) for v in columns[-1]], pa.binary()))
            yield pa.RecordBatch.from_arrays(arrays, schema=self.schema)


def _array(field: Field, values: tuple[Any, ...]) -> Any:
    if field.kind == "number":
        return pa.array([None if v is None else float(v) for v in values], pa.float64())
    if field.kind == "text":
        return pa.array([None if v is None else str(v) for v in values], pa.string())
    return pa.array(values, TYPES[field.kind])


def own_names(fields: list[Field]) -> list[str]:
    return [f.name for f in fields]


def titles(fields: list[Field]) -> list[str]:
    return [f.title for f in fields]


def write_gdal(
    connection: Connection, wanted: Wanted, path: Path, driver: str, *, system: Crs | None = None,
    names: Callable[[list[Field]], list[str]] = own_names, **options: Any,
) -> int:  # fmt: skip
    """Write one file with a GDAL driver; returns its number of features."""
    system = system or wanted.writing.crs
    stream = Counted(connection, wanted, names, system)
    pyogrio.write_arrow(
        stream.reader(), path, driver=driver, geometry_name=GEOM, crs=system.name,
        geometry_type=geometry_type(wanted.layer), **options,
    )  # fmt: skip
    return stream.n


def geometry_type(layer: Layer) -> str:
    return GEOMETRY_TYPES.get(layer.geometry_type.upper(), "Unknown")
