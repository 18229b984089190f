"""The demonstration town is what its sources say: every figure of the document, a lawful history, a clean cadastre."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
import tomllib
from collections import Counter
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import Geod, Transformer
from shapely.geometry import shape

from geoapp.registry import Layers
from geoapp.towns import SEED_FOLDER

GEOD = Geod(a=6378137, rf=298.257222101)
PLANE = Transformer.from_crs(4490, 4548, always_xy=True)
FREE = shapely.box(116.7735, 27.9075, 116.7918, 27.9252)


def features(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((SEED_FOLDER / f"{name}.geojson").read_text(encoding="utf-8"))["features"]
    return found


def history() -> list[dict[str, str]]:
    with (SEED_FOLDER / "history.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def today(layers: Layers) -> dict[str, dict[str, dict[str, Any]]]:
    """Properties of every feature after its history, by layer and key; ``mu`` is the plane area."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for layer in layers.values():
        found[layer.id] = {
            f["properties"][layer.key]: dict(f["properties"], geometry=shape(f["geometry"])) for f in features(layer.id)
        }
    for row in history():
        found[row["layer"]][row["key"]] |= {"status": row["status"], **json.loads(row["changes"] or "{}")}
    return found


def plane(geometry: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(geometry, lambda points: np.column_stack(PLANE.transform(points[:, 0], points[:, 1])))


def recomputed(today: dict[str, dict[str, dict[str, Any]]]) -> dict[str, float]:
    listed = [v for v in today["villages"].values() if v["valid_from"] < "2012-01-01"]
    total = {
        n: sum(v[n] or 0 for v in listed)
        for n in ("group_count", "population", "party_branches", "party_members", "council_members")
    }
    acquired = [p for p in today["parcels"].values() if p["status"] in ("delivered", "closed")]
    return {
        "town_area_km2": sum(GEOD.geometry_area_perimeter(v["geometry"])[0] for v in today["villages"].values()) / 1e6,
        "communities_2012": sum(v["kind"] == "community" for v in listed),
        "villages_2012": sum(v["kind"] == "village" for v in listed),
        "groups": total["group_count"], "population": total["population"], "party_branches": total["party_branches"],
        "party_members": total["party_members"], "council_members": total["council_members"],
        "acquired_mu": sum(plane(p["geometry"]).area * 0.0015 for p in acquired),
        "projects": len(today["projects"]),
        "removed": sum(bool(s["removed_on"]) for s in today["illegal_structures"].values()),
        "pilots": sum(p["status"] == "accepted" for p in today["pilot_villages"].values()),
        "petitions": sum(d["status"] == "closed" for d in today["disputes"].values()),
        "pilot_models": len({p["model"] for p in today["pilot_villages"].values()}),
    }  # fmt: skip


def test_every_figure_of_the_document_is_reproduced_or_said_not_to_be(today):
    with (SEED_FOLDER / "document.toml").open("rb") as file:
        figures = tomllib.load(file)["figure"]
    mapped = {f["name"]: f["value"] for f in figures if "not_mapped" not in f}
    found = recomputed(today)
    assert set(found) == set(mapped)
    assert found["town_area_km2"] == pytest.approx(163.0, abs=0.001)
    assert 5000 < found["acquired_mu"] < 5100
    assert 60 < found["removed"] < 70
    exact = set(mapped) - {"town_area_km2", "acquired_mu", "removed"}
    assert {n: found[n] for n in exact} == {n: mapped[n] for n in exact}


def test_the_units_are_the_24_real_ones_and_tile_the_town():
    units = features("villages")
    with (SEED_FOLDER / "units.csv").open(encoding="utf-8", newline="") as file:
        assert [(u["properties"]["code"], u["properties"]["official_name"]) for u in units] == [
            (r["code"], r["name"]) for r in csv.DictReader(file)
        ]
    shapes = [shape(u["geometry"]).geoms[0] for u in units]
    assert shapely.coverage_is_valid(shapes)
    (town,) = features("town")
    assert shapely.coverage_union_all(shapes).equals(shape(town["geometry"]))
    county = shape(features("county")[0]["geometry"])
    assert county.contains(shape(town["geometry"]))


def test_parcels_share_edges_and_never_overlap():
    shapes = [shape(f["geometry"]) for f in features("parcels")]
    assert 1900 < len(shapes) < 2400 and all(s.is_valid and s.area > 0 for s in shapes)
    flat = [plane(s) for s in shapes]
    tree = shapely.STRtree(flat)
    overlap = sum(flat[i].intersection(flat[j]).area for i, j in tree.query(flat, predicate="intersects").T if i < j)
    assert overlap < 0.01
    touching = sum(1 for i, j in tree.query(flat, predicate="touches").T if i < j)
    assert touching > 2 * len(shapes)
    assert not any(s.intersects(FREE) for s in shapes)


def test_parcels_lie_inside_their_red_line():
    red = {f["properties"]["code"]: shape(f["geometry"]).buffer(1e-9) for f in features("projects")}
    out = [
        f["properties"]["parcel_no"]
        for f in features("parcels")
        if f["properties"]["project"] and not red[f["properties"]["project"]].contains(shape(f["geometry"]))
    ]
    assert out == []


def test_every_step_of_the_history_is_one_the_layers_allow(layers: Layers):
    now = {(x.id, f["properties"][x.key]): f["properties"]["status"] for x in layers.values() for f in features(x.id)}
    for row in history():
        key = row["layer"], row["key"]
        status = layers[row["layer"]].status_by_code[now[key]]
        assert row["status"] in status.next, (key, status.code, row["status"])
        now[key] = row["status"]


def test_the_history_is_two_years_of_working_days_in_order():
    chinese_calendar = pytest.importorskip("chinese_calendar")
    moments = [datetime.fromisoformat(r["at"]) for r in history()]
    assert all(a <= b for a, b in pairwise(moments))
    days = {m.date() for m in moments}
    assert [d for d in days if d.weekday() > 4 or chinese_calendar.is_holiday(d)] == []
    assert date(2024, 11, 1) < min(days) and date(2026, 11, 1) < max(days) <= date(2026, 11, 20)
    assert all(8 <= m.hour <= 17 for m in moments)


def test_guards_hold_in_the_history():
    """Agreements only after the plan is confirmed, payment only after the acquisition announcement."""
    reached: dict[tuple[str, str], str] = {}
    project_of = {f["properties"]["parcel_no"]: f["properties"]["project"] for f in features("parcels")}
    for row in history():
        if row["layer"] == "projects":
            reached[row["key"], row["status"]] = row["at"]
        elif row["layer"] == "parcels":
            needed = {"announced": "pre_announced", "signed": "signing", "paid": "acq_announced"}.get(row["status"])
            if needed:
                assert reached[project_of[row["key"]], needed] <= row["at"], row


def test_most_statuses_have_life(today):
    held = Counter(p["status"] for p in today["parcels"].values())
    assert len(held) >= 16 and held["disputed"] >= 5


def test_names_are_marked_as_invented(today):
    invented = [p["name"] for c, p in today["projects"].items() if c > "P04"]
    assert all("演示" in name for name in invented)
    named = {"范家源", "徐坊", "徐塘", "双源", "里吴新连"}
    pilots = today["pilot_villages"].values()
    assert all("演示" in p["name"] for p in pilots if p["name"] not in named)
    assert all(p["village"] is None for p in pilots if p["name"] in named)


def test_files_are_what_the_sources_declare():
    with (SEED_FOLDER / "sources.toml").open("rb") as file:
        entries = tomllib.load(file)["source"]
    sums = {e["file"]: e["sha256"] for e in entries}
    assert {n: hashlib.sha256((SEED_FOLDER / n).read_bytes()).hexdigest() for n in sums} == sums
    assert {p.name for p in SEED_FOLDER.glob("*.geojson")} <= set(sums)
    assert all((SEED_FOLDER / n).stat().st_size < 1_800 * 1024 for n in sums)


def test_the_generator_makes_the_same_bytes_again(tmp_path):
    subprocess.run([sys.executable, str(SEED_FOLDER / "make_town.py"), str(tmp_path)], check=True, capture_output=True)
    made = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    assert {n for n, content in made.items() if (SEED_FOLDER / n).read_bytes() != content} == set()
