"""界址点 TXT as surveyors write it, and as our own export writes it."""

from __future__ import annotations

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoapp.importing.formats import points
from geoapp.importing.read import read_file
from geoapp.importing.report import RefusedFile
from geoapp.services.boundary_points import Parcel, head, written
from tests.importing.test_page import brought, counts
from tests.support import basic_client, logged_in

HEAD = "[属性描述]\r\n坐标系=2000国家大地坐标系\r\n几度分带=3\r\n带号=39\r\n[地块坐标]\r\n"


def read_text(folder, text, encoding="gbk"):
    path = folder / "layer.txt"
    path.write_bytes(text.encode(encoding))
    return points.read(folder, {})


@given(
    x=st.integers(39_460_000, 39_490_000), y=st.integers(3_080_000, 3_100_000), size=st.integers(6, 900),
    hole=st.booleans(), island=st.booleans(), closed=st.booleans(), extra=st.integers(-1, 4),
    encoding=st.sampled_from(["gbk", "gb18030", "utf-8", "utf-8-sig", "utf-16"]),
)  # fmt: skip
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_was_written_is_read_within_a_millimetre(tmp_path, x, y, size, hole, island, closed, extra, encoding):
    shape = shapely.box(x, y, x + size, y + size)
    if hole:
        shape = shape.difference(shapely.box(x + size / 4, y + size / 4, x + size / 1.5, y + size / 1.5))
    if island:
        shape = shapely.MultiPolygon([shape, shapely.box(x + 2 * size, y, x + 2.5 * size, y + size / 2)])
    text = written(Parcel("甲-1", "王小明", shape.area, "0101", shape))
    lines = text.splitlines()
    fields = lines[0].removesuffix(",@").split(",")
    lines[0] = ",".join(fields[:-1] if extra < 0 else [*fields, *["x"] * extra]) + ",@"
    if not closed:
        last = {line.split(",")[1]: n for n, line in enumerate(lines[1:], 1)}
        lines = [line for n, line in enumerate(lines) if n not in last.values()]
    raw = read_text(tmp_path, head("2026-11-24", "") + "\r\n".join(lines) + "\r\n", encoding)
    back = shapely.from_wkb(raw.shapes[0])
    assert shapely.hausdorff_distance(back.boundary, shape.boundary) < 0.001
    assert abs(back.area - shape.area) < 0.01 * size
    assert raw.columns["地块编号"] == ["甲-1"] and raw.declared["srid"] == 4527


def test_a_file_goes_in_where_the_parcels_are(demo_app):
    planner, team = basic_client(demo_app, "planner"), logged_in(demo_app, "team")
    text = planner.get("/export/parcels.txt?project=P15", buffered=True).get_data()
    _, answer = brought(demo_app, team, text, "界址点.txt")
    page = team.get(answer.headers["Location"]).get_data(as_text=True)
    assert counts(page) == {"added": 0, "changed": 0, "unchanged": 48, "stopped": 0}
    assert "GB18030" in page and "EPSG:4527" in page


@pytest.mark.parametrize(("text", "why"), [
    (HEAD.replace("2000国家大地坐标系", "1980西安坐标系") + "3,1,A,,面,,,,@\r\nJ1,1,3088823,39478237\r\n", "索取 CGCS2000"),
    (HEAD, "没有要素"),
])  # fmt: skip
def test_what_cannot_be_trusted_is_refused(tmp_path, text, why):
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode("gbk"))
    with pytest.raises(RefusedFile, match=why):
        read_file(path)


def test_a_broken_line_is_named(tmp_path):
    raw = read_text(tmp_path, HEAD + "3,1,A,,面,,,,@\r\nJ1,1,3088823,39478237\r\nJ2,1,NaN,1\r\nJ3,1,x\r\n")
    assert "文件第 8 行" in raw.problems[0]
