"""Working days with the State Council's 调休, and where a term ends (Civil Code arts. 201 and 203).

The day of the event is not counted; a term in calendar days that ends on a day off runs to the next working day.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, timedelta

import chinese_calendar


@dataclass(frozen=True, slots=True)
class Office:
    """How this office counts: its own days (day → worked), which win over the calendar, and whether a term's first day counts."""

    days: Mapping[date, bool] = field(default_factory=dict)
    count_first_day: bool = False


OFFICE: ContextVar[Office] = ContextVar("office", default=Office())  # noqa: B039 - frozen, never changed
"""The office of the running request; outside one, the published calendar alone."""


def is_workday(day: date) -> bool:
    """Whether offices work on a day; beyond the published calendar Saturdays and Sundays are off."""
    own = OFFICE.get().days
    if day in own:
        return own[day]
    try:
        found: bool = chinese_calendar.is_workday(day)
    except NotImplementedError:
        return day.weekday() < 5
    return found


def known_until() -> date:
    """The last day of the last year whose days off are published."""
    return date(max(day.year for day in chinese_calendar.holidays), 12, 31)


def is_sure(day: date) -> bool:
    """Is the day within the published calendar, or named by the office itself?"""
    return day <= known_until() or day in OFFICE.get().days


def after_workdays(start: date, days: int) -> date:
    """The ``days``-th working day after ``start``; with the first day counted, ``start`` is the first when it is worked."""
    day = start - timedelta(days=1) if OFFICE.get().count_first_day else start
    while days > 0:
        day += timedelta(days=1)
        days -= is_workday(day)
    return day


def after_days(start: date, days: int) -> date:
    """``days`` calendar days after ``start``; moved to the next working day when it falls on a day off."""
    day = start + timedelta(days=days - 1 if OFFICE.get().count_first_day else days)
    while not is_workday(day):
        day += timedelta(days=1)
    return day
