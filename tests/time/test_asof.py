"""The past as every page, tile and file shows it."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime

import mapbox_vector_tile
import pytest
from sqlalchemy import text

from tests.support import basic_client

ITEMS = "/api/collections/parcels/items"


def rows(app, sql, **values):
    with app.app_context(), app.extensions["database"].owner_session() as session:
        return session.execute(text(sql), values).all()


def test_counts_of_a_past_day_are_those_of_the_ledger(app):
    team = basic_client(app, "team")
    for day in ("2025-06-30", "2026-01-31", "2026-08-15"):
        wanted = dict(
            tuple(r)
            for r in rows(
                app,
                "SELECT status, count(*) FROM (SELECT DISTINCT ON (feature_id) status, kind FROM change WHERE layer = 'parcels' "
                "AND at < (CAST(:day AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' ORDER BY feature_id, version DESC) x "
                "WHERE kind <> 'delete' GROUP BY 1",
                day=day,
            )
        )
        legend = team.get(f"/legend.json?layer=parcels&asof={day}").json
        assert legend["total"]["n"] + legend["uncounted"]["n"] == sum(wanted.values())
        assert legend["classes"]["disputed"]["n"] == sum(wanted.get(s, 0) for s in ("disputed", "decided", "enforcing"))
        page = team.get(f"/parcels.json?asof={day}").json
        assert page["total"]["n"] == legend["total"]["n"]


def test_the_present_is_unchanged_by_looking_back(app):
    team = basic_client(app, "team")
    now = team.get("/legend.json?layer=parcels").json
    assert team.get("/legend.json?layer=parcels&asof=2025-06-30").json["classes"] != now["classes"]
    assert team.get("/legend.json?layer=parcels").json == now


def test_a_feature_is_not_there_before_it_was(app):
    team = basic_client(app, "team")
    number = rows(app, "SELECT parcel_no FROM parcel LIMIT 1")[0][0]
    assert team.get(f"/parcels/{number}").status_code == 200
    assert team.get(f"/parcels/{number}?asof=1999-01-01").status_code == 404
    assert team.get(f"{ITEMS}?asof=1999-01-01").json["features"] == []


def test_tiles_cards_items_and_exports_tell_the_same_past(app):
    team = basic_client(app, "team")
    i, number, _version, status, at = rows(
        app,
        "SELECT feature_id, properties->>'parcel_no', version, status, at FROM change c WHERE layer = 'parcels' AND version = 3 "
        "AND EXISTS (SELECT FROM change d WHERE d.layer = c.layer AND d.feature_id = c.feature_id AND d.version = 4 AND d.status <> c.status "
        "AND d.at > c.at + interval '3 days') ORDER BY id LIMIT 1",
    )[0]
    day = at.date().isoformat()
    assert team.get(f"/parcels/{number}?asof={day}", headers={"Accept": "application/json"}).json["status"] == status
    assert team.get(f"{ITEMS}/{i}?asof={day}").json["properties"]["status"] == status
    exported = json.loads(team.get(f"/export/parcels.geojson?asof={day}").get_data())
    assert next(f for f in exported["features"] if f["id"] == i)["properties"]["status"] == status
    lon, lat = rows(
        app, "SELECT ST_X(c), ST_Y(c) FROM (SELECT ST_PointOnSurface(geom) c FROM parcel WHERE id = :i) x", i=i
    )[0]
    from math import asinh, pi, radians, tan

    n = 2**15
    x, y = int((lon + 180) / 360 * n), int((1 - asinh(tan(radians(lat))) / pi) / 2 * n)
    tile = mapbox_vector_tile.decode(team.get(f"/tiles/parcels/15/{x}/{y}.mvt?v=1&asof={day}").get_data())
    assert next(f for f in tile["parcels"]["features"] if f["id"] == i)["properties"]["status"] == status


def test_every_past_moment_equals_what_was_then(demo_app):
    """Random edits, bulks, undos and removals; afterwards each recorded moment reads exactly as it stood."""
    team, chance = basic_client(demo_app, "team"), random.Random(7)
    ids = [r[0] for r in rows(demo_app, "SELECT id FROM parcel ORDER BY id LIMIT 12")]
    snapshots, operations = [], []

    def state(asof=""):
        found = team.get(f"{ITEMS}?limit=10000&asof={asof}").json["features"]
        return {
            f["id"]: (
                f["properties"]["group"],
                f["properties"]["status"],
                f["properties"]["version"],
                f["properties"]["area_mu"],
            )
            for f in found
            if f["id"] in ids
        }

    for _ in range(25):
        i, act = chance.choice(ids), chance.random()
        seen = team.get(f"{ITEMS}/{i}")
        if act < 0.5 and seen.status_code == 200:
            answer = team.patch(
                f"{ITEMS}/{i}", json={"group": chance.randint(1, 99)}, headers={"If-Match": seen.headers["ETag"]}
            )
        elif act < 0.65 and seen.status_code == 200:
            answer = team.delete(f"{ITEMS}/{i}", headers={"If-Match": seen.headers["ETag"]})
        elif act < 0.85 or not operations:
            some = chance.sample(ids, 5)
            answer = team.post(
                "/api/collections/parcels/bulk", json={"ids": some, "changes": {"group": chance.randint(1, 99)}}
            )
            if answer.json.get("operation"):
                operations.append(answer.json["operation"])
            snapshots.append((datetime.now(UTC).isoformat(), state()))
            continue
        else:
            answer = team.post(f"/ops/{chance.choice(operations)}/undo", headers={"Accept": "application/json"})
        if answer.headers.get("Operation"):
            operations.append(int(answer.headers["Operation"]))
        snapshots.append((datetime.now(UTC).isoformat(), state()))
    for moment, wanted in snapshots:
        assert state(moment.replace("+", "%2B")) == wanted


def test_a_wrong_day_is_told(app):
    answer = basic_client(app, "team").get("/parcels?asof=yesterday", headers={"Accept": "application/json"})
    assert answer.status_code == 400 and "asof" in answer.json["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/parcels/LW-03-0003",
        "/projects/P09",
        "/villages/361027100210",
        "/",
        "/parcels",
        "/money",
        "/changes",
        "/ops",
        "/map",
        "/print?layer=projects&key=P09",
        "/reports",
    ],
)
@pytest.mark.parametrize("panel", [False, True])
def test_every_page_opens_on_a_past_day(app, path, panel):
    """Cards with their family, lists, maps and sheets alike."""
    headers = {"Accept": "text/html", **({"X-Fragment": "panel"} if panel else {})}
    sign = "&" if "?" in path else "?"
    answer = basic_client(app, "team").get(f"{path}{sign}asof=2026-03-01", headers=headers)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:300]
