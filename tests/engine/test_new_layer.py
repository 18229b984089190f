"""The promise to whoever adds a layer: one file, and map, tiles, card, export, history and API are there."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import mapbox_vector_tile
import pytest
import shapely
from flask import Flask

from geoapp import create_app, ledger
from geoapp.orm import Base
from geoapp.registry import Layers, load_layers
from geoapp.services import write
from geoapp.services.write import Deed, Edit
from tests.support import basic_client, logged_in

WELLS = '''
"""Wells inside the acquisition area, so that none is filled by mistake."""
from geoalchemy2 import WKBElement
from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column
from geoapp.layer import Layer, Status
from geoapp.orm import Feature, geometry

class Well(Feature):
    __tablename__ = "well"
    code: Mapped[str] = mapped_column(Text, unique=True, comment="编号")
    depth_m: Mapped[float] = mapped_column(comment="井深（米）")
    parcel_id: Mapped[int | None] = mapped_column(ForeignKey("parcel.id"), index=True, comment="所在地块")
    geom: Mapped[WKBElement] = geometry("POINT")

LAYER = Layer(
    id="wells", title="水井", model=Well, key="code",
    statuses=(Status("open", "在用", "#1976d2", next=("sealed",)), Status("sealed", "已封填", "#9e9e9e")),
    card=("code", "depth_m", "status"),
    import_columns={"BH": "code", "JS": "depth_m"},
    example={"code": "J-01", "depth_m": 12.5, "status": "open"},
)
'''
PLACE = shapely.Point(116.7765, 27.9113)


@pytest.fixture(scope="module")
def with_wells(tmp_path_factory, layers: Layers) -> Layers:
    folder: Path = tmp_path_factory.mktemp("more") / "more_layers"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "wells.py").write_text(textwrap.dedent(WELLS), encoding="utf-8")
    sys.path.insert(0, str(folder.parent))
    try:
        import more_layers

        return Layers([*layers.values(), *load_layers(more_layers).values()])
    finally:
        sys.path.remove(str(folder.parent))


@pytest.fixture
def wells_app(demo_app: Flask, with_wells: Layers) -> Flask:
    database = demo_app.extensions["database"]
    with database.owner.begin() as connection:
        Base.metadata.tables["well"].create(connection)
        ledger.lay(connection, [with_wells["wells"]], demo_app.extensions["town"].extent)
    app = create_app(demo_app.extensions["settings"], with_wells, database.urls)
    layer = with_wells["wells"]
    with app.extensions["database"].session() as session:
        made = write.create(session, layer, [{**layer.example, "geom": PLACE.wkb}], Deed("t"))
        write.revise(session, layer, [Edit(made.ids[0], {"status": "sealed"}, 1)], Deed("t", note="已封"))
        session.commit()
    yield app
    app.extensions["database"].dispose()
    Base.metadata.remove(Base.metadata.tables["well"])


def test_a_dropped_in_layer_has_map_tile_card_export_history_and_api(wells_app: Flask):
    viewer, planner = logged_in(wells_app, "viewer"), basic_client(wells_app, "planner")
    assert "水井" in viewer.get("/map").get_data(as_text=True)
    tile = viewer.get("/tiles/wells/14/13506/6867.mvt")
    found = [viewer.get(f"/tiles/wells/14/{x}/{y}.mvt") for x in range(13503, 13510) for y in range(6862, 6874)]
    drawn = [f for f in found if f.status_code == 200]
    assert tile.status_code in (200, 204) and len(drawn) == 1
    (feature,) = mapbox_vector_tile.decode(drawn[0].get_data())["wells"]["features"]
    assert feature["properties"]["code"] == "J-01" and feature["properties"]["status"] == "sealed"
    card = viewer.get("/wells/J-01").get_data(as_text=True)
    assert "井深" in card and "12.5" in card and "已封填" in card and "已封" in card
    assert "J-01" in viewer.get("/wells").get_data(as_text=True)
    exported = planner.get("/export/wells.geojson").get_json()
    assert exported["numberReturned"] == 1 and exported["features"][0]["properties"]["depth_m"] == 12.5
    assert planner.get("/api/collections/wells/items").get_json()["numberMatched"] == 1
    assert [c["version"] for c in planner.get("/api/collections/wells/items/1/history").get_json()["changes"]] == [2, 1]


def test_a_wrong_declaration_stops_the_boot_with_a_sentence(with_wells: Layers):
    from dataclasses import replace

    from geoapp.errors import DeclarationError

    with pytest.raises(DeclarationError, match="layer 'wells': card names no such column: dpeth"):
        replace(with_wells["wells"], card=("dpeth",))
