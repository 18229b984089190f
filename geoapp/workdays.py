"""Working days with the State Council's 调休, and where a term ends (Civil Code arts. 201 and 203).

The day of the event is not counted; a term in calendar days that ends on a day off runs to the next working day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import chinese_calendar

Known = Mapping[date, bool]
"""Day → is it a working day: an administrator's own table, which wins, also beyond the calendar's years."""


def is_workday(day: date, own: Known | None = None) -> bool:
    """Whether offices work on a day; beyond the published calendar Saturdays and Sundays are off."""
    if own and day in own:
        return own[day]
    try:
        found: bool = chinese_calendar.is_workday(day)
    except NotImplementedError:
        return day.weekday() < 5
    return found


def known_until() -> date:
    """The last day the published calendar knows."""
    found: date = max(chinese_calendar.holidays)
    return found


def after_workdays(start: date, days: int, own: Known | None = None) -> date:
    """The ``days``-th working day after ``start``."""
    day = start
    while days > 0:
        day += timedelta(days=1)
        days -= is_workday(day, own)
    return day


def after_days(start: date, days: int, own: Known | None = None) -> date:
    """``days`` calendar days after ``start``; moved to the next working day when it falls on a day off."""
    day = start + timedelta(days=days)
    while not is_workday(day, own):
        day += timedelta(days=1)
    return day
