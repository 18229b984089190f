"""Files made to harm: no other file is read, no address is fetched, no memory or disk is filled, no row is written."""

from __future__ import annotations

import json
import sqlite3
import stat
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from geoapp.importing.reading import sandbox, unpack
from geoapp.importing.report import RefusedFile
from tests.importing import made
from tests.importing.made import feature, square

NAMES = ("a.geojson", "a.json", "a.gpkg", "a.shp", "a.fgb", "a.zip", "a.txt")


class Sink:
    """Counts whoever comes by."""

    def __init__(self) -> None:
        self.hits: list[str] = []


@pytest.fixture
def sink() -> Iterator[tuple[Sink, str]]:
    seen = Sink()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.hits.append(self.path)
            self.send_response(404)
            self.end_headers()

        do_HEAD = do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield seen, f"http://127.0.0.1:{server.server_port}/x"
    server.shutdown()
    thread.join()
    server.server_close()
    assert seen.hits == []


def attempt(bring, path: Path) -> str:
    """The refusal's text; the import must not get through, and must end soon."""
    begun = time.monotonic()
    try:
        report = bring(path)
    except RefusedFile as refusal:
        text = str(refusal)
    else:
        assert report.refused
        text = "\n".join(report.lines("zh"))
    assert time.monotonic() - begun < 60
    return text


SECRET = "机密内容-7c1f"
VRT = """<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>{source}</SrcDataSource>
<SrcLayer>{layer}</SrcLayer><GeometryType>wkbNone</GeometryType></OGRVRTLayer></OGRVRTDataSource>"""
WFS = "<OGRWFSDataSource><URL>{url}</URL></OGRWFSDataSource>"


@pytest.fixture
def disguised(sink, tmp_path) -> dict[str, str]:
    """Contents that GDAL would open by what they say, whatever their name."""
    secret = tmp_path / "secret.csv"
    secret.write_text(f"宗地号\n{SECRET}\n", encoding="utf-8")
    _, url = sink
    return {
        "vrt local": VRT.format(source=secret, layer="secret"),
        "vrt passwd": VRT.format(source="CSV:/etc/passwd", layer="passwd"),
        "vrt url": VRT.format(source=f"/vsicurl/{url}.geojson", layer="x"),
        "vrt bom": "\ufeff" + VRT.format(source=f"/vsicurl/{url}.geojson", layer="x"),
        "vrt blank": " \n\t" * 400 + VRT.format(source=f"/vsicurl/{url}.geojson", layer="x"),
        "wfs": WFS.format(url=url),
        "vsicurl text": f"/vsicurl/{url}",
        "gdalg": json.dumps({"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline ! read {url}"}),
        "xxe": f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "{url}">]><a>&b;</a>',
        "esri json": json.dumps({"geometryType": "esriGeometryPolygon", "features": [], "url": url}),
    }


def test_content_in_disguise_is_refused_under_every_name(disguised, tmp_path, bring, untouched) -> None:
    for content in disguised.values():
        for name in NAMES:
            path = tmp_path / name
            path.write_text(content, encoding="utf-8")
            assert SECRET not in attempt(bring, path)
            inner = tmp_path / "inner.zip"
            with zipfile.ZipFile(inner, "w") as archive:
                for member in ("a.shp", "a.shx", "a.dbf") if name == "a.shp" else (name,):
                    archive.writestr(member, content)
            assert SECRET not in attempt(bring, inner)
    untouched()


def test_a_shapefile_whose_outlines_are_a_vrt(disguised, tmp_path, bring, untouched) -> None:
    path = made.shapefile(tmp_path / "shp", made.cadastre(3))
    for content in disguised.values():
        path.write_text(content, encoding="utf-8")
        attempt(bring, path)
    untouched()


@pytest.mark.parametrize(
    "crs",
    [
        {"type": "link", "properties": {"href": "URL", "type": "proj4"}},
        {"type": "link", "properties": {"href": "/etc/passwd"}},
        {"type": "name", "properties": {"name": "URL"}},
        {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490&x=URL"}},
        {"type": "url", "properties": {"url": "URL"}},
        "URL",
    ],
)
def test_a_crs_that_is_an_address_is_never_opened(crs, sink, tmp_path, bring, untouched) -> None:
    content = json.loads(json.dumps(crs).replace("URL", sink[1]))
    path = made.collection(tmp_path / "a.geojson", [feature("A-1", square())], crs=content)
    assert "crs" in attempt(bring, path)
    untouched()


def test_a_prj_that_is_an_address_is_never_opened(sink, tmp_path, bring, untouched) -> None:
    for text in (sink[1], f"/vsicurl/{sink[1]}", "+init=/etc/passwd:1", "PROJCS[" * 5000):
        path = made.shapefile_zip(tmp_path / "a.zip", made.cadastre(3), prj=text)
        assert "坐标系" in attempt(bring, path)
    untouched()


BIG = "[[[1e999,1],[1,1],[1,2],[1e999,1]]]"


def one(geometry: dict[str, Any], **properties: str) -> str:
    """A collection of one feature, as text."""
    member = feature("A-1", [], **properties) | {"geometry": geometry}
    return json.dumps({"type": "FeatureCollection", "features": [member]})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"type":"FeatureCollection","features":' + "[" * 200_000 + "]" * 200_000 + "}", "嵌套过深"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "嵌套过深"),
        (one({"type": "Polygon", "coordinates": [[[[[[[1]]]]]]]}), "至少要"),
        (one({"type": "Polygon", "coordinates": square()}, 权利人="\ud800"), "无法保存"),
        (one({"type": "GeometryCollection", "geometries": []}), "不能导入"),
        (one({"type": "Polygon", "coordinates": "BIG"}).replace('"BIG"', BIG), "有限数"),
    ],
)
def test_json_made_to_exhaust(text, why, tmp_path, bring, untouched) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(text, encoding="utf-8")
    assert why in attempt(bring, path)
    untouched()


def test_memory_is_bounded(tmp_path, bring, untouched) -> None:
    path = tmp_path / "a.geojson"
    path.write_text('{"type":"FeatureCollection","features":[' + "[[]]," * 25_000_000 + "[]]}", encoding="ascii")
    assert "内存上限" in attempt(bring, path)
    untouched()


def test_an_outline_with_a_million_points_comes_in(tmp_path, bring) -> None:
    import numpy as np
    import shapely

    turn = np.linspace(0, 2 * np.pi, 1_000_000, endpoint=False)
    rows = made.cadastre(1)
    rows["geometry"] = [
        shapely.Polygon(np.column_stack([480_000 + 500 * np.cos(turn), 3_089_000 + 500 * np.sin(turn)]))
    ]
    assert bring(made.gpkg(tmp_path / "a.gpkg", rows)).added == 1


def entry(name: str, mode: int = 0) -> zipfile.ZipInfo:
    made_entry = zipfile.ZipInfo(name)
    made_entry.external_attr = mode << 16
    made_entry.compress_type = zipfile.ZIP_DEFLATED
    return made_entry


@pytest.mark.parametrize(
    ("name", "mode", "why"),
    [
        ("../a.geojson", 0, "包外"),
        ("x/../../a.geojson", 0, "包外"),
        ("/etc/a.geojson", 0, "包外"),
        ("..\\a.geojson", 0, "包外"),
        ("C:\\a.geojson", 0, "包外"),
        ("a.geojson", stat.S_IFLNK | 0o777, "链接"),
        ("b.zip", 0, "还有压缩包"),
    ],
)
def test_zip_names_that_lead_elsewhere(name, mode, why, tmp_path, bring, untouched) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(entry(name, mode), "{}")
        archive.writestr("c.geojson", "{}")
    assert why in attempt(bring, path)
    assert not (tmp_path.parent / "a.geojson").exists()
    untouched()


def test_zip_bombs(tmp_path, bring, untouched, monkeypatch) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.geojson", "w") as member:
        for _ in range(40):
            member.write(bytes(1 << 20))
    assert "压缩炸弹" in attempt(bring, path)
    with zipfile.ZipFile(path, "w") as archive:
        for n in range(unpack.MAX_ENTRIES + 1):
            archive.writestr(f"{n}.txt", "")
    assert "最多" in attempt(bring, path)
    monkeypatch.setattr(unpack, "MAX_BYTES", 1 << 20)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.geojson", bytes(2 << 20))
    assert "展开后超过" in attempt(bring, path)
    untouched()


def test_a_member_larger_than_declared(tmp_path, bring, untouched) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.geojson", " " * 5000)
    size = (5000).to_bytes(4, "little")
    made.rewritten(path, lambda c: c.replace(size + size, size + (10).to_bytes(4, "little")))
    assert "压缩包" in attempt(bring, path)
    untouched()


def test_a_recursive_view_is_never_run(tmp_path, bring, untouched) -> None:
    path = made.gpkg(tmp_path / "a.gpkg", made.cadastre(3))
    endless = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n AS fid, NULL AS geom FROM t"
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE 地块 RENAME TO 旧")
        db.execute(f"CREATE VIEW 地块 AS {endless}")
        db.execute("UPDATE gpkg_contents SET table_name = '地块'")
        db.execute("UPDATE gpkg_geometry_columns SET table_name = '地块'")
    begun = time.monotonic()
    assert "视图" in attempt(bring, path)
    assert time.monotonic() - begun < 5
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE gpkg_contents RENAME TO contents_before")
        db.execute("CREATE VIEW gpkg_contents AS SELECT table_name, 'features' AS data_type FROM contents_before, 地块")
    assert "缺少表 gpkg_contents" in attempt(bring, path)
    untouched()


def test_a_virtual_table_is_never_read(tmp_path, bring, untouched) -> None:
    path = made.gpkg(tmp_path / "a.gpkg", made.cadastre(3))
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute(
            "UPDATE sqlite_master SET sql = 'CREATE VIRTUAL TABLE 地块 USING rtree(a, b, c)' WHERE name = '地块'"
        )
    assert "GeoPackage" in attempt(bring, path)
    untouched()


def test_nul_in_text_is_refused_by_row(tmp_path, bring, untouched) -> None:
    path = made.gpkg(tmp_path / "a.gpkg", made.cadastre(3))
    with sqlite3.connect(path) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f'DROP TRIGGER "{name}"')
        db.execute("UPDATE 地块 SET 权利人 = CAST(x'e78b00e6988e' AS TEXT) WHERE fid = 2")
    assert "第 2 行" in attempt(bring, path)
    untouched()


def test_text_that_is_code_stays_text(tmp_path, bring, parcels) -> None:
    evil = "'; DROP TABLE parcel; --<img src=x onerror=alert(1)>${7*7}{{7*7}}=1+1"
    rows = made.cadastre(2)
    rows["权利人"] = evil
    rows["宗地号"] = [evil, "{name}"]
    bring(made.gpkg(tmp_path / "a.gpkg", rows))
    assert {r.household_name for r in parcels()} == {evil}
    assert {r.parcel_no for r in parcels()} == {evil, "{name}"}


def test_braces_in_a_refusal_are_only_text(bring, untouched, tmp_path) -> None:
    path = made.collection(tmp_path / "a.geojson", [feature("{0.__class__}", square(), 村组="{x}村1组")])
    report = bring(path)
    assert "{x}村" in "\n".join(report.lines("zh"))
    untouched()


def test_nothing_is_left_behind(tmp_path, bring, monkeypatch) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    attempt(bring, made.collection(tmp_path / "a.geojson", [feature("A-1", [])]))
    bring(made.gpkg(tmp_path / "a.gpkg", made.cadastre(2)))
    assert not list(tmp_path.glob("geoapp-import-*"))


def test_only_the_drivers_in_use_are_alive() -> None:
    import subprocess
    import sys

    from geoapp.importing.reading.child import DRIVERS

    code = "import pyogrio; print(*pyogrio.list_drivers(), sep='\\n')"
    found = subprocess.run([sys.executable, "-c", code], env=sandbox.SAFE, capture_output=True, text=True, check=True)
    assert set(found.stdout.split("\n")) - {""} <= DRIVERS
