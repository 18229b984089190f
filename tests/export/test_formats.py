"""Every format read back with other programs: numbers, Chinese and areas are those of the town."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import ezdxf
import openpyxl
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from geoapp.services.export_formats import rows, shapefile
from tests.support import basic_client

GIS = ("gpkg", "fgb", "zip", "kml")


def taken(app, path, role="planner"):
    answer = basic_client(app, role).get(path, buffered=True)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:400]
    return answer.get_data()


def ours(app, layer_id, query=""):
    return json.loads(taken(app, f"/export/{layer_id}.geojson{query}"))["features"]


@pytest.mark.parametrize("extension", GIS)
@pytest.mark.parametrize("layer_id", ["villages", "projects", "parcels", "illegal_structures", "pilot_villages"])
def test_gis_files_hold_what_the_geojson_holds(app, tmp_path, layer_id, extension):
    path = tmp_path / f"x.{extension}"
    path.write_bytes(taken(app, f"/export/{layer_id}.{extension}"))
    _, table = pyogrio.read_arrow(path)
    found = ours(app, layer_id)
    assert table.num_rows == len(found)
    layer = app.extensions["layers"][layer_id]
    names = {"zip": shapefile.field_names(rows.fields(layer)), "kml": [f.title for f in rows.fields(layer)]}
    own = [f.name for f in rows.fields(layer)]
    name = names.get(extension, own)[own.index("status_label")]
    assert sorted(table[name].to_pylist()) == sorted(f["properties"]["status_label"] for f in found)
    shapes = shapely.from_wkb(table.column(table.column_names[-1]).to_pylist())
    assert shapely.area(shapes).sum() == pytest.approx(
        shapely.area(shapely.from_geojson([json.dumps(f["geometry"]) for f in found])).sum(), rel=1e-6
    )
    if extension == "zip":
        assert all(len(n.encode("gbk")) <= 10 for n in names["zip"])
        with zipfile.ZipFile(path) as packed:
            assert {"字段说明.txt", f"{layer.title}.cpg", f"{layer.title}.prj"} <= set(packed.namelist())
            assert packed.read(f"{layer.title}.cpg") == b"GBK"


def test_plane_coordinates_and_areas(app, tmp_path):
    path = tmp_path / "x.gpkg"
    path.write_bytes(taken(app, "/export/parcels.gpkg?crs=EPSG:4548&project=P15"))
    meta, table = pyogrio.read_arrow(path)
    shapes = shapely.from_wkb(table[meta["geometry_name"]].to_pylist())
    assert meta["crs"] == "EPSG:4548"
    for area, shape in zip(table["area_m2"].to_pylist(), shapes, strict=True):
        assert shape.area == pytest.approx(area, abs=0.011)


def test_parquet(app, tmp_path):
    path = tmp_path / "x.parquet"
    path.write_bytes(taken(app, "/export/parcels.parquet"))
    table = pq.read_table(path)
    geo = json.loads(table.schema.metadata[b"geo"])
    assert geo["columns"]["geom"]["crs"]["id"]["code"] == 4326
    assert sum(table["area_m2"].to_pylist()) == pytest.approx(
        sum(f["properties"]["area_m2"] for f in ours(app, "parcels"))
    )


def test_workbook_sums_are_formulas_and_text_stays_text(demo_app):
    with demo_app.app_context():
        team = basic_client(demo_app, "team")
        item = team.get("/api/collections/parcels/items?project=P15&limit=1").json["features"][0]
        saved = team.patch(
            f"/api/collections/parcels/items/{item['id']}",
            json={"household_name": "=HYPERLINK(1)"},
            headers={"If-Match": f'"{item["properties"]["version"]}"'},
        )
        assert saved.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(taken(demo_app, "/export/parcels.xlsx?project=P15")))
    sheet = book.active
    heads = [c.value for c in sheet[1]]
    name, area = heads.index("户主"), heads.index("图形面积（亩）")
    assert "=HYPERLINK(1)" in [r[name].value for r in sheet.iter_rows(min_row=2) if r[name].data_type == "s"]
    last = sheet[sheet.max_row]
    assert last[1].value == "合计" and str(last[area].value).startswith("=SUM(")
    assert sheet.max_row == 48 + 2
    lines = list(csv.reader(io.StringIO(taken(demo_app, "/export/parcels.csv?project=P15").decode("utf-8-sig"))))
    assert "'=HYPERLINK(1)" in [line[lines[0].index("户主")] for line in lines]
    assert shapely.from_wkt(lines[1][-1]).is_valid


def test_a_rare_character_is_never_lost(demo_app, tmp_path):
    team = basic_client(demo_app, "team")
    item = team.get("/api/collections/parcels/items?project=P15&limit=1").json["features"][0]
    match = {"If-Match": f'"{item["properties"]["version"]}"'}
    saved = team.patch(f"/api/collections/parcels/items/{item['id']}", json={"household_name": "王𬍛"}, headers=match)
    assert saved.status_code == 200
    path = tmp_path / "x.zip"
    path.write_bytes(taken(demo_app, "/export/parcels.zip?project=P15"))
    with zipfile.ZipFile(path) as packed:
        assert packed.read("地块.cpg") == b"UTF-8"
    _, table = pyogrio.read_arrow(path)
    assert "王𬍛" in {v for name in table.column_names for v in table[name].to_pylist()[:60] if isinstance(v, str)}


def test_drawing(app, tmp_path):
    path = tmp_path / "x.dxf"
    path.write_bytes(taken(app, "/export/parcels.dxf?project=P15"))
    drawing = ezdxf.readfile(path)
    texts = {e.dxf.text for e in drawing.modelspace().query("TEXT")}
    assert texts == {f["properties"]["parcel_no"] for f in ours(app, "parcels", "?project=P15")}
    rings = drawing.modelspace().query("LWPOLYLINE")
    total = sum(shapely.Polygon(list(r.get_points("xy"))).area for r in rings)
    assert total == pytest.approx(sum(f["properties"]["area_m2"] for f in ours(app, "parcels", "?project=P15")), abs=1)
    assert any("已" in r.dxf.layer for r in rings)


@pytest.mark.parametrize("extension", ["gpkg", "fgb", "zip", "kml", "csv", "xlsx", "dxf", "parquet"])
def test_the_past_and_the_right_hold_for_every_format(app, extension):
    assert basic_client(app, "viewer").get(f"/export/parcels.{extension}").status_code == 403
    now, then = (taken(app, f"/export/parcels.{extension}?project=P15{q}") for q in ("", "&asof=2025-12-31"))
    assert now != then
