"""The traps of the trade, one by one: law, money, days and figures where a careless program goes wrong."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import docx
import pytest
from sqlalchemy import text

from geoapp import workdays
from geoapp.services import deadlines, overlays
from geoapp.services.plane import mu, rounded_m2
from geoapp.services.steps import machine
from geoapp.workflow import Standing
from layers.projects.approval import group, judge
from tests.support import basic_client


def test_ten_working_days_over_national_day_with_a_make_up_sunday():
    """A real notice counted 23 September to 10 October 2024, both included: 29 September and 12 October were worked."""
    assert workdays.is_workday(date(2024, 9, 29)) and not workdays.is_workday(date(2024, 10, 1))
    token = workdays.OFFICE.set(workdays.Office(count_first_day=True))
    assert workdays.after_workdays(date(2024, 9, 23), 10) == date(2024, 10, 10)
    workdays.OFFICE.reset(token)
    assert workdays.after_workdays(date(2024, 9, 23), 10) == date(2024, 10, 11)


def test_fifteen_working_days_run_from_receipt_and_not_from_approval(layers):
    row = {"status": "approved", "approved_on": date(2026, 3, 2), "approval_received_on": date(2026, 3, 16)}
    [due] = deadlines.of_row(layers["projects"], row, date(2026, 3, 20))
    assert due.due == date(2026, 4, 7)  # Tomb Sweeping Day is off
    assert deadlines.of_row(layers["projects"], {**row, "approval_received_on": None}, date(2026, 3, 20)) == []


def test_beyond_the_published_calendar_a_term_is_marked_as_estimated(layers):
    row = {"status": "approved", "approval_received_on": date(2027, 1, 25)}
    [due] = deadlines.of_row(layers["projects"], row, date(2027, 1, 26))
    assert not due.sure
    assert workdays.is_sure(date(2026, 12, 20)), "the rest of a published year is known, also after its last holiday"


@pytest.mark.parametrize(
    ("cultivated", "other", "state_council"),
    [
        ("349000.00", "0", False),
        ("350000.00", "0", False),
        ("351000.00", "0", True),
        ("0", "700000.00", False),
        ("0", "700000.01", True),
        ("350000.00", "700000.00", False),
    ],
)
def test_thirty_five_and_seventy_hectares_decide_who_approves(cultivated, other, state_council):
    first = judge({"0101": Decimal(cultivated), "0301": Decimal(other)})[0]
    assert first.heavy is state_council and ("国务院" in str(first.text)) is state_council


def test_land_classes_fall_into_their_three_groups():
    assert [group(c) for c in ("0101", "0201K", "1006", "1104A", "0702", "1003", "1101", "1206")] == [
        "农用地", "农用地", "农用地", "农用地", "建设用地", "建设用地", "未利用地", "未利用地",
    ]  # fmt: skip


def test_hectares_and_mu_are_each_rounded_from_the_square_metres():
    """A real notice prints 11.8078 公顷 (177.1174 亩), while 11.8078 × 15 = 177.1170."""
    m2 = Decimal("118078.27")
    assert (overlays.hectares(m2), overlays.mu(m2)) == (Decimal("11.8078"), Decimal("177.1174"))
    assert (rounded_m2(118078.27), mu(118078.27)) == (Decimal("118078.27"), Decimal("177.1174"))


def test_rounded_rows_sum_to_the_rounded_total_with_the_rest_on_the_largest():
    cells = {"a": Decimal("33.334"), "b": Decimal("33.334"), "c": Decimal("133.334")}
    settled = overlays.settled(cells, Decimal("200.00"))
    assert sum(settled.values()) == Decimal("200.00") and settled["a"] == settled["b"] == Decimal("33.33")
    assert settled["c"] == Decimal("133.34")


def test_the_overlay_of_every_project_reconciles(app, layers):
    layer = layers["projects"]
    with app.extensions["database"].session() as session:
        ids = session.execute(text("SELECT id, code FROM project ORDER BY code")).all()
        for feature_id, code in ids:
            table = overlays.of_feature(session, layers, layer, feature_id)
            if table is None:
                continue
            for figures in (table.m2, table.ha, table.mu):
                by_row = sum((figures.row(r.value) for r in table.rows), Decimal(0))
                by_column = sum((figures.column(k) for k, _ in table.columns), Decimal(0))
                assert by_row == by_column == figures.covered, code
                assert figures.covered + figures.bare == figures.whole and figures.bare >= 0, code
            assert sum(table.groups().values()) == table.ha.covered
            assert table.ha.whole == overlays.hectares(table.m2.whole), code
            inside = session.execute(
                text("SELECT sum(area_m2) FROM parcel WHERE project = :c AND status <> 'excluded'"), {"c": code}
            ).scalar()
            assert table.m2.covered == pytest.approx(inside, rel=Decimal("0.02")), code


def test_the_page_shows_the_table_the_level_and_makes_the_notice(app):
    client = basic_client(app, "viewer")
    page = client.get("/projects/P09", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "征收由省政府批准" in page and "永久基本农田" in page and 'data-testid="overlay-covered"' in page
    for name, said in (("pre-announcement", "抢栽抢建"), ("plan", "区片综合地价"), ("announcement", "行政复议")):
        answer = client.get(f"/projects/P09/notices/{name}.docx")
        words = "\n".join(p.text for p in docx.Document(io.BytesIO(answer.get_data())).paragraphs)
        assert said in words and "里吴村" in words and "金溪县人民政府" in words
    assert client.get("/projects/P09/notices/none.docx").status_code == 404


def test_a_notice_leaves_what_is_not_known_blank_and_says_so(app):
    answer = basic_client(app, "viewer").get("/projects/P15/notices/announcement.docx")
    words = "\n".join(p.text for p in docx.Document(io.BytesIO(answer.get_data())).paragraphs)
    assert "批准日期：＿＿＿＿＿＿" in words and int(answer.headers["Missing"]) >= 1


def test_a_term_in_a_notice_is_the_term_of_the_clock(app):
    answer = basic_client(app, "viewer").get("/projects/P15/notices/pre-announcement.docx")
    words = "\n".join(p.text for p in docx.Document(io.BytesIO(answer.get_data())).paragraphs)
    with app.extensions["database"].session() as session:
        start = session.execute(text("SELECT pre_announced_on FROM project WHERE code = 'P15'")).scalar_one()
    end = workdays.after_workdays(start, 10)
    assert f"{end.year}年{end.month}月{end.day}日" in words


def test_a_parcel_moved_out_of_the_red_line_leaves_totals_but_stays_in_history(app):
    client = basic_client(app, "team")
    with app.extensions["database"].session() as session:
        number = session.execute(text("SELECT parcel_no FROM parcel WHERE status = 'excluded' LIMIT 1")).scalar_one()
        counted, whole = session.execute(
            text("SELECT count(*) FILTER (WHERE status <> 'excluded'), count(*) FROM parcel")
        ).one()
    assert whole > counted
    assert client.get("/parcels.json?limit=1").get_json()["total"]["n"] == counted
    assert "调出红线" in client.get(f"/parcels/{number}", headers={"Accept": "text/html"}).get_data(as_text=True)


def test_web_mercator_never_measures(app, layers):
    """Areas are those of the plane of zone 39 and of the ellipsoid; Web Mercator would say 28 % more."""
    with app.extensions["database"].session() as session:
        row = session.execute(
            text(
                "SELECT area_m2, area_ellip_m2, ST_Area(ST_Transform(geom, 3857)) FROM parcel ORDER BY area_m2 DESC LIMIT 1"
            )
        ).one()
    assert row[0] == pytest.approx(row[1], rel=Decimal("0.0001"))
    assert float(row[2]) == pytest.approx(float(row[0]) * 1.285, rel=0.01)


@pytest.mark.parametrize(
    ("regime", "stage", "allowed"),
    [
        (2019, "signing", True),
        (2019, "surveying", False),
        (1998, "signing", False),
        (1998, "approved", False),
        (1998, "acq_announced", True),
    ],
)
def test_the_old_law_signs_after_approval_and_the_new_one_before(layers, regime, stage, allowed):
    graph = machine(layers["parcels"])
    row = {**layers["parcels"].example, "status": "calculated", "project": "P01"}
    problem = graph.refused(row, "signed", "", {"project": Standing(stage, {"regime": regime})})
    assert (problem is None) is allowed


def test_a_project_under_the_old_law_is_guarded_on_the_page(demo_app):
    with demo_app.extensions["database"].session() as session:
        number, feature, version = session.execute(
            text("SELECT parcel_no, id, version FROM parcel WHERE status = 'holdout' AND project = 'P12' LIMIT 1")
        ).one()
    admin = basic_client(demo_app, "admin")
    project = admin.get("/api/collections/projects/items?code=P12&limit=1", buffered=True).get_json()["features"][0]
    assert project["properties"]["status"] not in ("acq_announced", "implementing", "land_ready", "closed")
    admin.patch(
        f"/api/collections/projects/items/{project['id']}",
        json={"regime": 1998},
        headers={"If-Match": f'"{project["properties"]["version"]}"'},
    )
    answer = admin.patch(
        f"/api/collections/parcels/items/{feature}", json={"status": "signed"}, headers={"If-Match": f'"{version}"'}
    )
    assert answer.status_code == 409 and "旧法" in answer.get_data(as_text=True), number
