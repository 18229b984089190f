"""Makes the demonstration town from a fixed seed: ``python data/geo/make_town.py``. Twice gives the same bytes.

Names of units, of four projects and of five pilots, and the figures in ``document.toml`` are real; everything else is invented.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tomllib
from pathlib import Path
from random import Random
from typing import Any

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

from shapely.geometry import mapping  # noqa: E402
from town import cases, duties, ground, scenery, story, works  # noqa: E402

LISTED, LATER = "2010-01-01", "2013-01-01"
NEW_COMMUNITIES = ("361027100008", "361027100009")
POPULATION, GROUPS, COUNCIL, BRANCHES, MEMBERS = 82_000, 166, 312, 32, 1_086


def shares(total: int, weights: list[float], least: int = 1) -> list[int]:
    """Whole shares by weight that sum to the total exactly."""
    free = total - least * len(weights)
    raw = [free * w / sum(weights) for w in weights]
    found = [least + int(r) for r in raw]
    order = sorted(range(len(raw)), key=lambda i: int(raw[i]) - raw[i])
    for i in order[: total - sum(found)]:
        found[i] += 1
    return found


def villages(units: list[ground.Unit]) -> list[dict[str, Any]]:
    """Rows of the units; figures add up over the list of 2012."""
    rng = Random(12)
    old = [u for u in units if u.code not in NEW_COMMUNITIES]
    rural = [u for u in old if u.kind == "village"]
    weights = [rng.uniform(4.5, 8) if u.kind == "community" else rng.uniform(1.8, 3.4) for u in old]
    people = dict(zip([u.code for u in old], shares(POPULATION, weights, 900), strict=True))
    groups = dict(zip([u.code for u in rural], shares(GROUPS, [rng.uniform(1, 2) for _ in rural], 6), strict=True))
    council = dict(zip([u.code for u in old], shares(COUNCIL, [groups.get(u.code, 7) for u in old], 6), strict=True))
    branches = dict(zip([u.code for u in old], shares(BRANCHES, weights), strict=True))
    members = dict(zip([u.code for u in old], shares(MEMBERS, weights, 20), strict=True))
    return [
        {
            "code": u.code, "name": u.name, "official_name": u.official_name, "kind": u.kind, "status": "listed",
            "valid_from": LATER if u.code in NEW_COMMUNITIES else LISTED, "valid_to": None, "population": people.get(u.code),
            "households": round(people[u.code] / 3.7) if u.code in people else None, "group_count": groups.get(u.code),
            "council_members": council.get(u.code), "party_branches": branches.get(u.code), "party_members": members.get(u.code),
        }
        for u in units
    ]  # fmt: skip


def projects(rows: list[works.Parcel]) -> list[dict[str, Any]]:
    """Rows of the projects before their first step."""
    found = []
    for plan in works.PLANS:
        own = [p for p in rows if p.plan is plan]
        deadline = story.BEGIN.fromordinal(story.BEGIN.toordinal() + 7 * min(plan.start + 68, 118))
        found.append(
            {
                "code": plan.code, "name": plan.name, "purpose": plan.purpose, "land_user": plan.land_user, "status": "draft",
                "planned_mu": round(sum(p.mu for p in own), 1), "regime": 2019, "deadline_on": deadline.isoformat(),
                "note": "红线、日期与进度均为演示数据" if plan.code <= "P04" else "名称与内容均为演示数据",
            }
        )  # fmt: skip
    return found


def collection(name: str, features: list[tuple[dict[str, Any], dict[str, Any]]]) -> str:
    """GeoJSON text, one feature a line."""
    lines = [
        json.dumps({"type": "Feature", "properties": p, "geometry": g}, ensure_ascii=False, separators=(",", ":"))
        for p, g in features
    ]
    head = f'{{"type":"FeatureCollection","name":"{name}","features":[\n'
    return head + ",\n".join(lines) + "\n]}\n"


def parcel_row(p: works.Parcel) -> dict[str, Any]:
    return {
        "parcel_no": p.parcel_no, "project": p.plan.code if p.plan.stage else None, "village": p.village, "group": p.group,
        "land_class": p.plot.land_class, "household_name": p.household, "area_paper_mu": p.paper_mu, "status": "identified",
    }  # fmt: skip


def files() -> dict[str, str]:
    """Every file by name."""
    units = ground.units(FOLDER / "county.geojson")
    outline = ground.town_outline(units)
    plane = ground.to_plane(outline)
    unit_rows = villages(units)
    context = scenery.lines(plane)
    sites = works.place(plane, [line for _, _, line in context])
    counts = {r["code"]: r["group_count"] for r in unit_rows if r["group_count"]}
    parcels = works.parcels(sites, units, counts)
    story.tell(parcels)
    red = works.red_lines(parcels)
    structures, case_history = duties.structures(parcels, units)
    disputes, dispute_history = cases.disputes(parcels)
    patrols, patrol_history = cases.patrols(units, structures)
    pilots, pilot_history = duties.pilots(
        plane, units, [*red.values(), *(p.plot.outline for p in parcels if not p.plan.stage)]
    )
    history = [*story.rows(parcels), *case_history, *pilot_history, *dispute_history, *patrol_history]
    g = ground.geometry
    return {
        "town.geojson": collection("town", [({"name": "秀谷镇", "note": "演示边界（非法定）"}, mapping(outline))]),
        "villages.geojson": collection("villages", [(r, g(u.outline)) for r, u in zip(unit_rows, units, strict=True)]),
        "projects.geojson": collection("projects", [(r, g(red[r["code"]])) for r in projects(parcels)]),
        "parcels.geojson": collection("parcels", [(parcel_row(p), g(p.plot.outline)) for p in parcels]),
        "illegal_structures.geojson": collection("illegal_structures", [(r, g(s)) for r, s in structures]),
        "pilot_villages.geojson": collection("pilot_villages", [(r, g(s)) for r, s in pilots]),
        "disputes.geojson": collection("disputes", [(r, g(p)) for r, p in disputes]),
        "patrols.geojson": collection("patrols", [(r, g(p)) for r, p in patrols]),
        "places.geojson": collection("places", [({"name": n, "kind": k}, g(p)) for n, k, p in scenery.places(units)]),
        "water_roads.geojson": collection("water_roads", [({"kind": k, "name": n}, g(x)) for k, n, x in context]),
        "history.csv": story.written(history),
    }


def sources(made: dict[str, str]) -> str:
    """``sources.toml`` with the sums of what was made."""
    text = (FOLDER / "sources.template.toml").read_text(encoding="utf-8")
    kept = {p.name: p.read_bytes() for p in FOLDER.iterdir() if p.is_file()} | {n: t.encode() for n, t in made.items()}
    for entry in tomllib.loads(text)["source"]:
        name = entry["file"]
        text = text.replace(f'sha256 = "{name}"', f'sha256 = "{hashlib.sha256(kept[name]).hexdigest()}"')
    return text


def main(target: Path) -> None:
    """Write every file into a folder."""
    made = files()
    for name, text in made.items():
        (target / name).write_text(text, encoding="utf-8", newline="\n")
        print(f"{name}\t{len(text.encode()) // 1024} KiB")
    (target / "sources.toml").write_text(sources(made), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
