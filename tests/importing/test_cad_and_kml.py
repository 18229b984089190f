"""Drawings out of CAD, placemarks out of map programs, Esri's geodatabase: read whole, placed right, never trusted."""

from __future__ import annotations

import zipfile

import ezdxf
import numpy as np
import pyogrio
import pytest
import shapely

from geoapp.importing.cleaning import shifted
from geoapp.importing.read import read_file
from geoapp.importing.report import RefusedFile
from tests.importing import made
from tests.importing.test_page import brought, counts
from tests.support import basic_client, logged_in

KML = '<?xml version="1.0" encoding="{encoding}"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}</Document></kml>'
SQUARE = "116.78,27.9,0 116.781,27.9,0 116.781,27.901,0 116.78,27.901,0 116.78,27.9,0"
HOLE = "116.7803,27.9003 116.7806,27.9003 116.7806,27.9006 116.7803,27.9003"


def placemark(name: str = "XG-1", ring: str = SQUARE, data: str = "", hole: str = "") -> str:
    inner = (
        f"<innerBoundaryIs><LinearRing><coordinates>{hole}</coordinates></LinearRing></innerBoundaryIs>" if hole else ""
    )
    return (
        f"<Placemark><name>{name}</name>{data}<Polygon><outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates>"
        f"</LinearRing></outerBoundaryIs>{inner}</Polygon></Placemark>"
    )


def kml(tmp_path, body: str, encoding: str = "UTF-8", name: str = "a.kml"):
    path = tmp_path / name
    path.write_bytes(KML.format(encoding=encoding, body=body).encode(encoding))
    return path


def test_placemarks_keep_chinese_names_of_their_data(tmp_path):
    data = '<ExtendedData><Data name="户主"><value>王小明</value></Data><SchemaData><SimpleData name="地类">水田</SimpleData></SchemaData></ExtendedData>'
    found = read_file(kml(tmp_path, f"<Folder><name>先锋村</name>{placemark(data=data, hole=HOLE)}</Folder>"))
    assert found.format == "KML" and found.raw.columns["户主"] == ["王小明"] and found.raw.columns["地类"] == ["水田"]
    assert found.raw.columns["文件夹"] == ["先锋村"]
    shape = shapely.from_wkb(found.raw.shapes[0])
    assert len(shape.interiors) == 1 and not shape.has_z
    assert "GCJ-02" in str(found.notes[0])


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK", "UTF-16"])
def test_a_placemark_file_in_any_usual_encoding(tmp_path, encoding):
    assert read_file(kml(tmp_path, placemark("里吴-1"), encoding)).raw.columns["名称"] == ["里吴-1"]


def test_a_kmz_and_an_ovkml_are_read_too(tmp_path):
    path = tmp_path / "a.kmz"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("doc.kml", KML.format(encoding="UTF-8", body=placemark()))
    assert len(read_file(path).raw) == 1
    assert len(read_file(kml(tmp_path, placemark(), name="a.ovkml")).raw) == 1


def test_a_network_link_is_not_opened_but_told(tmp_path):
    link = "<NetworkLink><Link><href>http://127.0.0.1:9/x.kml</href></Link></NetworkLink>"
    found = read_file(kml(tmp_path, link + placemark()))
    assert len(found.raw) == 1 and "1 个网络链接没有打开" in str(found.notes[1])


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (
            '<!DOCTYPE kml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><kml xmlns="http://www.opengis.net/kml/2.2">&b;</kml>',
            "实体或 DTD",
        ),
        ('<!DOCTYPE kml SYSTEM "file:///etc/passwd"><kml></kml>', "实体或 DTD"),
        ('<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>', "不完整"),
        ('<kml xmlns="http://www.opengis.net/kml/2.2"><Document/></kml>', "没有要素"),
    ],
    ids=["bomb", "file", "cut", "empty"],
)
def test_a_hostile_or_broken_kml_is_refused(tmp_path, body, why):
    path = tmp_path / "a.kml"
    path.write_text(body, encoding="utf-8")
    with pytest.raises(RefusedFile, match=why):
        read_file(path)


@pytest.mark.parametrize("ring", ["116.78,NaN 116.781,27.9 116.781,27.901", "116.78 27.9", "a,b c,d e,f"])
def test_a_ring_of_nonsense_is_one_bad_row_and_no_more(tmp_path, ring):
    found = read_file(kml(tmp_path, placemark("A", ring) + placemark("B")))
    assert list(found.raw.problems) == [0] and found.raw.shapes[1]


def test_a_million_points_are_read_or_refused_within_the_limits(tmp_path):
    ring = " ".join(f"{116.7 + i % 1000 / 1e5:.6f},{27.9 + i / 1e8:.8f}" for i in range(2_100_000))
    with pytest.raises(RefusedFile, match="坐标点超过"):
        read_file(kml(tmp_path, placemark(ring=ring)))


def test_what_was_drawn_on_a_shifted_picture_comes_back_to_its_place():
    """The published shift at the county seat is some 604 m; taken back it leaves less than a metre."""
    here = np.array([[116.783, 27.892], [116.70, 27.85], [116.85, 27.95]])
    there = shifted.shifted(here)
    metres = np.hypot(*((there - here) * [98_400, 110_800]).T)
    assert metres[0] == pytest.approx(604, abs=8)
    assert np.abs((shifted.to_wgs84(there, "GCJ-02") - here) * 111_000).max() < 0.05
    x, y = there[:, 0], there[:, 1]
    turn = np.pi * 3000 / 180
    z, theta = np.sqrt(x * x + y * y) + 0.00002 * np.sin(y * turn), np.arctan2(y, x) + 0.000003 * np.cos(x * turn)
    baidu = np.column_stack([z * np.cos(theta) + 0.0065, z * np.sin(theta) + 0.006])
    assert np.abs((shifted.to_wgs84(baidu, "BD-09") - here) * 111_000).max() < 1


def test_the_page_takes_the_shift_back_when_told(demo_app, tmp_path):
    features = (
        basic_client(demo_app, "team").get("/export/parcels.geojson?project=P15", buffered=True).get_json()["features"]
    )
    number = features[0]["properties"]["parcel_no"]
    true = np.array(features[0]["geometry"]["coordinates"][0][0])
    drawn = " ".join(f"{x:.9f},{y:.9f}" for x, y in shifted.shifted(true))
    team = logged_in(demo_app, "team")
    csrf, answer = brought(demo_app, team, kml(tmp_path, placemark(number, drawn)).read_bytes(), "奥维.kml")
    place = answer.headers["Location"]
    page = team.get(place).get_data(as_text=True)
    assert counts(page)["changed"] == 1 and "GCJ-02" in page
    team.post(f"{place}/choose", data={"csrf_token": csrf, "crs": "GCJ-02", "encoding": "", "project": ""})
    page = team.get(place).get_data(as_text=True)
    assert counts(page) == {"added": 0, "changed": 0, "unchanged": 1, "stopped": 0} or "已修改" in page
    assert "GCJ-02 火星坐标" in page


def drawing(tmp_path, *, arcs: bool = False):
    """A red-line layer with two parcels, one of them with a labelled enclave and a hole; houses on another layer."""
    document = ezdxf.new("R2010")
    document.header["$DWGCODEPAGE"] = "ANSI_936"
    space = document.modelspace()

    def box(x, y, w, h, layer, **more):
        space.add_lwpolyline(
            [(x, y), (x + w, y), (x + w, y + h), (x, y + h)], close=True, dxfattribs={"layer": layer}, **more
        )

    box(478000, 3088000, 100, 60, "红线")
    box(478010, 3088010, 20, 20, "红线")
    box(478060, 3088010, 10, 10, "红线")
    box(478200, 3088000, 50, 50, "红线")
    box(478300, 3088000, 5, 5, "房屋")
    space.add_lwpolyline([(478400, 3088000), (478450, 3088000)], dxfattribs={"layer": "红线"})
    for text, x, y in (("XG-1", 478050, 3088050), ("XG-2", 478020, 3088020), ("XG-3", 478225, 3088025)):
        space.add_text(text, height=2, dxfattribs={"layer": "注记"}).set_placement((x, y))
    if arcs:
        space.add_lwpolyline(
            [(478500, 3088000, 0, 0, 1), (478520, 3088000, 0, 0, 1)], close=True, dxfattribs={"layer": "红线"}
        )
    path = tmp_path / "a.dxf"
    document.saveas(path)
    return path


def test_labels_join_their_outlines_and_rings_within_are_cut_out(tmp_path):
    found = read_file(drawing(tmp_path), part="红线")
    areas = dict(zip(found.raw.columns["标注"], shapely.area(shapely.from_wkb(found.raw.shapes)), strict=True))
    assert areas == {"XG-1": pytest.approx(6000 - 400 - 100), "XG-2": pytest.approx(400), "XG-3": pytest.approx(2500)}
    assert "1 条没有闭合" in str(found.notes[0])
    everything = read_file(drawing(tmp_path))
    assert set(everything.raw.parts) == {"红线", "房屋"} and len(everything.raw) == 4


def test_an_arc_becomes_chords_of_the_same_area(tmp_path):
    found = read_file(drawing(tmp_path, arcs=True), part="红线")
    round_one = max(found.raw.shapes, key=lambda w: len(w))
    assert shapely.area(shapely.from_wkb(round_one)) == pytest.approx(np.pi * 100, rel=2e-3)


def test_a_drawing_is_placed_by_the_size_of_its_numbers(bring, tmp_path):
    report = bring(drawing(tmp_path), part="红线", project="P01", dry_run=True)
    assert "117E" in str(report.verdicts[1].value)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"  0\r\nSECTION\r\n  2\r\nHEADER\r\n", "损坏|没有闭合"),
        (b"0\nSECTION\n2\nENTITIES\n0\nLINE\n8\n0\n10\nNaN\n0\nENDSEC\n0\nEOF\n", "损坏|没有闭合"),
        (b"AutoCAD Binary DXF\r\n\x1a\x00" + bytes(50), "文本 DXF"),
    ],
)
def test_a_broken_drawing_is_refused(tmp_path, content, why):
    path = tmp_path / "a.dxf"
    path.write_bytes(content)
    with pytest.raises(RefusedFile, match=why):
        read_file(path)


def test_our_own_drawing_and_placemarks_come_back_unchanged(demo_app):
    """Outlines are the town's to the millimetre, numbers join by label or by data."""
    team = logged_in(demo_app, "team")
    for extension in ("dxf", "kml"):
        content = (
            basic_client(demo_app, "team").get(f"/export/parcels.{extension}?project=P15", buffered=True).get_data()
        )
        _, answer = brought(demo_app, team, content, f"地块.{extension}")
        page = team.get(answer.headers["Location"]).get_data(as_text=True)
        found = counts(page)
        assert (found["added"], found["changed"], found["stopped"]) == (0, 0, 0) and found["unchanged"] >= 46, (
            extension,
            found,
        )


def test_a_zipped_geodatabase_is_read(tmp_path):
    rows = made.cadastre(6)
    folder = tmp_path / "town.gdb"
    pyogrio.write_dataframe(rows, folder, layer="地块", driver="OpenFileGDB")
    pyogrio.write_dataframe(rows.head(2), folder, layer="other", driver="OpenFileGDB", append=True)
    path = tmp_path / "gdb.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for file in folder.iterdir():
            packed.write(file, f"数据/town.gdb/{file.name}")
    found = read_file(path)
    assert found.format == "FileGDB" and len(found.raw) == 6 and found.raw.columns["宗地号"][0] == "XG-A-0001"
    assert set(found.raw.parts) == {"地块", "other"}
    assert len(read_file(path, part="other").raw) == 2
    with pytest.raises(RefusedFile, match="没有图层"):
        read_file(path, part="nothing")


def test_an_ovobj_is_named_with_what_to_do(tmp_path):
    path = tmp_path / "a.ovobj"
    path.write_bytes(b"\x01\x02ovobj" + bytes(100))
    with pytest.raises(RefusedFile, match="导出为 kml"):
        read_file(path)
