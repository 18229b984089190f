"""Disputes and patrols: 132 settled cases of 135, and two years of weekly patrols; all invented and saying so."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from shapely.geometry import Point

from .duties import Feature, working_day
from .fields import middle
from .ground import Unit, free_zone
from .story import CST, LAST_WEEK, Row, row
from .works import Parcel

SETTLED, OPEN = 132, ("received", "handling", "extended")
"""The document's 132 cases; with three open ones 97.8 % are settled, about the 98 % it names."""
HELD = ("paid", "cleared", "delivered")
CLAIMS = {
    "acquisition": "对征收范围有异议", "demolition": "对搬迁时间有异议", "compensation": "对补偿数额有异议",
    "boundary": "与邻户界线不清", "homestead": "要求落实宅基地",
}  # fmt: skip
DUTIES = ("know_on", "persuade_on", "settle_on", "stop_on", "steady_on")
WAY = {
    "received": (), "handling": ("accepted", "handling"), "extended": ("accepted", "handling", "extended"),
    "closed": ("accepted", "handling", "settled", "closed"),
}  # fmt: skip


def disputes(parcels: list[Parcel]) -> tuple[list[tuple[Feature, Point]], list[Row]]:
    """Cases on parcels, none of which was paid, cleared or handed over while its case was open."""
    rng = Random(132)
    made, history = [], []
    fates = ["closed"] * SETTLED + list(OPEN)
    spots = [p for p in parcels if p.plan.stage and p.household and len(p.steps) > 3]
    rng.shuffle(spots)
    for i, fate in enumerate(fates, 1):
        start = (
            rng.randint(4, LAST_WEEK - 14)
            if fate == "closed"
            else LAST_WEEK - 1 - {"received": 1, "handling": 5, "extended": 11}[fate]
        )
        weeks = _weeks(start, fate, rng)
        end = weeks[-1] if fate == "closed" else LAST_WEEK + 1
        parcel = next(
            p
            for p in spots
            if not any(s in HELD and start - 1 <= w <= end + 1 for w, s in p.steps) and _trouble(p, fate)
        )
        spots.remove(parcel)
        first = working_day(start, i)
        kind = rng.choices(tuple(CLAIMS), (3, 2, 5, 3, 1))[0]
        feature: dict[str, Any] = {
            "case_no": f"XF-{first.year}-{i:03}", "status": "received", "kind": kind,
            "channel": rng.choice(("visit", "visit", "letter", "online", "hotline", "superior")), "village": parcel.village,
            "project": parcel.plan.code, "parcel": parcel.parcel_no, "petitioner": parcel.household,
            "people": rng.choice((1, 1, 1, 2, 3, 5)), "claim": f"{CLAIMS[kind]}（演示）", "leader": None,
            "received_on": first.isoformat(),
            **dict.fromkeys(("accepted_on", *DUTIES, "result", "answered_on")),
        }  # fmt: skip
        made.append((feature, middle(parcel.plot.outline)))
        history += _history(feature["case_no"], WAY[fate], weeks, i)
    return made, history


def _trouble(parcel: Parcel, fate: str) -> bool:
    return fate == "closed" or parcel.steps[-1][1] in ("signed", "part_paid")


def _weeks(start: int, fate: str, rng: Random) -> list[int]:
    """Weeks of the steps: accepted after one, taken up the next, answered before sixty days are over."""
    if fate == "extended":
        return [start + 1, start + 2, start + 9]
    return [start + 1, start + 2, start + rng.randint(4, 8), start + 9][: max(len(WAY[fate]), 1)]


def _history(key: str, way: tuple[str, ...], weeks: list[int], i: int) -> list[Row]:
    found = []
    for status, week in zip(way, weeks, strict=False):
        day = working_day(week, i)
        text = day.isoformat()
        changes: dict[str, object] = {
            "accepted": {"accepted_on": text},
            "handling": {"leader": f"班子成员 {i % 9 + 1:02}（演示）", "know_on": text},
            "settled": {"persuade_on": text, "settle_on": text, "result": "partly" if i % 11 == 0 else "resolved", "answered_on": text},
            "closed": {"stop_on": text, "steady_on": text},
        }.get(status, {})  # fmt: skip
        at = datetime(day.year, day.month, day.day, 8 + i % 8, 50, tzinfo=CST)
        found.append(row("disputes", key, at, day, status, "team", "包案办理", changes))
    return found


def patrols(units: list[Unit], cases: list[tuple[Feature, Any]]) -> tuple[list[tuple[Feature, Point]], list[Row]]:
    """Every case found on patrol has its patrol; the others found nothing."""
    rng = Random(24)
    free = free_zone()
    planned: list[tuple[Any, str, Point, str | None]] = []
    for case, shape in cases:
        if case["discovered_by"] == "patrol":
            day = datetime.fromisoformat(case["found_on"]).date()
            planned.append((day, case["village"], shape.representative_point(), case["case_no"]))
    for n in range(96):
        unit = units[n % len(units)]
        spot = _spot(unit, free, rng)
        planned.append((working_day(1 + n, n), unit.code, spot, None))
    planned.sort(key=lambda p: (p[0], p[1]))
    made, history = [], []
    for i, (day, village, spot, case_no) in enumerate(planned, 1):
        key = f"XC-{day.year}-{i:03}"
        feature = {
            "patrol_no": key, "status": "planned", "village": village, "means": rng.choice(("walk", "vehicle", "drone")),
            "officer": f"巡查员 {i % 12 + 1:02}（演示）", "planned_on": day.isoformat(), "patrolled_on": None, "findings": None,
            "found_case": None, "note": None,
        }  # fmt: skip
        made.append((feature, Point(round(spot.x, 3), round(spot.y, 3))))
        at = datetime(day.year, day.month, day.day, 8 + i % 8, 10, tzinfo=CST)
        if case_no:
            told = {"patrolled_on": day.isoformat(), "findings": 1, "note": "发现在建房屋（演示）"}
            history.append(row("patrols", key, at, day, "found", "team", "巡查登记", told))
            later = at + timedelta(minutes=25)
            history.append(row("patrols", key, later, day, "handed_over", "team", "移交立案", {"found_case": case_no}))
        else:
            told = {"patrolled_on": day.isoformat(), "findings": 0, "note": "未见异常（演示）"}
            history.append(row("patrols", key, at, day, "clear", "team", "巡查登记", told))
    return made, history


def _spot(unit: Unit, free: Any, rng: Random) -> Point:
    west, south, east, north = unit.outline.bounds
    for _ in range(2000):
        p = Point(rng.uniform(west, east), rng.uniform(south, north))
        if unit.outline.contains(p.buffer(20)) and not free.contains(p):
            return p
    return unit.outline.representative_point()
