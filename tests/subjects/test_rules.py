"""The rules of the subjects: every seeded step obeys them, and the law's own cases are refused with their reason."""

from __future__ import annotations

import csv
import json
from datetime import date
from typing import Any

import pytest

from geoapp.registry import Layers
from geoapp.services import values
from geoapp.services.steps import machine
from geoapp.towns import SEED_FOLDER
from tests.support import basic_client

SUBJECTS = ("illegal_structures", "pilot_villages", "disputes", "patrols")
CASE: dict[str, Any] = {
    "case_no": "WJ-1", "legal_basis": "planning_65", "found_on": date(2026, 1, 5), "ordered_on": date(2026, 2, 2),
    "comply_by": date(2026, 2, 17), "urged_on": date(2026, 3, 2), "decided_on": date(2026, 3, 20),
    "announced_on": date(2026, 4, 1), "enforce_hour": 9, "party_name": "单志强",
}  # fmt: skip


def seeded(layer) -> dict[str, dict[str, Any]]:
    rows = json.loads((SEED_FOLDER / f"{layer.id}.geojson").read_text(encoding="utf-8"))["features"]
    return {r["properties"][layer.key]: dict(r["properties"]) for r in rows}


@pytest.mark.parametrize("layer_id", SUBJECTS)
def test_every_seeded_step_obeys_the_rules(layers: Layers, layer_id: str):
    layer = layers[layer_id]
    graph, now = machine(layer), seeded(layer)
    with (SEED_FOLDER / "history.csv").open(encoding="utf-8", newline="") as file:
        steps = [r for r in csv.DictReader(file) if r["layer"] == layer_id]
    assert steps
    for step in steps:
        row = now[step["key"]] | json.loads(step["changes"] or "{}")
        typed = {n: values.one(layer, n, v) if v is not None else None for n, v in row.items() if n != "status"}
        problem = graph.refused({**typed, "status": row["status"]}, step["status"], "", {})
        assert problem is None, (step, problem)
        now[step["key"]] = row | {"status": step["status"]}


@pytest.mark.parametrize(
    ("status", "to", "changes", "law"),
    [
        ("announced", "enforced", {"removed_on": date(2026, 6, 3)}, "第四十四条"),
        ("announced", "enforced", {"removed_on": date(2026, 10, 1)}, "第四十三条"),
        ("announced", "enforced", {"removed_on": date(2026, 9, 5)}, "第四十三条"),
        ("announced", "enforced", {"removed_on": date(2026, 9, 4), "enforce_hour": None}, "第四十三条"),
        ("urged", "enforce_decided", {"legal_basis": "land_77"}, "第八十三条"),
        ("urged", "court", {"court_on": date(2026, 4, 1)}, "第六十五条"),
        ("urged", "court", {"legal_basis": "land_77", "court_on": date(2026, 3, 9)}, "第五十四条"),
        ("notified", "ordered", {"ordered_on": None}, "第六十五条"),
    ],
)
def test_the_law_refuses(layers: Layers, status: str, to: str, changes: dict[str, Any], law: str):
    problem = machine(layers["illegal_structures"]).refused({**CASE, **changes, "status": status}, to, "", {})
    assert problem is not None and law in problem.rule, problem


def test_on_a_working_day_after_the_periods_it_is_allowed(layers: Layers):
    graph = machine(layers["illegal_structures"])
    assert graph.refused({**CASE, "status": "announced", "removed_on": date(2026, 9, 4)}, "enforced", "", {}) is None


def test_a_make_up_sunday_is_a_working_day(layers: Layers):
    row = {**CASE, "ordered_on": date(2024, 1, 2), "removed_on": date(2024, 9, 29), "status": "announced"}
    assert machine(layers["illegal_structures"]).refused(row, "enforced", "", {}) is None


def test_each_model_of_pilots_has_its_own_checklist(layers: Layers):
    graph = machine(layers["pilot_villages"])
    row = {"status": "building", "finished_on": date(2026, 5, 1)}
    asked = {
        m: graph.refused({**row, "model": m}, "finished", "", {}).missing for m in ("relocation", "hollow", "suburban")
    }
    assert asked["relocation"] == ("moved_households", "old_homes_removed", "reclaimed_mu")
    assert asked["hollow"] == ("hollow_cleared", "land_after_mu")
    assert asked["suburban"] == ("renovated_homes", "illegal_removed", "pipes_m")


def test_an_open_dispute_holds_its_parcel(demo_app):
    """Refused while the case is open, allowed once it is answered."""
    team = basic_client(demo_app, "team")
    items = team.get("/api/collections/disputes/items?limit=200").get_json()["features"]
    case = next(f for f in items if f["properties"]["status"] in ("handling", "extended", "received"))
    number = case["properties"]["parcel"]
    parcel = team.get(f"/parcels/{number}", headers={"Accept": "application/json"}).get_json()
    step = {"signed": "paid", "holdout": "signed", "disputed": "confirmed"}[parcel["status"]]
    if step != "paid":  # pragma: no cover
        pytest.skip("the open cases of this town lie on parcels that are not signed yet")
    url = f"/api/collections/parcels/items/{parcel['id']}"
    refused = team.patch(url, json={"status": "paid"}, headers={"If-Match": f'"{parcel["version"]}"'})
    assert refused.status_code == 409 and "矛盾纠纷" in refused.get_json()["detail"]
    dispute = f"/api/collections/disputes/items/{case['id']}"
    version = case["properties"]["version"]
    done = {"status": "settled", "result": "resolved", "answered_on": "2026-11-20"}
    if case["properties"]["status"] in ("handling", "extended"):
        assert team.patch(dispute, json=done, headers={"If-Match": f'"{version}"'}).status_code == 200
        assert (
            team.patch(url, json={"status": "paid"}, headers={"If-Match": f'"{parcel["version"]}"'}).status_code == 200
        )
