"""What every layer can do, run over each of them: a new layer is tested on the day it is born."""

from __future__ import annotations

import mapbox_vector_tile
import pytest
import shapely
from flask import Flask
from sqlalchemy import text

import layers as layer_package
from geoapp.errors import StaleFeature
from geoapp.layer import Layer
from geoapp.queries.tiles import Tile, tile_columns
from geoapp.registry import Layers, load_layers
from geoapp.services import tiles, write
from geoapp.services.revisions import Revision
from geoapp.services.write import Deed, Edit
from tests.support import basic_client, logged_in

LAYERS = load_layers(layer_package)
PLACE = (116.78, 27.9)
each = pytest.mark.parametrize("layer", LAYERS.values(), ids=list(LAYERS))
ME = Deed("tester", note="契约")


def outline(layer: Layer) -> bytes:
    x, y = PLACE
    found: bytes = (
        shapely.box(x, y, x + 0.004, y + 0.004) if "POLYGON" in layer.geometry_type else shapely.Point(x, y)
    ).wkb
    return found


@pytest.fixture
def held(fresh_app: Flask, layers: Layers):
    """One example of every layer, parents first; ids by layer."""
    ids = {}
    with fresh_app.extensions["database"].session() as session:
        for layer in layers.in_write_order():
            ids[layer.id] = write.create(session, layer, [{**layer.example, "geom": outline(layer)}], ME).ids[0]
        session.commit()
    return fresh_app, ids


@each
def test_the_example_is_accepted_and_drawn_without_personal_columns(held, layer: Layer):
    app, ids = held
    tile = Tile(14, 13506, 6868)
    with app.extensions["database"].app.connect() as connection:
        found = {}
        for x in range(tile.x - 3, tile.x + 4):
            for y in range(tile.y - 3, tile.y + 4):
                body = tiles.render(
                    connection, LAYERS, layer, Tile(14, x, y), Revision(1, 1), app.extensions["town"].extent
                )
                if body:
                    found |= mapbox_vector_tile.decode(body)
    (feature, *_) = found[layer.id]["features"]
    assert feature["id"] == ids[layer.id]
    assert feature["properties"]["status"] == layer.example["status"]
    assert not set(feature["properties"]) & layer.personal
    assert layer.key in tile_columns(layer, rich=True)


@each
def test_a_stale_edit_is_refused_and_the_history_has_the_rest(held, layer: Layer):
    app, ids = held
    later = layer.status_by_code[layer.example["status"]].next
    with app.extensions["database"].session() as session:
        if later:
            write.revise(session, layer, [Edit(ids[layer.id], {"status": later[0]}, 1)], ME)
            session.commit()
            with pytest.raises(StaleFeature):
                write.revise(session, layer, [Edit(ids[layer.id], {"status": layer.example["status"]}, 1)], ME)
            session.rollback()
        rows = session.execute(text("SELECT version, status FROM change WHERE layer = :l ORDER BY 1"), {"l": layer.id})
        wanted = [(1, layer.example["status"])] + ([(2, later[0])] if later else [])
        assert [tuple(r) for r in rows] == wanted


@each
def test_list_card_export_and_api_show_the_same_feature(held, layer: Layer):
    app, ids = held
    viewer, planner = logged_in(app, "viewer"), basic_client(app, "planner")
    key = layer.example[layer.key]
    assert key in viewer.get(f"/{layer.path}").get_data(as_text=True)
    panel = viewer.get(f"/{layer.path}/{key}", headers={"X-Fragment": "panel"}).get_data(as_text=True)
    assert f'data-id="{ids[layer.id]}"' in panel and f'data-layer="{layer.id}"' in panel
    exported = planner.get(f"/export/{layer.id}.geojson").get_json()
    assert exported["numberReturned"] == 1 and exported["features"][0]["properties"][layer.key] == key
    item = planner.get(f"/api/collections/{layer.id}/items/{ids[layer.id]}").get_json()
    assert item["properties"][layer.key] == key and item["properties"]["version"] == 1


@each
def test_personal_values_stay_with_those_who_may_read_them(held, layer: Layer):
    app, ids = held
    viewer = logged_in(app, "viewer")
    key = layer.example[layer.key]
    hidden = [str(layer.example[n]) for n in layer.personal if layer.example.get(n)]
    for url in (
        f"/{layer.path}", f"/{layer.path}/{key}", f"/{layer.path}.json", f"/api/collections/{layer.id}/items",
        f"/api/collections/{layer.id}/items/{ids[layer.id]}", f"/api/collections/{layer.id}/items/{ids[layer.id]}/history",
        f"/search.json?q={key}", *(f"/search.json?q={h}" for h in hidden),
    ):  # fmt: skip
        body = viewer.get(url).get_data(as_text=True)
        assert [h for h in hidden if h in body] == [], url
