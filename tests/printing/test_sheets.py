"""A printed sheet is measured with a ruler: scale, coordinates, red line and words must be right on paper."""

from __future__ import annotations

import ctypes
import io
import re
from concurrent.futures import ThreadPoolExecutor

import pypdfium2
import pypdfium2.raw as raw
import pytest
from sqlalchemy import text

from geoapp.services import sources
from geoapp.services.printing import fonts
from geoapp.services.printing.paper import Paper, window
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
    bar = [b for b in paths(page) if abs((b[3] - b[1]) - 1.6) < 0.5 and 10 < b[2] - b[0] < 15]
    assert len(bar) == 4
    stroke = 0.15 * 1.1
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


def corners(item):
    """Points of a path in mm, without the width of its stroke."""
    x, y = ctypes.c_float(), ctypes.c_float()
    for n in range(raw.FPDFPath_CountSegments(item)):
        raw.FPDFPathSegment_GetPoint(raw.FPDFPath_GetPathSegment(item, n), x, y)
        yield x.value / MM, y.value / MM


def strokes(page):
    """(box of the corners in mm, colour, width in mm) of every path that is stroked."""
    found = []
    for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH]):
        red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
        width = ctypes.c_float()
        raw.FPDFPageObj_GetStrokeColor(item, red, green, blue, alpha)
        raw.FPDFPageObj_GetStrokeWidth(item, width)
        xs, ys = zip(*corners(item), strict=True)
        found.append(((min(xs), min(ys), max(xs), max(ys)), (red.value, green.value, blue.value), width.value / MM))
    return found


def test_the_red_line_lies_where_the_database_has_it(printed, app):
    page = printed("layer=parcels&key=LL-05-0032&paper=A4")[0]
    with app.extensions["database"].session() as session:
        box = session.execute(
            text(
                "SELECT ST_XMin(g), ST_YMin(g), ST_XMax(g), ST_YMax(g) FROM (SELECT ST_Transform(geom, 4548) AS g FROM parcel "
                "WHERE parcel_no = 'LL-05-0032') d"
            )
        ).one()
    view = window(Paper("A4", landscape=True), tuple(box), None)
    west, south = (v / MM for v in view.on_paper(box[0], box[1]))
    east, north = (v / MM for v in view.on_paper(box[2], box[3]))
    lines = [b for b, colour, mm in strokes(page) if colour == (230, 0, 18) and mm == pytest.approx(0.3, abs=0.005)]
    assert len(lines) == 2  # and the one of the legend
    assert max(lines) == pytest.approx((west, south, east, north), abs=0.02)
    points = [b for b, colour, mm in strokes(page) if colour == (230, 0, 18) and mm == pytest.approx(0.2, abs=0.005)]
    assert len(points) == 12
    assert all(b[2] - b[0] == pytest.approx(2.0, abs=0.01) for b in points)


def test_a_border_that_is_not_in_the_frame_is_not_in_the_legend(printed):
    assert "村（社区）界" not in words(printed("layer=parcels&key=LL-05-0032&paper=A4")[0])
    assert "村（社区）界" in words(printed("layer=projects&key=P15&paper=A3")[0])
    assert "重点项目红线" not in words(printed("layer=parcels&key=LL-05-0032&paper=A4&with=none")[0])


def test_marks_are_drawn_when_they_are_asked_for(printed):
    query = "layer=projects&key=P15&paper=A3"
    plain, marked = (words(printed(q)[0]) for q in (query, f"{query}&with=parcels,illegal_structures"))
    assert "已拆除" not in plain and "已拆除" in marked


def test_few_points_stand_beside_the_map_and_many_behind_it(printed):
    document = printed("layer=projects&key=P15&paper=A3")
    assert "界址点坐标（米）" in words(document[0]) and "J16" in words(document[0])
    assert not any("界址点坐标表" in words(page) for page in document)


def test_a_card_tells_facts_and_history_on_its_page(printed):
    document = printed("layer=parcels&ids=1895,1894,1893&paper=A4&each=card")
    assert len(document) == 3 and document[0].get_height() > document[0].get_width()
    for page in document:
        said = words(page)
        assert (
            "经历" in said
            and "已公告" in said
            and "现状态日期" in said
            and "其余见" not in said
            and "地块编号" in said
            and "界址点坐标表" not in said
        )


def test_a_choice_lists_its_rows_with_their_sum(printed, app):
    document = printed("layer=parcels&ids=1895,1894,1893,1880,1881,1882&paper=A3")
    with app.extensions["database"].session() as session:
        keys, area = session.execute(
            text("SELECT array_agg(parcel_no), sum(area_mu) FROM parcel WHERE id IN (1895,1894,1893,1880,1881,1882)")
        ).one()
    said = words(document[1])
    assert all(key in said for key in keys)
    assert f"共 6 条，合计 {area:,.4f} 亩" in said


def test_rows_under_a_subject_are_all_listed_and_what_does_not_count_stands_apart(printed, app):
    with app.extensions["database"].session() as session:
        n, out = session.execute(
            text("SELECT count(*), count(*) FILTER (WHERE status = 'excluded') FROM parcel WHERE project = 'P15'")
        ).one()
    said = "".join(words(p) for p in printed("layer=projects&key=P15&paper=A3")).replace("\r\n", "")
    assert f"共 {n - out} 条" in said and f"另有“调出红线”{out} 条，不计入合计" in said


def test_an_official_sheet_is_chinese_for_every_reader(app):
    client = basic_client(app, "team")
    answer = client.get("/print.pdf?layer=parcels&key=LL-05-0032&paper=A4", headers={"Accept-Language": "en"})
    said = words(pypdfium2.PdfDocument(io.BytesIO(answer.get_data()))[0])
    assert "权属争议" in said and "审图号：无（内部用图，不得公开）" in said and "Disputed" not in said


def test_a_past_day_is_printed_as_it_was(printed):
    past = words(printed("layer=parcels&key=LL-05-0032&paper=A4&asof=2026-01-01")[0])
    assert "数据截至 2026年1月1日" in past.replace("\r\n", "") and "权属争议" not in past


def test_without_a_typeface_it_says_what_to_install(app, monkeypatch):
    monkeypatch.setattr(fonts, "PLACES", ("/nowhere.ttc",))
    fonts._registered.cache_clear()
    try:
        for language, told in (("zh", "请安装 fonts-wqy-microhei"), ("en", "install fonts-wqy-microhei")):
            answer = basic_client(app, "team").get(
                "/print.pdf?layer=projects&key=P15",
                headers={"Accept": "application/json", "Accept-Language": language},
            )
            assert answer.status_code == 503 and told in answer.get_json()["detail"]
    finally:
        fonts._registered.cache_clear()


def test_only_a_town_with_invented_features_says_so(app, fresh_app):
    for town, expected in ((app, True), (fresh_app, False)):
        with town.extensions["database"].session() as session:
            assert sources.invented(session, town.extensions["layers"].values()) is expected


def test_sheets_drawn_at_once_do_not_mix(printed):
    keys = ["LL-05-0032", "LL-05-0024", "LL-05-0020", "LL-05-0034"]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda key: printed(f"layer=parcels&key={key}&paper=A4"), keys * 2))
    assert [key in words(document[0]) for key, document in zip(keys * 2, made, strict=True)] == [True] * 8
