"""Whatever people do, every past instant can be seen as it was, and no square metre is lost."""

from __future__ import annotations

import random
from decimal import Decimal

import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import mapping
from sqlalchemy import text

from geoapp.queries import past as pasts
from tests.support import basic_client

ITEMS = "/api/collections/parcels/items"
STATE = 'SELECT id, version, status, "group", household_name, area_mu, ST_AsBinary(geom) FROM parcel ORDER BY id'


def state(app, moment=None):
    database = app.extensions["database"]
    past = pasts.of(moment, app.extensions["layers"].values()) if moment else None
    with app.app_context(), database.reading(past) as connection:
        return [tuple(r) for r in connection.execute(text(STATE))]


def instant(app):
    with app.extensions["database"].owner_session() as session:
        return session.execute(text("SELECT clock_timestamp()")).scalar_one()


def split(client, app, dice):
    row = dice.choice(state(app))
    shape = shapely.from_wkb(row[6])
    west, south, east, north = shape.bounds
    x = west + (east - west) * dice.uniform(0.3, 0.7)
    line = shapely.LineString([(x, south - 1e-4), (x, north + 1e-4)])
    return client.post(f"{ITEMS}/{row[0]}/split", json={"line": mapping(line)}, headers={"If-Match": f'"{row[1]}"'})


def merge(client, app, dice):
    rows = state(app)
    first = dice.choice(rows)
    shape = shapely.from_wkb(first[6])
    near = [r for r in rows if r[0] != first[0] and shapely.from_wkb(r[6]).distance(shape) < 1e-9]
    if not near:
        return None
    pair = [first, dice.choice(near)]
    return client.post(
        "/api/collections/parcels/merge",
        json={"features": [{"id": r[0], "version": r[1]} for r in pair], "note": "合并"},
    )


def edit(client, app, dice):
    row = dice.choice(state(app))
    change = dice.choice([{"group": dice.randint(1, 9)}, {"household_name": dice.choice(["甲", "乙", None])}])
    return client.patch(f"{ITEMS}/{row[0]}", json=change, headers={"If-Match": f'"{row[1]}"'})


def bulk(client, app, dice):
    ids = [r[0] for r in dice.sample(state(app), 12)]
    return client.post("/api/collections/parcels/bulk", json={"ids": ids, "changes": {"group": dice.randint(1, 9)}})


def undo(client, app, dice):
    with app.extensions["database"].owner_session() as session:
        found = session.execute(
            text("SELECT id FROM operation WHERE \"by\" = 'admin' ORDER BY id DESC LIMIT 6")
        ).scalars()
        ids = list(found)
    return client.post(f"/ops/{dice.choice(ids)}/undo", headers={"Accept": "application/json"}) if ids else None


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_every_past_instant_is_the_state_then(demo_app, seed):
    dice = random.Random(seed)
    client = basic_client(demo_app, "admin")
    total = sum((r[5] for r in state(demo_app)), Decimal(0))
    seen = [(instant(demo_app), state(demo_app))]
    done = 0
    for _ in range(14):
        answer = dice.choice([split, merge, edit, bulk, undo])(client, demo_app, dice)
        assert answer is None or answer.status_code in (200, 201, 409, 422), answer.get_data(as_text=True)
        done += answer is not None and answer.status_code in (200, 201)
        seen.append((instant(demo_app), state(demo_app)))
    assert done >= 4
    for moment, then in seen:
        assert state(demo_app, moment) == then
    now = sum((r[5] for r in state(demo_app)), Decimal(0))
    assert abs(now - total) <= Decimal("0.0015")
