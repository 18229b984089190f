"""Drawings and placemarks made to harm, or only careless: refused with a sentence, nothing fetched, nothing written."""

from __future__ import annotations

import zipfile

import ezdxf
import numpy as np
import pytest
import shapely

from geoapp.importing.read import read_file
from geoapp.importing.report import RefusedFile
from tests.importing.test_cad_and_kml import KML, SQUARE, drawing, kml, placemark
from tests.importing.test_hostile import attempt, sink  # noqa: F401 — a fixture

DOCUMENT = KML.format(encoding="UTF-8", body=placemark())


@pytest.mark.parametrize(("name", "why"), [("../doc.kml", "包外"), ("/tmp/doc.kml", "包外"), ("..\\doc.kml", "包外")])
def test_a_kmz_that_leads_elsewhere(name, why, tmp_path, bring, untouched):
    path = tmp_path / "a.kmz"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(zipfile.ZipInfo(name), DOCUMENT)
    assert why in attempt(bring, path)
    untouched()


def test_a_kmz_that_unfolds_without_end(tmp_path, bring, untouched):
    path = tmp_path / "a.kmz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed, packed.open("doc.kml", "w") as member:
        member.write(DOCUMENT.encode())
        for _ in range(40):
            member.write(b" " * (1 << 20))
    assert "压缩炸弹" in attempt(bring, path)
    untouched()


def test_nothing_a_placemark_points_to_is_opened(sink, tmp_path, bring, untouched):  # noqa: F811
    _, url = sink
    link = f"<NetworkLink><Link><href>{url}</href></Link></NetworkLink><Style><IconStyle><Icon><href>{url}</href></Icon></IconStyle></Style>"
    found = read_file(
        kml(tmp_path, link + placemark() + f"<GroundOverlay><Icon><href>{url}</href></Icon></GroundOverlay>")
    )
    assert len(found.raw) == 1
    for head in (
        f'<!DOCTYPE kml SYSTEM "{url}">',
        f'<!DOCTYPE kml [<!ENTITY a SYSTEM "{url}">]>',
        f'<!DOCTYPE kml [<!ENTITY % a SYSTEM "{url}"> %a;]>',
    ):
        path = tmp_path / "b.kml"
        path.write_text(
            f'<?xml version="1.0"?>{head}<kml><Placemark><name>&a;</name></Placemark></kml>', encoding="utf-8"
        )
        assert "实体或 DTD" in attempt(bring, path)
    untouched()


@pytest.mark.parametrize("tag", ["Folder", "MultiGeometry", "x"])
def test_nesting_without_end(tag, tmp_path, bring, untouched):
    deep = f"<{tag}>" * 100_000 + f"</{tag}>" * 100_000
    attempt(bring, kml(tmp_path, f"<Placemark><name>A</name>{deep}</Placemark>"))
    untouched()


def test_lines_too_short_are_one_bad_row_in_chinese(tmp_path):
    line = "<Placemark><name>L</name><LineString><coordinates>116.78,27.9</coordinates></LineString></Placemark>"
    found = read_file(kml(tmp_path, line + placemark("B") + "<Placemark><name>nothing</name></Placemark>"))
    assert list(found.raw.problems) == [0] and "点数不够" in found.raw.problems[0]
    assert all(not sentence.isascii() for sentence in found.raw.problems.values())
    assert "1 个地标没有能读的图形" in str(found.notes[1])


def test_a_placemark_of_a_million_points_is_read(tmp_path):
    turn = np.linspace(0, 2 * np.pi, 1_000_000, endpoint=False)
    ring = " ".join(
        f"{116.78 + 0.01 * x:.9f},{27.9 + 0.01 * y:.9f}" for x, y in zip(np.cos(turn), np.sin(turn), strict=True)
    )
    found = read_file(kml(tmp_path, placemark(ring=ring)))
    assert shapely.get_num_coordinates(shapely.from_wkb(found.raw.shapes[0])) == 1_000_001


def test_a_drawing_of_a_million_corners_is_read_or_refused(tmp_path):
    head = (
        "0\nSECTION\n2\nENTITIES\n0\nLWPOLYLINE\n5\nA1\n8\n0\n100\nAcDbEntity\n100\nAcDbPolyline\n90\n1000000\n70\n1\n"
    )
    turn = np.linspace(0, 2 * np.pi, 1_000_000, endpoint=False)
    points = "".join(
        f"10\n{478000 + 500 * x:.4f}\n20\n{3088000 + 500 * y:.4f}\n"
        for x, y in zip(np.cos(turn), np.sin(turn), strict=True)
    )
    path = tmp_path / "a.dxf"
    path.write_text(head + points + "0\nENDSEC\n0\nEOF\n", encoding="ascii")
    try:
        found = read_file(path)
    except RefusedFile as refusal:
        assert "上限" in str(refusal) or "超过" in str(refusal)
    else:
        assert shapely.get_num_coordinates(shapely.from_wkb(found.raw.shapes[0])) >= 999_000


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_a_drawing_cut_off_is_refused(share, tmp_path, bring, untouched):
    path = drawing(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    attempt(bring, path)
    untouched()


def test_corners_that_are_no_numbers_are_left_out_and_told(tmp_path):
    path = drawing(tmp_path)
    path.write_text(path.read_text("utf-8").replace("478200.0", "nan"), encoding="utf-8")
    try:
        found = read_file(path, part="红线")
    except RefusedFile:
        return
    assert "XG-3" not in found.raw.columns["标注"] and "2 条没有闭合" in str(found.notes[0])


def test_blocks_within_blocks_are_not_unfolded(tmp_path):
    document = ezdxf.readfile(drawing(tmp_path))
    for n in range(12):
        block = document.blocks.new(f"B{n}")
        for k in range(10):
            block.add_blockref(f"B{n - 1}", (k, 0)) if n else block.add_lwpolyline([(0, 0), (1, 0), (1, 1)], close=True)
    document.modelspace().add_blockref(
        "B11", (478000, 3088000), dxfattribs={"row_count": 30_000, "column_count": 30_000}
    )
    document.saveas(tmp_path / "b.dxf")
    assert len(read_file(tmp_path / "b.dxf", part="红线").raw) == 3


def test_chinese_without_a_code_page_is_read(tmp_path):
    document = ezdxf.new("R2000")
    document.encoding = "gbk"
    corners = [(478000, 3088000), (478100, 3088000), (478100, 3088060), (478000, 3088060)]
    document.modelspace().add_lwpolyline(corners, close=True, dxfattribs={"layer": "红线"})
    document.modelspace().add_text("里吴-1", height=2).set_placement((478050, 3088030))
    path = tmp_path / "a.dxf"
    document.saveas(path)
    path.write_bytes(path.read_bytes().replace(b"ANSI_936", b"ANSI_1252"))
    for wanted in (None, "GB18030"):
        found = read_file(path, wanted)
        assert found.raw.columns["标注"] == ["里吴-1"] and found.raw.columns["图层"] == ["红线"]
        assert found.encoding.value == "GB18030"


def test_refusals_leave_nothing_and_say_what_to_do(tmp_path, bring, untouched):
    for name, content, why in (
        ("a.dwg", b"AC1032\x00\x00" + bytes(200), "另存为 DXF"),
        ("a.mdb", b"\x00\x01\x00\x00Standard Jet DB\x00" + bytes(200), "ArcGIS"),
        ("a.ovobj", b"\x01\x02" + bytes(200), "kml"),
        ("a.kml", KML.format(encoding="UTF-8", body=f"<Folder>{SQUARE}").encode(), "不完整"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        assert why in attempt(bring, path)
    untouched()
