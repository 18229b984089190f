"""Broken files are refused with a message that names what is wrong and what to do; nothing is written."""

from __future__ import annotations

import sqlite3
import struct
import zipfile
from pathlib import Path

import pytest

from geoapp.importing.report import RefusedFile
from tests.importing import made


def refused(bring, path: Path, why: str, **choices) -> None:
    with pytest.raises(RefusedFile, match=why):
        bring(path, **choices)


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


@pytest.fixture
def shp(tmp_path: Path) -> Path:
    return made.shapefile(tmp_path / "shp", made.cadastre(40))


def pack(shp: Path, *suffixes: str) -> Path:
    return made.zipped(shp.parent.parent / "a.zip", [shp.with_suffix(s) for s in suffixes])


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_truncated_zip(share, shp, bring, untouched) -> None:
    path = made.rewritten(pack(shp, ".shp", ".shx", ".dbf"), lambda c: c[: int(len(c) * share)])
    refused(bring, path, "压缩包不完整")
    untouched()


def test_a_damaged_zip_member(shp, bring, untouched) -> None:
    path = pack(shp, ".shp", ".shx", ".dbf")
    made.rewritten(path, lambda c: c[:200] + bytes(64) + c[264:])
    refused(bring, path, "压缩包不完整或已损坏")
    untouched()


@pytest.mark.parametrize(
    ("suffixes", "why"),
    [
        ((".shp", ".shx"), "缺少 .dbf"),
        ((".shp", ".dbf"), "缺少 .shx"),
        ((".dbf", ".shx"), "正好有一个图层"),
        ((".shp",), "缺少 .shx、.dbf"),
    ],
)
def test_a_shapefile_without_all_its_parts(suffixes, why, shp, bring, untouched) -> None:
    refused(bring, pack(shp, *suffixes), why)
    untouched()


@pytest.mark.parametrize(
    ("suffix", "change", "why"),
    [
        (".shp", half, ".shp 损坏或被截断"),
        (".shp", lambda c: c + b"\x00" * 40, ".shp 损坏或被截断"),
        (".shx", half, ".shx 与 .shp 的记录数不一致"),
        (".dbf", half, ".dbf 损坏或被截断"),
        (".dbf", lambda c: c[:4] + struct.pack("<I", 39) + c[8:], "两者不一致"),
    ],
)
def test_a_truncated_part(suffix, change, why, shp, bring, untouched) -> None:
    made.rewritten(shp.with_suffix(suffix), change)
    refused(bring, pack(shp, ".shp", ".shx", ".dbf", ".prj"), why)
    untouched()


@pytest.mark.parametrize("field", [44, 48])
def test_an_absurd_count_in_one_outline_rejects_that_row(field, shp, bring, untouched) -> None:
    """GDAL answers such a record with a null outline and no error."""
    made.rewritten(shp, lambda c: c[: 100 + field] + struct.pack("<i", 0x7FFFFFF0) + c[104 + field :])
    report = bring(pack(shp, ".shp", ".shx", ".dbf", ".prj"))
    assert [r.row for r in report.rejected] == [1]
    untouched()


def test_a_null_outline_rejects_its_row(shp, bring, untouched) -> None:
    made.rewritten(shp, lambda c: c[:108] + struct.pack("<i", 0) + c[112:])
    report = bring(shp)
    assert [r.row for r in report.rejected] == [1]
    untouched()


@pytest.mark.parametrize("share", [0.2, 0.6, 0.97])
def test_a_truncated_geopackage(share, tmp_path, bring, untouched) -> None:
    path = made.gpkg(tmp_path / "a.gpkg", made.cadastre(300))
    made.rewritten(path, lambda c: c[: int(len(c) * share)])
    refused(bring, path, "GeoPackage 损坏")
    untouched()


def test_a_geopackage_with_one_damaged_outline(tmp_path, bring, untouched) -> None:
    path = made.gpkg(tmp_path / "a.gpkg", made.cadastre(5))
    with sqlite3.connect(path) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f'DROP TRIGGER "{name}"')
        db.execute("UPDATE 地块 SET geom = substr(geom, 1, 60) WHERE fid = 3")
        db.execute("UPDATE 地块 SET geom = x'0102030405' WHERE fid = 4")
    report = bring(path)
    assert [r.row for r in report.rejected] == [3, 4]
    untouched()


def test_an_open_geopackage_is_not_read_half(tmp_path, bring, untouched) -> None:
    path = made.gpkg(tmp_path / "a.gpkg", made.cadastre(5))
    path.with_name("a.gpkg-wal").write_bytes(b"not merged yet")
    refused(bring, path, "正被其他软件打开")
    untouched()


def test_two_layers_in_one_geopackage(tmp_path, bring, untouched) -> None:
    path = made.gpkg(tmp_path / "a.gpkg", made.cadastre(5))
    made.pyogrio.write_dataframe(made.cadastre(3), path, driver="GPKG", layer="旧地块", append=True)
    refused(bring, path, "2 个图层：.*地块")
    untouched()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"type":"FeatureCollection","features":[', "不完整或格式有误（第 1 行"),
        ('{"type":"FeatureCollection","features":[]}', "没有要素"),
        ('{"type":"FeatureCollection"}', "不是 GeoJSON 要素集"),
        ('{"a":1}', "不是 GeoJSON 要素集"),
        ('{"type":"Topology","objects":{}}', "TopoJSON"),
        ('{"type":"FeatureCollection","features":[1]}', "第 1 个元素不是 Feature"),
        ('{"type":"FeatureCollection","features":[],"features":[]}', "出现两次"),
        ('{"type":"Feature"}\n{"type":"Feature"}', "GeoJSONSeq 尚不能读取"),
        ("", "空的"),
        ("宗地号,X,Y\n1,2,3\n", "认不出"),
    ],
)
def test_json_that_is_no_feature_collection(text, why, tmp_path, bring, untouched) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(text, encoding="utf-8")
    refused(bring, path, why)
    untouched()


def test_geojson_in_gbk_is_read_when_told(tmp_path, bring, untouched) -> None:
    path = made.geojson(tmp_path / "a.geojson", made.cadastre(3))
    made.rewritten(path, lambda c: c.decode().encode("gb18030"))
    refused(bring, path, "--encoding GB18030")
    untouched()
    assert bring(path, encoding="GB18030").added == 3


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"AC1032\x00\x00" + bytes(200), "AutoCAD DWG.*另存为 DXF"),
        (b"\x00\x01\x00\x00Standard Jet DB\x00" + bytes(200), "MDB.*ArcGIS"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"Rar!\x1a\x07\x00", "RAR"),
        (b"SQLite format 3\x00" + bytes(200), "不是 GeoPackage"),
        (b"PAR1....", "GeoParquet 尚不能读取"),
    ],
)
def test_other_formats_are_named_with_what_to_do_instead(content, why, tmp_path, bring, untouched) -> None:
    for name in ("a.geojson", "a.gpkg", "a.shp", "a.bin"):
        path = tmp_path / name
        path.write_bytes(content)
        refused(bring, path, why)
    untouched()


@pytest.mark.parametrize(
    ("member", "why"),
    [("a.dwg", "DWG"), ("a.mdb", "MDB")],
)
def test_other_zips_are_named(member, why, tmp_path, bring, untouched) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, "x")
    refused(bring, path, why)
    untouched()
