"""Land is cut and joined without a square centimetre lost, and taken back whole."""

from __future__ import annotations

from decimal import Decimal

import pytest
import shapely
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import rotate
from sqlalchemy import text

from geoapp.errors import InvalidEdit
from geoapp.services import dividing, plane


@pytest.fixture(scope="module")
def outlines(app: Flask) -> list:
    with app.extensions["database"].session() as session:
        rows = session.execute(text("SELECT ST_AsBinary(geom) FROM parcel ORDER BY id LIMIT 60")).scalars()
        return [shapely.from_wkb(bytes(w)) for w in rows]


def across(shape, angle: float = 0):
    x0, y0, x1, y1 = shape.bounds
    c = shape.representative_point()
    far = 3 * max(x1 - x0, y1 - y0)
    return rotate(shapely.LineString([(c.x - far, c.y), (c.x + far, c.y)]), angle, origin=c)


@settings(max_examples=60, deadline=None)
@given(which=st.integers(0, 59), angle=st.floats(0, 179))
def test_parts_sum_to_the_whole_and_join_to_it_again(outlines, which, angle):
    whole = outlines[which]
    try:
        found = dividing.parts(whole, across(whole, angle))
    except InvalidEdit:
        return
    assert abs(sum(plane.area(p) for p in found) - plane.area(whole)) < 0.001
    joined = shapely.union_all([plane.to_plane(p) for p in found])
    assert abs(joined.area - plane.area(whole)) < 0.001


def one(app: Flask) -> dict:
    with app.extensions["database"].session() as session:
        row = (
            session.execute(
                text(
                    "SELECT id, version, parcel_no, area_m2, ST_AsBinary(geom) AS geom FROM parcel ORDER BY area_m2 DESC LIMIT 1"
                )
            )
            .mappings()
            .one()
        )
        return {**row, "geom": shapely.from_wkb(bytes(row["geom"]))}


def live(app: Flask, like: str) -> dict[str, Decimal]:
    with app.extensions["database"].session() as session:
        rows = session.execute(text("SELECT parcel_no, area_m2 FROM parcel WHERE parcel_no LIKE :l"), {"l": like + "%"})
        return {r[0]: r[1] for r in rows}


def test_a_split_and_its_undo_and_a_merge(demo_app, api_for):
    team, whole = api_for(demo_app, "team"), one(demo_app)
    before = live(demo_app, whole["parcel_no"])
    address = f"/api/collections/parcels/items/{whole['id']}/split"
    line = {"line": shapely.geometry.mapping(across(whole["geom"], 30))}
    assert team.post(address, json=line).status_code == 428
    assert team.post(address, json=line, headers={"If-Match": str(whole["version"] + 1)}).status_code == 412
    assert live(demo_app, whole["parcel_no"]) == before
    answer = team.post(address, json=line, headers={"If-Match": str(whole["version"])})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    parts = live(demo_app, whole["parcel_no"])
    assert set(parts) == {f"{whole['parcel_no']}-{n + 1}" for n in range(len(parts))}
    assert abs(sum(parts.values()) - whole["area_m2"]) < Decimal("0.1")
    card = team.get(f"/parcels/{whole['parcel_no']}-1", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "家谱" in card and f"{whole['parcel_no']}-2</a>" in card
    features = [{"id": i, "version": 1} for i in answer.json["ids"]]
    merged = team.post("/api/collections/parcels/merge", json={"features": features})
    assert merged.status_code == 200, merged.get_data(as_text=True)
    now = live(demo_app, whole["parcel_no"])
    assert list(now) == [f"{whole['parcel_no']}-1"]
    assert abs(now[f"{whole['parcel_no']}-1"] - whole["area_m2"]) < Decimal("0.1")
    undone = team.post(merged.json["undo"], headers={"Accept": "application/json"})
    assert undone.status_code == 200, undone.get_data(as_text=True)
    assert live(demo_app, whole["parcel_no"]) == parts


def test_a_split_is_undone(demo_app, api_for):
    team, whole = api_for(demo_app, "team"), one(demo_app)
    before = live(demo_app, whole["parcel_no"])
    line = {"line": shapely.geometry.mapping(across(whole["geom"], 30))}
    address = f"/api/collections/parcels/items/{whole['id']}/split"
    answer = team.post(address, json=line, headers={"If-Match": str(whole["version"])})
    undone = team.post(answer.json["undo"], headers={"Accept": "application/json"})
    assert undone.status_code == 200, undone.get_data(as_text=True)
    assert live(demo_app, whole["parcel_no"]) == before
    assert api_for(demo_app, "viewer").post(address, json=line, headers={"If-Match": "1"}).status_code == 403


def test_a_line_that_cuts_nothing_is_refused(outlines):
    with pytest.raises(InvalidEdit):
        dividing.parts(outlines[0], shapely.LineString([(116.0, 27.0), (116.1, 27.0)]))
