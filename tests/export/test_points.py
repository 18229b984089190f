"""界址点 TXT read by rules written apart from the writer: every corner within a millimetre."""

from __future__ import annotations

import json

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from geoapp.services.boundary_points import Parcel, head, written
from tests.support import basic_client


def read(text: str) -> list[tuple[list[str], shapely.Geometry]]:
    """(attributes, outline) of each parcel: rings with the same number, holes inside an outer ring."""
    found: list[tuple[list[str], dict[str, list[tuple[float, float]]]]] = []
    body = text.split("[地块坐标]\r\n", 1)[1]
    for line in body.splitlines():
        cells = line.split(",")
        if line.endswith("@"):
            found.append((cells, {}))
        else:
            found[-1][1].setdefault(cells[1], []).append((float(cells[3]), float(cells[2])))
    shapes = []
    for cells, rings in found:
        made = None
        for ring in rings.values():
            shape = shapely.Polygon(ring)
            made = shape if made is None else made.symmetric_difference(shape)
        shapes.append((cells, made))
    return shapes


@given(
    x=st.floats(39_460_000, 39_490_000), y=st.floats(3_080_000, 3_100_000), size=st.floats(5, 500),
    hole=st.booleans(), twice=st.booleans(), name=st.text(st.sampled_from("王小明,@ A\n1"), max_size=6),
)  # fmt: skip
def test_what_is_written_is_read_within_a_millimetre(x, y, size, hole, twice, name):
    square = shapely.box(x, y, x + size, y + size)
    shape = square.difference(shapely.box(x + size / 3, y + size / 3, x + size / 2, y + size / 2)) if hole else square
    if twice:
        shape = shapely.MultiPolygon([shape, shapely.box(x + 2 * size, y, x + 3 * size, y + size)])
    [(cells, back)] = read(head("2026-11-24", "") + written(Parcel("A-1", name, shape.area, "0101", shape)))
    assert len(cells) == 9 and cells[2] == "A-1" and cells[-1] == "@"
    assert shapely.hausdorff_distance(back.boundary, shape.boundary) < 0.001
    assert int(cells[0]) == shapely.get_num_coordinates(shape) - sum(
        1 + len(p.interiors) for p in getattr(shape, "geoms", [shape])
    )


def test_the_file_of_a_project_lies_where_the_parcels_lie(app):
    planner = basic_client(app, "planner")
    text = planner.get("/export/parcels.txt?project=P15", buffered=True).get_data().decode("gbk")
    assert "坐标系=2000国家大地坐标系" in text and "带号=39" in text
    found = {cells[2]: (cells, shape) for cells, shape in read(text)}
    features = json.loads(planner.get("/export/parcels.geojson?project=P15", buffered=True).get_data())["features"]
    assert len(found) == len(features) == 48
    to_plane = Transformer.from_crs(4490, 4527, always_xy=True).transform
    for feature in features:
        cells, shape = found[feature["properties"]["parcel_no"]]
        ours = shapely.transform(shapely.from_geojson(json.dumps(feature["geometry"])), to_plane, interleaved=False)
        assert shapely.hausdorff_distance(shape.boundary, ours.boundary) < 0.0012
        assert float(cells[1]) == pytest.approx(feature["properties"]["area_m2"] / 10000, abs=0.00005)
        assert cells[7] == feature["properties"]["land_class"]


def test_points_have_no_boundary(app):
    assert basic_client(app, "planner").get("/export/illegal_structures.txt").status_code in (200, 400)
    assert basic_client(app, "planner").get("/export/disputes.txt").status_code == 400
