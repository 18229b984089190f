"""Two years of dated work: every step of projects and parcels, lawful in order and in time."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime, timedelta, timezone
from random import Random

from .calendar import is_working_day
from .works import PLANS, Parcel, Plan

ANCHOR = date(2026, 11, 20)
BEGIN = ANCHOR - timedelta(weeks=104, days=4)
"""The Monday two years before."""
LAST_WEEK = 104
CST = timezone(timedelta(hours=8))
STAGES = {
    "pre_announced": 1, "surveying": 3, "plan_drafted": 9, "plan_published": 10, "plan_confirmed": 15, "signing": 16,
    "funded": 24, "submitted": 25, "approved": 31, "acq_announced": 33, "implementing": 34, "land_ready": 66, "closed": 70,
}  # fmt: skip
"""Weeks from a project's start; plan publication lasts more than 30 days (Land Administration Law art. 47)."""
DATE_COLUMN = {
    "pre_announced": "pre_announced_on", "plan_published": "plan_published_on", "approved": "approved_on",
    "acq_announced": "acq_announced_on",
}  # fmt: skip
WANTED_MU = 5030.0
TROUBLE = ("cleared", "paid", "part_paid", "signed", "holdout", "decided", "enforcing", "disputed", "suspended")
Row = dict[str, str]


def session(code: str, week: int) -> tuple[datetime, date]:
    """When a team sits together in a week: one fixed weekday and hour, moved on past holidays."""
    number = int(code[1:])
    day = BEGIN + timedelta(weeks=week, days=number % 4)
    while not is_working_day(day):
        day += timedelta(days=1)
    return datetime(day.year, day.month, day.day, 9 + number % 8, 5 * (number % 12), tzinfo=CST), day


def stages(plan: Plan) -> list[tuple[int, str]]:
    """(week, stage) of a project, up to the stage it has reached."""
    order = list(STAGES)
    found = []
    last = "plan_published" if plan.stage == "hearing" else plan.stage
    found += [(plan.start + STAGES[stage], stage) for stage in order[: order.index(last) + 1]]
    if plan.stage == "hearing":
        found.append((plan.start + 14, "hearing"))
    if found[-1][0] > LAST_WEEK - 1:
        raise ValueError(f"{plan.code} ends after the last week")
    return found


def tell(parcels: list[Parcel]) -> None:
    """Give every parcel its steps; those handed over add up to the documented 5,000 and some 亩."""
    rng = Random(5000)
    done = [p for p in parcels if p.plan.stage in ("land_ready", "closed")]
    total = 0.0
    for parcel in done:
        out = rng.random() < 0.006
        parcel.steps = _steps(parcel, "excluded" if out else "delivered", rng)
        total += 0 if out else parcel.mu
    working = [p for p in parcels if p.plan.stage == "implementing"]
    rng.shuffle(working)
    troubles = 0
    for parcel in working:
        late = parcel.plan.code == "P09" and rng.random() < 0.35
        if total + parcel.mu <= WANTED_MU and not late and rng.random() > 0.03:
            parcel.steps, total = _steps(parcel, "delivered", rng), total + parcel.mu
        else:
            parcel.steps = _steps(parcel, TROUBLE[troubles % len(TROUBLE)], rng)
            troubles += 1
    for parcel in parcels:
        if not parcel.steps:
            fate = rng.choices(("", "disputed", "holdout", "suspended", "excluded"), (88, 4, 4, 2, 2))[0]
            parcel.steps = _steps(parcel, fate, rng) if parcel.plan.stage else [(0, "identified")]


def _steps(parcel: Parcel, fate: str, rng: Random) -> list[tuple[int, str]]:
    """The chain of one parcel towards its fate, cut off at the present."""
    s = parcel.plan.start
    stage = {status: week for week, status in stages(parcel.plan)} if parcel.plan.stage else {}
    weeks: list[tuple[int, str]] = [(s + STAGES["pre_announced"] + 1, "announced")]

    def then(status: str, earliest: int, spread: int) -> None:
        weeks.append((max(earliest + rng.randint(0, spread), weeks[-1][0] + 1), status))

    then("surveyed", s + STAGES["surveying"] + 1, 5)
    if rng.random() < 0.04:
        then("disputed", 0, 2)
    then("confirmed", 0, 1)
    if fate == "excluded":
        then("excluded", 0, 4)
    elif fate == "suspended":
        then("suspended", 0, 4)
    elif fate == "disputed":
        then("registered", s + STAGES["plan_published"] + 1, 4)
        then("disputed", 0, 3)
    else:
        _later(then, s, fate, rng)
    if fate == "delivered" and parcel.plan.stage == "closed":
        weeks.append((s + STAGES["closed"] - 1, "closed"))
    last, ahead = _present(stage, parcel.plan), _ahead(parcel.plan)
    reached = [(w, status) for w, status in weeks if w <= last]
    cut = next((i for i, (_, status) in enumerate(reached) if status in ahead), len(reached))
    return [(0, "identified"), *reached[:cut]]


def _ahead(plan: Plan) -> tuple[str, ...]:
    """Steps that the project's stage does not allow yet."""
    if plan.stage in ("implementing", "land_ready", "closed"):
        return ()
    paid = ("part_paid", "paid", "decided")
    return paid if plan.stage in ("signing", "funded", "submitted", "approved") else ("signed", "holdout", *paid)


def _later(then: object, s: int, fate: str, rng: Random) -> None:
    """From registration to handing over; agreements only after the plan is confirmed, payment after the announcement."""
    then("registered", s + STAGES["plan_published"] + 1, 3)  # type: ignore[operator]
    then("calculated", 0, 2)  # type: ignore[operator]
    held = fate in ("holdout", "decided", "enforcing")
    if held or rng.random() < 0.05:
        then("holdout", s + STAGES["signing"] + 2, 3)  # type: ignore[operator]
    if fate in ("decided", "enforcing"):
        then("decided", s + STAGES["implementing"] + 4, 6)  # type: ignore[operator]
        if fate == "enforcing":
            then("enforcing", s + STAGES["implementing"] + 40, 4)  # type: ignore[operator]
        return
    if fate == "holdout":
        return
    chain = ["signed", "part_paid", "paid", "cleared", "delivered"]
    earliest = {"signed": "signing", "part_paid": "implementing", "paid": "implementing"}
    wait = {"signed": 1, "part_paid": 1, "paid": 2, "cleared": 1, "delivered": 1}
    spread = {"signed": 6, "part_paid": 2, "paid": 8, "cleared": 5, "delivered": 4}
    for status in chain:
        if status == "part_paid" and fate != "part_paid" and rng.random() > 0.08:
            continue
        after = s + STAGES[earliest[status]] + wait[status] if status in earliest else 0
        then(status, after, spread[status])  # type: ignore[operator]
        if status == fate:
            return


def _present(stage: dict[str, int], plan: Plan) -> int:
    return stage["land_ready"] - 1 if plan.stage == "land_ready" else LAST_WEEK - 1


def rows(parcels: list[Parcel]) -> list[Row]:
    """History rows of projects and parcels."""
    found = []
    for plan in PLANS:
        for week, status in stages(plan):
            at, day = session(plan.code, week)
            changes = {DATE_COLUMN[status]: day.isoformat()} if status in DATE_COLUMN else {}
            if status == "approved":
                changes["approval_received_on"] = day.isoformat()
            found.append(
                row("projects", plan.code, at - timedelta(minutes=30), day, status, "admin", "项目进展", changes)
            )
    for parcel in parcels:
        for week, status in parcel.steps[1:]:
            at, day = session(parcel.plan.code, week)
            found.append(row("parcels", parcel.parcel_no, at, day, status, "team", "周例会登记", {}))
    return found


def row(
    layer: str, key: str, at: datetime, day: date, status: str, by: str, note: str, changes: dict[str, object]
) -> Row:
    text = json.dumps(changes, ensure_ascii=False, separators=(",", ":")) if changes else ""
    return {
        "layer": layer, "key": key, "at": at.isoformat(), "effective_on": day.isoformat(), "status": status, "by": by,
        "note": note, "changes": text,
    }  # fmt: skip


def written(found: list[Row]) -> str:
    """CSV text in order of time."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(found[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(found, key=lambda r: (r["at"], r["layer"], r["by"], r["note"], r["key"])))
    return out.getvalue()
