"""A printed sheet is measured with a ruler: scale, coordinates, red line and words must be right on paper."""

from __future__ import annotations

import io
import re

import pypdfium2
import pypdfium2.raw as raw
import pytest
from sqlalchemy import text

from geoapp.services.printing import fonts
from tests.support import basic_client

MM = 72 / 25.4


@pytest.fixture(scope="module")
def printed(app):
    """``printed("layer=…")``: the PDF as a team member gets it."""
    client = basic_client(app, "team")

    def made(query: str, *, user=None) -> pypdfium2.PdfDocument:
        answer = (user or client).get(f"/print.pdf?{query}")
        assert answer.status_code == 200, answer.get_data(as_text=True)[:300]
        return pypdfium2.PdfDocument(io.BytesIO(answer.get_data()))

    return made


def words(page) -> str:
    return page.get_textpage().get_text_bounded()


def paths(page):
    """Bounds (left, bottom, right, top) of every drawn path in mm."""
    return [tuple(v / MM for v in o.get_bounds()) for o in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH])]


def test_a_hundred_metres_on_1_2000_are_fifty_millimetres(printed):
    page = printed("layer=projects&key=P15&paper=A3&scale=2000")[0]
    assert page.get_width() / MM == pytest.approx(420, abs=0.1)
    bar = [b for b in paths(page) if abs((b[3] - b[1]) - 1.6) < 0.3 and 10 < b[2] - b[0] < 15]
    assert len(bar) == 4
    stroke = 0.15
    length = max(b[2] for b in bar) - min(b[0] for b in bar) - stroke
    assert length == pytest.approx(50, abs=0.25)
    assert "1:2000" in words(page) and "100 m" in words(page)


def test_grid_ticks_stand_where_their_numbers_say(printed, app):
    """The distance on paper of two labelled eastings is their difference at the scale."""
    page = printed("layer=projects&key=P15&paper=A3&scale=2000")[0]
    textpage = page.get_textpage()
    found = {}
    for number in sorted(set(re.findall(r"\b394\d{5}\b", words(page)))):
        searcher = textpage.search(number)
        index, count = searcher.get_next()
        boxes = [textpage.get_charbox(i) for i in range(index, index + count)]
        found[int(number)] = (boxes[0][0] + boxes[-1][2]) / 2 / MM
    (e0, x0), (e1, x1) = min(found.items()), max(found.items())
    assert e1 > e0
    assert (x1 - x0) == pytest.approx((e1 - e0) * 1000 / 2000, abs=0.25)


def test_the_table_has_the_coordinates_of_the_database_to_the_millimetre(printed, app):
    page = printed("layer=parcels&key=LL-05-0032&paper=A4")[1]
    said = words(page)
    with app.extensions["database"].session() as session:
        rows = session.execute(
            text(
                "SELECT ST_Y(p), ST_X(p) FROM (SELECT (ST_DumpPoints(ST_Transform(geom, 4527))).geom AS p FROM parcel "
                "WHERE parcel_no = 'LL-05-0032') d"
            )
        ).all()
        area = session.execute(text("SELECT area_m2, area_mu FROM parcel WHERE parcel_no = 'LL-05-0032'")).one()
    for x, y in rows:
        assert f"{x:.3f}" in said and f"{y:.3f}" in said
    assert f"{area[0]:,.2f} m²" in said and f"{area[1]:,.4f} 亩" in said


def test_the_points_are_numbered_as_in_the_point_file(printed, app):
    said = words(printed("layer=parcels&key=LL-05-0032&paper=A4")[1])
    file = basic_client(app, "team").get("/export/parcels.txt?ids=1895", buffered=True)
    listed = re.findall(r"^(J\d+),1,([\d.]+),([\d.]+)", file.get_data().decode("gbk"), re.M)
    table = re.findall(r"(J\d+)\s+(\d{7}\.\d{3})\s+(\d{8}\.\d{3})", said)
    assert len(listed) > 4 and sorted(table, key=lambda r: int(r[0][1:])) == listed[:-1]


def test_words_are_embedded_and_none_is_missing(printed, app):
    document = printed("layer=projects&key=P15&paper=A3")
    first = words(document[0])
    for wanted in (
        "金溪县秀谷镇",
        "重点项目 15（演示）",
        "图例",
        "制图",
        "审核",
        "演示数据",
        "审图号",
        "2000 国家大地坐标系",
    ):
        assert wanted in first.replace("\r\n", ""), wanted
    assert fonts.MISSING not in "".join(words(p) for p in document)
    with app.extensions["database"].session() as session:
        names = session.execute(text("SELECT string_agg(DISTINCT household_name, '') FROM parcel")).scalar_one()
    fonts.face()
    assert fonts.missing(names + "金溪县秀谷镇征地拆迁补偿安置公告") == []
    assert fonts.written("王𠮷") == "王" + fonts.MISSING


def test_the_legend_names_only_what_the_frame_shows(printed, app):
    said = words(printed("layer=parcels&key=LL-05-0032&paper=A4")[0])
    assert "有争议" in said and "已归档" not in said and "听证" not in said


def test_a_viewer_prints_no_name(app, printed):
    with app.extensions["database"].session() as session:
        name = session.execute(text("SELECT household_name FROM parcel WHERE parcel_no = 'LL-05-0032'")).scalar_one()
    viewer = basic_client(app, "viewer")
    said = "".join(words(p) for p in printed("layer=parcels&key=LL-05-0032&paper=A4", user=viewer))
    assert name not in said and f"{name[0]}**" in said
    assert name in "".join(words(p) for p in printed("layer=parcels&key=LL-05-0032&paper=A4"))


def test_one_sheet_for_each_of_a_selection(printed):
    document = printed("layer=parcels&ids=1895,1894,1893&paper=A4&each=1&points=0")
    assert len(document) == 3


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("layer=projects&key=P15&paper=A4&scale=500", 422, "1:500 放不下，请改用 1:"),
        ("layer=projects&key=P15&paper=B5", 400, "A4"),
        ("layer=projects&key=P15&scale=777", 400, "500"),
        ("layer=projects&key=none", 404, "none"),
        ("layer=parcels&nonsense=1", 400, "nonsense"),
        ("layer=parcels&ids=1,2&each=1&scale=500&q=zzzzzz", 404, "地块"),
    ],
)
def test_what_cannot_be_printed_says_why(app, query, status, told):
    client = basic_client(app, "team")
    answer = client.get(f"/print.pdf?{query}", headers={"Accept": "application/json"})
    assert (answer.status_code, told in answer.get_data(as_text=True)) == (status, True), answer.get_data(as_text=True)
    page = client.get(f"/print?{query}", headers={"Accept": "text/html"})
    assert page.status_code in (status, 400) and "Traceback" not in page.get_data(as_text=True)


def test_the_page_leads_to_the_file(app):
    page = (
        basic_client(app, "viewer")
        .get("/print?layer=projects&key=P15&paper=A3", headers={"Accept": "text/html"})
        .get_data(as_text=True)
    )
    link = re.search(r'href="(/print\.pdf\?[^"]+)"', page)[1].replace("&amp;", "&")
    assert basic_client(app, "viewer").get(link).mimetype == "application/pdf"
