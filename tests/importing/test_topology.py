"""Overlaps, slivers, paper areas and red lines are told with row, number and 亩 before anything is written."""

from __future__ import annotations

import json

import pytest
import shapely

from geoapp.importing import topology
from geoapp.services import plane
from tests.importing.test_page import brought, counts
from tests.support import basic_client, logged_in


@pytest.fixture
def near(demo_app):
    """A parcel of the town, and ground north of it where nothing lies."""
    client = basic_client(demo_app, "team")
    found = client.get("/api/collections/parcels/items?parcel_no=LL-05-0032&limit=1", buffered=True).get_json()[
        "features"
    ][0]
    return plane.to_plane(shapely.geometry.shape(found["geometry"]))


def file(rows) -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {"地块编号": key, "村": "联乐村", "小组": 5, "地类": "水田", "证载面积（亩）": paper, **more},
            "geometry": shapely.geometry.mapping(plane.to_storage(shape)),
        }
        for key, shape, paper, more in rows
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def shown(app, content):
    team = logged_in(app, "team")
    _, answer = brought(app, team, content, "新地块.geojson")
    return team.get(answer.headers["Location"]).get_data(as_text=True)


def test_every_kind_of_fault_is_told_and_none_stops_the_import(demo_app, near):
    x, y = near.bounds[0] - 3000, near.bounds[3] + 200
    square = shapely.box(x, y, x + 100, y + 100)
    page = shown(demo_app, file([
        ("T-1", square, 15.0, {}),
        ("T-2", shapely.box(x + 90, y, x + 200, y + 100), 16.5, {}),
        ("T-3", shapely.box(x, y + 200, x + 100, y + 200.3), 0.045, {}),
        ("T-4", shapely.box(x, y + 300, x + 100, y + 400), 30.0, {}),
        ("T-5", shapely.box(*near.bounds), None, {"项目": "P15"}),
    ]))  # fmt: skip
    assert counts(page)["added"] == 5 and counts(page)["stopped"] == 0
    assert "与 T-2 重叠 1.5000 亩（1000.00 m²）" in page
    assert "平均宽度 0.30 米" in page
    assert "图形 15.0000 亩，证载 30.0000 亩，差 -50.0%" in page
    assert "与库中 LL-05-0032 重叠" in page
    assert "found-mutual" in page and "found-existing" in page and "found-paper" in page
    assert 'fill="#D20058" fill-opacity="0.7"' in page


def test_neighbours_that_share_a_boundary_to_the_millimetre_are_no_overlap(demo_app, near):
    x, y = near.bounds[0] - 3000, near.bounds[3] + 200
    page = shown(demo_app, file([
        ("T-1", shapely.box(x, y, x + 100.0004, y + 100), 15.0, {}),
        ("T-2", shapely.box(x + 100, y, x + 200, y + 100), 15.0, {}),
    ]))  # fmt: skip
    assert 'id="topology"' not in page


def test_what_lies_outside_its_red_line_is_measured(demo_app, near):
    x, y = near.bounds[0] - 3000, near.bounds[3] + 200
    page = shown(demo_app, file([("T-1", shapely.box(x, y, x + 100, y + 100), 15.0, {"项目": "P15"})]))
    assert "有 15.0000 亩（10000.00 m²） 在 P15 红线以外" in page


def test_what_was_not_looked_at_is_told(demo_app, near, monkeypatch):
    monkeypatch.setattr(topology, "MOST", 1)
    x, y = near.bounds[0] - 3000, near.bounds[3] + 200
    page = shown(demo_app, file([
        ("T-1", shapely.box(x, y, x + 100, y + 100), 15.0, {}),
        ("T-2", shapely.box(x + 90, y, x + 190, y + 100), 15.0, {}),
    ]))  # fmt: skip
    assert "1 个没有检查" in page and "found-unchecked" in page
