"""Working days of the two years: State Council holiday notices of 2024 to 2026, by the holidays' own dates."""

from __future__ import annotations

from datetime import date, timedelta

HOLIDAYS = (
    ("2025-01-01", 1), ("2025-01-28", 8), ("2025-04-04", 3), ("2025-05-01", 5), ("2025-05-31", 3), ("2025-10-01", 8),
    ("2026-01-01", 3), ("2026-02-15", 9), ("2026-04-04", 3), ("2026-05-01", 5), ("2026-06-19", 3), ("2026-09-25", 3),
    ("2026-10-01", 7),
)  # fmt: skip
"""First day and number of days; make-up Sundays are simply not used."""
_OFF = {date.fromisoformat(first) + timedelta(days=i) for first, n in HOLIDAYS for i in range(n)}


def is_working_day(day: date) -> bool:
    """Monday to Friday outside the holidays."""
    return day.weekday() < 5 and day not in _OFF
