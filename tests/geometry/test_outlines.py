"""A list of points is read as surveyors write it, and an outline is checked against its neighbours."""

from __future__ import annotations

import pytest
import shapely
from flask import Flask
from sqlalchemy import text

from geoapp import crs
from geoapp.errors import InvalidEdit
from geoapp.services import coordinates, plane
from geoapp.towns import load_town

SQUARE = shapely.box(116.78, 27.9, 116.781, 27.901)
TOWN = load_town("361027100")


def rows(how: str) -> str:
    points = SQUARE.exterior.coords
    zoned = plane.moved(SQUARE, crs.STORAGE, crs.PLANE_PREFIXED).exterior.coords
    bare = plane.to_plane(SQUARE).exterior.coords
    return {
        "table": "\n".join(f"J{n},1,{y:.3f},{x:.3f}" for n, (x, y) in enumerate(zoned, 1)),
        "bare": "\n".join(f"{y:.3f}\t{x:.3f}" for x, y in bare),
        "swapped": "\n".join(f"{x:.3f} {y:.3f}" for x, y in bare),
        "degrees": "\n".join(f"{x:.9f}，{y:.9f}" for x, y in points),
        "dms": "116°46'48\" 27°54'0\"\n116°46'51.6\" 27°54'0\"\n116°46'51.6\" 27°54'3.6\"\n116°46'48\" 27°54'3.6\"",
    }[how]


@pytest.mark.parametrize("how", ["table", "bare", "swapped", "degrees", "dms"])
def test_every_way_to_write_the_same_outline(how):
    found = coordinates.outline(rows(how), TOWN.extent)
    assert abs(plane.area(found) - plane.area(SQUARE)) < 0.3
    assert found.hausdorff_distance(SQUARE) < 2e-8


def test_a_wrong_row_is_named():
    with pytest.raises(InvalidEdit) as caught:
        coordinates.outline(rows("degrees") + "\nabc\n1,2", TOWN.extent)
    assert set(caught.value.fields) == {"6", "7"}


def test_an_outline_is_told_its_overlap_and_area(app: Flask, api_for):
    with app.extensions["database"].session() as session:
        row = session.execute(text("SELECT id, parcel_no, area_mu, ST_AsGeoJSON(geom)::json FROM parcel LIMIT 1")).one()
    team, address = api_for(app, "team"), "/api/collections/parcels/check-geometry"
    own = team.post(address, json={"geometry": row[3], "id": row[0]}).json
    assert own["valid"] and abs(float(own["area_mu"]) - float(row.area_mu)) < 0.001
    twin = team.post(address, json={"geometry": row[3]}).json
    assert row.parcel_no in [o["key"] for o in twin["overlaps"]]
    bow = {
        "type": "Polygon",
        "coordinates": [[[116.78, 27.9], [116.781, 27.901], [116.781, 27.9], [116.78, 27.901], [116.78, 27.9]]],
    }
    crossed = team.post(address, json={"geometry": bow}).json
    assert not crossed["valid"] and crossed["fault"]["at"]
    read = team.post("/api/collections/parcels/parse-coordinates", json={"text": rows("table")})
    assert read.status_code == 200 and read.json["geometry"]["type"] == "Polygon"
