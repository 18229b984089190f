"""Illegal structures and pilot villages: 64 removed cases, 22 open ones, 50 pilots of three models."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import shapely
from shapely import affinity
from shapely.geometry import Point, Polygon

from .calendar import is_working_day
from .ground import Unit, free_zone
from .story import BEGIN, CST, LAST_WEEK, Row, row
from .works import GIVEN, SURNAMES, Parcel

Feature = dict[str, Any]
ROUTE = ("verified", "stop_ordered", "filed", "investigated", "notified", "ordered")
ENDS = {
    "self_removed": (*ROUTE, "self_removed"),
    "enforced": (*ROUTE, "urged", "enforce_decided", "announced", "enforced"),
    "accepted": (*ROUTE, "self_removed", "accepted"),
    "reclaimed": (*ROUTE, "self_removed", "accepted", "reclaimed"),
    "closed": (*ROUTE, "urged", "enforce_decided", "announced", "enforced", "accepted", "closed"),
}
REMOVED = [*["self_removed"] * 8, *["enforced"] * 7, *["accepted"] * 9, *["reclaimed"] * 10, *["closed"] * 30]
OPEN = (
    "found", "found", "found", "verified", "verified", "dismissed", "stop_ordered", "stop_ordered", "filed", "filed",
    "investigated", "notified", "notified", "ordered", "ordered", "ordered", "urged", "enforce_decided", "announced",
    "court", "rectified", "rectified",
)  # fmt: skip
PATHS = {
    "found": (), "verified": ("verified",), "dismissed": ("dismissed",), "rectified": ("verified", "stop_ordered", "rectified"),
    "urged": (*ROUTE, "urged"), "enforce_decided": (*ROUTE, "urged", "enforce_decided"),
    "announced": (*ROUTE, "urged", "enforce_decided", "announced"), "court": (*ROUTE, "urged", "court"),
}  # fmt: skip
KPIS = (
    "signed_households", "moved_households", "old_homes_removed", "hollow_homes", "hollow_cleared", "renovated_homes",
    "illegal_removed", "pipes_m",
)  # fmt: skip
REAL_PILOTS = (
    ("范家源", "relocation"),
    ("徐坊", "hollow"),
    ("徐塘", "suburban"),
    ("双源", "hollow"),
    ("里吴新连", "hollow"),
)


DATES = {
    "stop_ordered": "stop_ordered_on", "notified": "notified_on", "ordered": "ordered_on", "urged": "urged_on",
    "enforce_decided": "decided_on", "announced": "announced_on", "court": "court_on",
}  # fmt: skip
"""The column that takes the day of a step."""


def working_day(week: int, offset: int) -> date:
    day = BEGIN + timedelta(weeks=week, days=offset % 4)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def structures(parcels: list[Parcel], units: list[Unit]) -> tuple[list[tuple[Feature, Polygon]], list[Row]]:
    """Cases beside house plots and fields, and their history."""
    rng = Random(65)
    spots = [p for p in parcels if p.plot.land_class in ("0101", "0103", "0201") and 2 < p.mu < 9]
    rng.shuffle(spots)
    fates = [*REMOVED, *OPEN]
    rng.shuffle(fates)
    made, history, taken = [], [], []
    for i, fate in enumerate(fates, 1):
        while True:
            parcel = spots.pop()
            shape = _building(parcel.plot.outline, rng)
            if shape and not any(shape.distance(t) < 15 for t in taken):
                break
        taken.append(shape)
        path = ENDS.get(fate) or PATHS.get(fate) or ROUTE[: ROUTE.index(fate) + 1] if fate != "found" else ()
        basis = rng.choices(("planning_65", "planning_64", "land_77", "homestead_78"), (5, 1, 2, 3))[0]
        basis, path = _lawful(basis, path)
        slow = 28 if "enforced" in path else 0
        week = rng.randint(1, 92 - len(path) * 2 - slow) if fate in ENDS else rng.randint(78, 99 - len(path))
        found = working_day(week, i)
        key = f"WJ-{found.year}-{i:03}"
        made.append((_case(key, parcel, shape, found, basis, rng), shape))
        history += _case_history(key, path, week, i, fate in ENDS, rng)
    return made, history


def _lawful(basis: str, path: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Land cases are enforced by a court only; planning cases never go there."""
    if path[-1:] == ("court",):
        return "land_77", path
    if basis.startswith("planning") or "enforce_decided" not in path:
        return basis, path
    if "enforced" not in path:
        return "planning_65", path
    at = path.index("enforce_decided")
    return basis, (*path[:at], "court", *path[path.index("enforced") :])


def _building(field: Polygon, rng: Random) -> Polygon | None:
    """A turned rectangle inside a field."""
    wide, deep = rng.uniform(6, 14), rng.uniform(8, 24)
    p = field.representative_point()
    box = shapely.box(p.x - wide / 2, p.y - deep / 2, p.x + wide / 2, p.y + deep / 2)
    turned = affinity.rotate(box, rng.uniform(0, 180))
    return turned if field.buffer(-0.5).contains(turned) else None


def _case(key: str, parcel: Parcel, shape: Polygon, found: date, basis: str, rng: Random) -> Feature:
    floors = rng.choice((1, 1, 1, 2, 2, 3))
    return {
        "case_no": key, "status": "found", "village": parcel.village, "group": parcel.group,
        "legal_basis": basis,
        "land_class": parcel.plot.land_class, "building_area_m2": round(shape.area * floors * rng.uniform(0.92, 1.0), 2),
        "floors": floors, "structure": rng.choice(("brick_concrete", "brick_concrete", "brick_timber", "simple", "frame")),
        "discovered_by": rng.choices(("patrol", "report", "satellite"), (6, 2, 2))[0], "found_on": found.isoformat(),
        **dict.fromkeys(DATES.values()), "comply_by": None, "removed_on": None, "enforce_hour": None, "party_name": rng.choice(SURNAMES) + rng.choice(GIVEN),
    }  # fmt: skip


def _case_history(key: str, path: tuple[str, ...], week: int, i: int, ends: bool, rng: Random) -> list[Row]:
    history = []
    weeks: dict[str, int] = {}
    for status in path:
        week += 1 if not ends else rng.choice((1, 1, 2))
        if status in ("court", "enforce_decided"):
            week = max(week, weeks["urged"] + 3, weeks["ordered"] + 4)
        if status == "enforced" and "court" not in weeks:
            week = max(week, weeks["ordered"] + 28)
        week = weeks[status] = min(week, LAST_WEEK - 1)
        day = working_day(week, i)
        at = datetime(day.year, day.month, day.day, 8 + i % 8, 40, tzinfo=CST)
        history.append(row("illegal_structures", key, at, day, status, "team", "违建案件办理", _filled(status, day)))
    return history


def _filled(status: str, day: date) -> dict[str, object]:
    """What a step writes besides the status."""
    changes: dict[str, object] = {DATES[status]: day.isoformat()} if status in DATES else {}
    if status == "ordered":
        changes["comply_by"] = (day + timedelta(days=15)).isoformat()
    if status in ("self_removed", "enforced"):
        changes["removed_on"] = day.isoformat()
    if status == "enforced":
        changes["enforce_hour"] = 9
    return changes


def pilots(
    outline: Polygon, units: list[Unit], taken: list[Polygon]
) -> tuple[list[tuple[Feature, Polygon]], list[Row]]:
    """Fifty pilots; the parents of the five named ones are not known and stay empty."""
    rng = Random(50)
    made: list[tuple[Feature, Polygon]] = []
    history: list[Row] = []
    busy = [free_zone(), *taken]
    villages = [u for u in units if u.kind == "village"]
    for i in range(1, 51):
        named = i <= len(REAL_PILOTS)
        name, model = (
            REAL_PILOTS[i - 1]
            if named
            else (f"试点村 {i:02}（演示）", rng.choices(("relocation", "hollow", "suburban"), (3, 5, 2))[0])
        )
        unit = villages[i % len(villages)]
        shape = _hamlet(unit, outline, busy, rng)
        busy.append(shape.buffer(60))
        feature, rows_ = _pilot(i, name, model, None if named else unit.code, shape, rng)
        made.append((feature, shape))
        history += rows_
    return made, history


def _hamlet(unit: Unit, outline: Polygon, busy: list[Polygon], rng: Random) -> Polygon:
    west, south, east, north = unit.outline.bounds
    for _ in range(5000):
        p = Point(rng.uniform(west, east), rng.uniform(south, north))
        mean, phase = rng.uniform(95, 190), rng.uniform(0, 6)
        ring = []
        for k in range(26):
            t = 2 * math.pi * k / 26
            r = mean * (1 + 0.16 * math.sin(2 * t + phase) + 0.08 * math.sin(5 * t + 2 * phase))
            ring.append((round(p.x + r * math.cos(t), 3), round(p.y + r * math.sin(t), 3)))
        shape = Polygon(ring)
        if unit.outline.contains(shape) and not any(shape.intersects(b) for b in busy):
            return shape
    raise RuntimeError(f"no room for a pilot in {unit.name}")


def _pilot(
    i: int, name: str, model: str, village: str | None, shape: Polygon, rng: Random
) -> tuple[Feature, list[Row]]:
    before = round(shape.area * 0.0015, 2)
    saved = {"relocation": rng.uniform(0.35, 0.6), "hollow": rng.uniform(0.2, 0.4), "suburban": rng.uniform(0.05, 0.2)}[
        model
    ]
    homes = rng.randint(28, 120)
    start = rng.randint(1, 60)
    end = start + rng.randint(18, 42)
    first, last = working_day(start, i), working_day(end, i)
    cost = homes * rng.randint(9000, 21000)
    feature = {
        "code": f"SD-{i:02}", "name": name, "model": model, "status": "planned", "village": village, "batch_year": first.year,
        "households": homes, "population": round(homes * rng.uniform(3.4, 4.3)), "land_before_mu": before,
        "land_after_mu": round(before * (1 - saved), 2), "demolished_m2": round(homes * rng.uniform(20, 75), 1),
        "reclaimed_mu": round(before * saved * rng.uniform(0.6, 0.95), 2), "invest_upper_yuan": round(cost * 0.5, 2),
        "invest_match_yuan": round(cost * 0.3, 2), "invest_self_yuan": round(cost * 0.2, 2), "progress_pct": 0,
        "council_members": rng.randint(5, 9), "plan_approved_on": None, "finish_by": None, "finished_on": None,
        "started_on": None, "accepted_on": None, **dict.fromkeys(KPIS),
    }  # fmt: skip
    key = feature["code"]
    early, late = _indicators(model, homes, rng)
    approved, done = working_day(max(start - 1, 0), i), working_day(end - 1, i)
    due = (last + timedelta(days=30)).isoformat()
    steps: tuple[tuple[str, date, str, dict[str, object]], ...] = (
        ("approved", approved, "规划批复", {"plan_approved_on": approved.isoformat()}),
        (
            "building",
            first,
            "试点开工",
            {"started_on": first.isoformat(), "finish_by": due, "progress_pct": 10, **early},
        ),
        ("finished", done, "试点竣工", {"finished_on": done.isoformat(), "progress_pct": 95, **late}),
        ("accepted", last, "试点验收", {"accepted_on": last.isoformat(), "progress_pct": 100}),
    )
    return feature, [
        row(
            "pilot_villages",
            key,
            datetime(d.year, d.month, d.day, 8 + i % 8, 20, tzinfo=CST),
            d,
            status,
            "admin",
            note,
            changes,
        )
        for status, d, note, changes in steps
    ]


def _indicators(model: str, homes: int, rng: Random) -> tuple[dict[str, object], dict[str, object]]:
    """What a model reports at the start and at the end."""
    n = max(3, round(homes * rng.uniform(0.3, 0.8)))
    if model == "relocation":
        return {"signed_households": homes}, {"moved_households": homes, "old_homes_removed": homes}
    if model == "hollow":
        return {"hollow_homes": n}, {"hollow_cleared": n}
    return {}, {"renovated_homes": n, "illegal_removed": rng.randint(0, 6), "pipes_m": 40 * n}
