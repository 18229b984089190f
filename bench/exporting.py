"""Each export format of 100,000 parcels over HTTP beside ogr2ogr writing the same table with the same driver."""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from bench.common import Table, Town, town

SCALE = 100_000
DRIVERS = {
    "geojson": "GeoJSON",
    "gpkg": "GPKG",
    "fgb": "FlatGeobuf",
    "zip": "ESRI Shapefile",
    "csv": "CSV",
    "xlsx": "XLSX",
    "kml": "KML",
    "dxf": "DXF",
}


def run(table: Table) -> None:
    """The goal is 1.2 times ogr2ogr, and a fifth of it for GeoJSON."""
    with town(SCALE) as served, tempfile.TemporaryDirectory() as folder:
        for extension, driver in DRIVERS.items():
            began = time.perf_counter()
            served.get(f"/export/parcels.{extension}")
            ours = time.perf_counter() - began
            theirs = _ogr(served, Path(folder) / f"out.{extension}", driver)
            goal = "(goal ≤ 0.2)" if extension == "geojson" else "(goal ≤ 1.2)"
            table.add(f"export {extension}, 100k", ours, theirs, f"ogr2ogr {driver}", goal=goal)


def _ogr(served: Town, target: Path, driver: str) -> float:
    url = psycopg.conninfo.conninfo_to_dict(served.owner_url.replace("+psycopg", ""))
    source = "PG:" + " ".join(f"{k}='{v}'" for k, v in url.items()) + " schemas=town_361027100"
    extra = ["-skipfailures"] if driver == "DXF" else []
    if driver == "ESRI Shapefile":
        target = target.with_suffix(".shp")
    began = time.perf_counter()
    subprocess.run(["ogr2ogr", "-f", driver, str(target), source, "parcel", *extra], check=True, capture_output=True)
    return time.perf_counter() - began
