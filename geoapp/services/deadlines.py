"""Statutory and planned deadlines of features, from the layer's clocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from geoapp import workdays
from geoapp.layer import Layer
from geoapp.workflow import Clock

TOWN_TIME = ZoneInfo("Asia/Shanghai")
SOON_DAYS = 7


@dataclass(frozen=True, slots=True)
class Deadline:
    """What is due when, and the days left (negative when late)."""

    title: str
    due: date
    left: int
    rule: str
    sure: bool = True
    """False when the term runs into a year whose days off are not published yet."""

    @property
    def late(self) -> bool:
        return self.left < 0

    @property
    def soon(self) -> bool:
        return 0 <= self.left <= SOON_DAYS


def today() -> date:
    """Today in the town."""
    return datetime.now(TOWN_TIME).date()


def of_row(layer: Layer, row: Mapping[str, Any], now: date | None = None) -> list[Deadline]:
    """The deadlines that run for a feature, the nearest first."""
    now = now or today()
    found = []
    for clock in layer.workflow.clocks:
        due = _due(clock, row) if row["status"] in clock.within else None
        if due is not None:
            found.append(
                Deadline(clock.title, due, (due - now).days, clock.rule, bool(clock.column) or workdays.is_sure(due))
            )
    return sorted(found, key=lambda d: d.due)


def _due(clock: Clock, row: Mapping[str, Any]) -> date | None:
    if clock.column:
        planned: date | None = row.get(clock.column)
        return planned
    since = row.get(clock.since)
    if since is None:
        return None
    count = workdays.after_workdays if clock.working else workdays.after_days
    return count(since, clock.days)
