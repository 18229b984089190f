"""The figures between two days are those of the two days."""

from __future__ import annotations

import pytest

from tests.support import basic_client


@pytest.mark.parametrize("days", [("2025-12-31", "2026-03-31"), ("2026-03-31", "2026-08-31")])
def test_what_moved_explains_the_difference_of_two_days(app, days):
    team = basic_client(app, "team")
    moved = team.get(f"/changes?since={days[0]}&until={days[1]}&f=json").json["layers"]["parcels"]
    codes = app.extensions["layers"]["parcels"].legend_codes["delivered"]
    counted = [team.get(f"/legend.json?layer=parcels&asof={day}").json["classes"]["delivered"]["n"] for day in days]
    gained = sum(m["n"] for m in moved if m["to"] in codes and m["from"] not in codes)
    lost = sum(m["n"] for m in moved if m["from"] in codes and m["to"] not in codes)
    assert counted[1] - counted[0] == gained - lost
    assert sum(m["n"] for m in moved) == sum(len(m["ids"]) for m in moved) > 0


def test_the_page_links_every_figure_to_its_rows(app):
    viewer = basic_client(app, "viewer")
    page = viewer.get("/changes?since=2025-12-31&until=2026-03-31", headers={"Accept": "text/html"})
    assert page.status_code == 200 and "ids=" in page.get_data(as_text=True)
    assert viewer.get("/changes?since=2026-03-31&until=2025-12-31").status_code == 400
    assert viewer.get("/changes?since=soon").status_code == 400
