"""The big screen shows the overview's figures and nobody's name; the course of a project ends where the project stands."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import text

from geoapp.services import pace
from geoapp.services.pace import Course, Mark
from geoapp.services.write import TOWN_TIME
from tests.support import basic_client


def html(client, path):
    return client.get(path, headers={"Accept": "text/html"}).get_data(as_text=True)


def test_no_owner_is_named_even_to_an_administrator(app):
    page = html(basic_client(app, "admin"), "/board")
    with app.extensions["database"].session() as session:
        names = {
            r[0]
            for r in session.execute(
                text("SELECT DISTINCT household_name FROM parcel WHERE length(household_name) > 2")
            )
        }
    assert not [n for n in names if n in page]
    assert page.count("data-scene") >= 3


def test_its_figures_are_those_of_the_overview(app):
    client = basic_client(app, "viewer")
    board, overview = html(client, "/board"), html(client, "/")
    figures = re.findall(r"<li><span>[^<]+</span><b>([^<]+)</b>", board)
    assert len(figures) >= 5 and all(f in overview for f in figures)


def test_the_course_ends_where_the_work_stands_and_passes_where_it_stood(app, layers):
    layer = layers["projects"]
    rollup, child = layer.rollups[0], layers["parcels"]
    last = datetime.now(TOWN_TIME).date()
    with app.extensions["database"].session() as session:
        courses = pace.courses(session, child, rollup, 10**9, last)
        rows = session.execute(
            text(
                "SELECT project, sum(area_mu) FILTER (WHERE status IN ('delivered','closed')), sum(area_mu) FROM parcel WHERE status <> 'excluded' GROUP BY 1"
            )
        )
        for project, done, whole in rows:
            if project is not None:
                assert (courses[project].marks[-1].done, courses[project].marks[-1].all) == (done or 0, whole)
    week = last - timedelta(weeks=10)
    listed = (
        basic_client(app, "viewer").get(f"/parcels.json?project=P09&status=delivered&asof={week}&limit=1").get_json()
    )
    assert Decimal(str(listed["total"]["weight"])).quantize(Decimal("0.01")) == courses["P09"].marks[-11].done.quantize(
        Decimal("0.01")
    )


def test_the_forecast_carries_the_last_weeks_on():
    first = date(2026, 1, 5)
    steady = Course(tuple(Mark(first + timedelta(weeks=n), Decimal(10 * n), Decimal(200)) for n in range(11)))
    assert steady.pace == 10
    assert steady.forecast == first + timedelta(weeks=20)
    still = Course(tuple(Mark(first + timedelta(weeks=n), Decimal(50), Decimal(200)) for n in range(11)))
    assert still.forecast is None
    done = Course((Mark(first, Decimal(5), Decimal(5)), Mark(first + timedelta(weeks=1), Decimal(5), Decimal(5))))
    assert done.forecast is None
