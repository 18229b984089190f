"""A report balances in every cell, its parts sum to the whole, and a handed-in one stays as it was."""

from __future__ import annotations

import io
import random
import re
from datetime import date, datetime, timedelta
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from geoapp.errors import Conflict
from geoapp.services import reports
from geoapp.services.write import TOWN_TIME
from tests.support import basic_client, logged_in
from tests.time.test_random_work import bulk, edit, merge, split, undo


def today() -> date:
    return datetime.now(TOWN_TIME).date()


@pytest.mark.parametrize(("kind", "first", "last"), [
    ("day", "2026-02-14", "2026-02-14"), ("week", "2026-02-09", "2026-02-15"), ("month", "2026-02-01", "2026-02-28"), ("quarter", "2026-01-01", "2026-03-31"),
])  # fmt: skip
def test_a_period_is_whole_days_of_the_town(kind, first, last):
    found = reports.period(kind, date(2026, 2, 14))
    assert (found.first.isoformat(), found.last.isoformat()) == (first, last)
    assert found.until - found.since == timedelta(days=(found.last - found.first).days + 1)
    assert reports.period("quarter", date(2026, 12, 31)).last == date(2026, 12, 31)


def test_every_period_of_the_demonstration_town_balances(app, layers):
    """Σ groups = Σ villages = Σ projects = the town, in every layer that reports."""
    with app.extensions["database"].session() as session:
        for layer in layers.values():
            for kind in reports.KINDS:
                for back in (0, 40, 200):
                    over = reports.period(kind, today() - timedelta(days=back))
                    sums = [reports.reckon(session, layer, level, over).of() for level in layer.report_levels]
                    assert all(s == sums[0] for s in sums)


def test_the_closing_figures_are_those_of_the_list(app, layers):
    client = basic_client(app, "viewer")
    day = today() - timedelta(days=30)
    with app.extensions["database"].session() as session:
        found = reports.reckon(session, layers["parcels"], ("village",), reports.period("day", day))
    for look in ("signed", "delivered", "disputed"):
        listed = client.get(f"/parcels.json?status={look}&asof={day}&limit=1").get_json()
        assert listed["total"]["n"] == found.of(look=look).closing.n


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_random_work_with_corrections_balances_at_every_level(demo_app, layers, seed):
    dice = random.Random(seed)
    client = basic_client(demo_app, "admin")
    layer = layers["parcels"]
    with demo_app.extensions["database"].session() as session:
        before = reports.reckon(session, layer, ("village",), reports.period("day", today())).of()
    for _ in range(10):
        dice.choice([split, merge, edit, bulk, undo, late])(client, demo_app, dice)
    with demo_app.extensions["database"].session() as session:
        over = reports.period("day", today())
        sums = [reports.reckon(session, layer, level, over) for level in layer.report_levels]
        assert all(s.of().closing == sums[0].of().closing for s in sums)
        for look in layer.legend_classes:
            assert len({(s.of(look=look.key).closing.n, s.of(look=look.key).closing.weight) for s in sums}) == 1
        assert sums[0].of().opening == before.opening
        live = session.execute(text("SELECT count(*), sum(area_mu) FROM parcel WHERE status <> 'excluded'")).one()
        assert (sums[0].of().closing.n, sums[0].of().closing.weight) == (live[0], Decimal(live[1]))


def late(client, app, dice):
    """Something of last week recorded only now."""
    with app.extensions["database"].session() as session:
        row = session.execute(text("SELECT id, version FROM parcel WHERE status = 'signed' ORDER BY id LIMIT 40")).all()
    chosen = dice.choice(row)
    body = {"status": "disputed", "effective_on": (today() - timedelta(days=9)).isoformat(), "note": "补记"}
    return client.patch(
        f"/api/collections/parcels/items/{chosen[0]}", json=body, headers={"If-Match": f'"{chosen[1]}"'}
    )


def test_what_is_recorded_late_is_a_correction_and_changes_no_report_handed_in(demo_app, layers):
    layer, over = layers["parcels"], reports.period("week", today() - timedelta(days=7))
    database = demo_app.extensions["database"]
    with database.session() as session:
        report = reports.freeze(session, reports.reckon(session, layer, ("village",), over), "team")
        session.commit()
        assert reports.same_again(session, report, layer)
        already = reports.corrected_since(session, report, layer)
    done = late(basic_client(demo_app, "admin"), demo_app, random.Random(1))
    assert done.status_code == 200
    with database.session() as session:
        now = reports.reckon(session, layer, ("village",), reports.period("day", today()))
        assert now.of(look="disputed").corrected.n == 1 and now.of(look="signed").corrected.n == -1
        assert now.of(look="disputed").came.n == now.of(look="disputed").left.n == 0
        report = reports.find(session, report.id)
        assert reports.same_again(session, report, layer)
        later = reports.corrected_since(session, report, layer)
        assert len(later) == len(already) + 2
        with pytest.raises(Conflict, match="已经定稿"):
            reports.freeze(session, reports.reckon(session, layer, ("village",), over), "team")
    page = (
        basic_client(demo_app, "viewer")
        .get(f"/reports/{report.id}", headers={"Accept": "text/html"})
        .get_data(as_text=True)
    )
    assert "逐字一致" in page and "当时所知" in page


def test_a_ledger_that_was_altered_gives_no_report(demo_app, layers):
    with demo_app.extensions["database"].owner.begin() as connection:
        connection.execute(text("ALTER TABLE change DISABLE TRIGGER USER"))
        connection.execute(text(
            "DELETE FROM change WHERE id = (SELECT id FROM change c WHERE layer = 'parcels' AND EXISTS (SELECT FROM change l WHERE l.layer = c.layer "
                "AND l.feature_id = c.feature_id AND l.version = c.version + 1 AND l.status <> c.status AND l.at > now() - interval '50 days') "
                "ORDER BY id DESC LIMIT 1)"
        ))  # fmt: skip
    refused = 0
    with demo_app.extensions["database"].session() as session:
        for back in range(0, 60, 7):
            try:
                reports.reckon(
                    session, layers["parcels"], ("village",), reports.period("week", today() - timedelta(days=back))
                )
            except Conflict as error:
                refused += "不平" in str(error)
    assert refused >= 1


def test_a_period_that_still_runs_cannot_be_handed_in(demo_app, layers):
    with demo_app.extensions["database"].session() as session, pytest.raises(Conflict, match="结束后再定稿"):
        reports.freeze(
            session,
            reports.reckon(session, layers["parcels"], ("village",), reports.period("quarter", today())),
            "team",
        )


def test_it_is_handed_in_from_the_page_and_nobody_changes_it(demo_app):
    team = logged_in(demo_app, "team")
    day = (today() - timedelta(days=20)).isoformat()
    page = team.get(f"/reports?kind=week&day={day}").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    done = team.post(
        "/reports", data={"csrf_token": token, "layer": "parcels", "kind": "week", "level": "village", "day": day}
    )
    assert done.status_code == 303 and "/reports/1" in done.headers["Location"]
    assert basic_client(demo_app, "viewer").post("/reports", data={}).status_code == 403
    with demo_app.extensions["database"].session() as session, pytest.raises(Exception, match="permission denied"):
        session.execute(text("UPDATE report SET sha256 = 'x'"))


def test_the_workbook_has_the_figures_and_its_own_check(app):
    day = (today() - timedelta(days=20)).isoformat()
    client = basic_client(app, "viewer")
    body = client.get(f"/reports?f=json&kind=week&day={day}&level=village").get_json()
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"/reports.xlsx?kind=week&day={day}&level=village").get_data()))
    sheet = book.active
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert len(rows) == len(body["cells"]) + 1 and rows[-1][0] == "合计"
    assert sum(r[6] for r in rows[:-1]) == sum(c["closing"]["n"] for c in body["cells"])
    assert str(rows[0][-1]).startswith("=C2+D2-E2+F2-G2")


@pytest.mark.parametrize("query", ["kind=year", "day=2026-02-30", "level=colour", "layer=nothing", "day=0001-01-01"])
def test_a_wrong_wish_is_told(app, query):
    answer = basic_client(app, "viewer").get(f"/reports?{query}", headers={"Accept": "application/json"})
    assert answer.status_code in (400, 404)
