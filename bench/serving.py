"""Exports, tiles and pages beside the database's own limits and ogr2ogr, on the same data in the same run."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import psycopg

from bench.common import BASIC, Table, Town, median, town

SCALE = 100_000
SCHEMA = "SET search_path = town_361027100, geoapp, public"


def run(table: Table) -> None:
    """P1, P3, P4: one service with 100,000 parcels."""
    with town(SCALE) as served:
        with psycopg.connect(served.owner_url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(SCHEMA)
            _export(table, served, connection)
            _tiles(table, served, connection)
        _pages(table, served)


def _export(table: Table, served: Town, connection: psycopg.Connection) -> None:
    copy = (
        'COPY (SELECT \'{"type":"Feature","id":\'||id||\',"geometry":\'||ST_AsGeoJSON(geom,7,0)||\',"properties":\''
        "||(to_jsonb(p) - 'geom' - 'w12' - 'w14' - 'w16')::text||'}' FROM parcel p) TO STDOUT"
    )
    bare = 'COPY (SELECT \'{"type":"Feature","id":\'||id||\',"geometry":\'||ST_AsGeoJSON(geom,7,0)||\'}\' FROM parcel p) TO STDOUT'

    def drain(sql: str) -> None:
        with connection.cursor() as cursor, cursor.copy(sql) as stream:
            for _ in stream:
                pass

    ours = median(lambda: served.get("/export/parcels.geojson"), 3)
    table.add("export GeoJSON, 100k", ours, median(lambda: drain(bare), 3), "COPY of outlines alone")
    table.add("export GeoJSON, 100k", ours, median(lambda: drain(copy), 3), "COPY, to_jsonb")
    with tempfile.TemporaryDirectory() as folder:

        def ogr() -> None:
            target = Path(folder) / "out.geojson"
            target.unlink(missing_ok=True)
            url = psycopg.conninfo.conninfo_to_dict(served.owner_url.replace("+psycopg", ""))
            source = "PG:" + " ".join(f"{k}='{v}'" for k, v in url.items()) + " schemas=town_361027100"
            subprocess.run(["ogr2ogr", "-f", "GeoJSON", str(target), source, "parcel"], check=True, capture_output=True)

        table.add("export GeoJSON, 100k", ours, median(ogr, 1), "ogr2ogr PG → GeoJSON", goal="(goal 1/8)")


def _tiles(table: Table, served: Town, connection: psycopg.Connection) -> None:
    place = connection.execute(
        "SELECT avg(ST_X(ST_Centroid(geom))), avg(ST_Y(ST_Centroid(geom))) FROM parcel"
    ).fetchone()
    assert place is not None
    from math import asinh, pi, radians, tan

    for z in (14, 16):
        n = 2**z
        x = int((place[0] + 180) / 360 * n)
        y = int((1 - asinh(tan(radians(place[1]))) / pi) / 2 * n)
        bare = (
            f"SELECT ST_AsMVT(q, 'p') FROM (SELECT id, status, parcel_no, ST_AsMVTGeom(ST_Transform(geom, 3857), "
            f"ST_TileEnvelope({z},{x},{y})) AS geom FROM parcel WHERE geom && ST_Transform(ST_TileEnvelope({z},{x},{y}), 4490)) q"
        )
        theirs = median(lambda sql=bare: connection.execute(sql).fetchone(), 7)  # type: ignore[misc]
        ours = median(lambda z=z, x=x, y=y: served.get(f"/tiles/parcels/{z}/{x}/{y}.mvt"), 1)  # type: ignore[misc]
        table.add(f"tile z{z} first time", ours, theirs, "usual ST_AsMVT statement")
        again = median(lambda z=z, x=x, y=y: served.get(f"/tiles/parcels/{z}/{x}/{y}.mvt"), 25)  # type: ignore[misc]
        health = median(lambda: served.get("/healthz"), 25)
        table.add(f"tile z{z} from the cache", again, health, "an answer without any work", goal="(goal 1/0.7)")


def _pages(table: Table, served: Town) -> None:
    hello = median(lambda: served.get("/healthz"), 25)
    for name, path in (
        ("items, 1,000", "/api/collections/parcels/items?limit=1000"),
        ("register page", "/parcels"),
        ("overview", "/"),
    ):
        table.add(
            f"{name} at 100k",
            median(lambda p=path: served.get(p, Accept="text/html" if "api" not in p else "*/*"), 7),
            hello,
            "empty answer",
        )  # type: ignore[misc]


__all__ = ["BASIC", "run"]
