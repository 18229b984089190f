"""How the work under each parent went week by week, and when it will be done at the pace of the last weeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import ceil

from sqlalchemy.orm import Session

from geoapp.layer import Layer, Rollup
from geoapp.queries import balance
from geoapp.services.totals import kept
from geoapp.services.write import TOWN_TIME

WEEKS = 26
LATELY = 8
"""Weeks whose pace the forecast carries on."""
FARTHEST = 20 * 365


@dataclass(frozen=True, slots=True)
class Mark:
    """Done and all at the end of a day, by weight where there is one, else by number."""

    day: date
    done: Decimal
    all: Decimal

    @property
    def ratio(self) -> Decimal:
        return self.done / self.all if self.all else Decimal(0)


@dataclass(frozen=True, slots=True)
class Course:
    """The weekly marks of one parent (or of all), oldest first, and what follows from them."""

    marks: tuple[Mark, ...]

    @property
    def begun(self) -> bool:
        return any(m.all for m in self.marks)

    @property
    def pace(self) -> Decimal:
        """Done a week over the last weeks."""
        lately = self.marks[-LATELY - 1 :]
        return (lately[-1].done - lately[0].done) / max(len(lately) - 1, 1)

    @property
    def forecast(self) -> date | None:
        """The day on which all is done at that pace; None when nothing moves or it is done."""
        last = self.marks[-1]
        left = last.all - last.done
        if left <= 0 or self.pace <= 0:
            return None
        days = ceil(left / self.pace * 7)
        return last.day + timedelta(days=days) if days < FARTHEST else None

    def points(self, width: float, height: float) -> str:
        """An SVG polyline of the share done, 0 at the bottom and 1 at the top."""
        step = width / max(len(self.marks) - 1, 1)
        return " ".join(f"{n * step:.1f},{height - float(m.ratio) * height:.1f}" for n, m in enumerate(self.marks))


def courses(
    session: Session, child: Layer, rollup: Rollup, revision: int, last: date, weeks: int = WEEKS
) -> Mapping[str | None, Course]:
    """Parent key → course up to the end of ``last``; None is the sum over all parents."""
    key = (session.get_bind().engine, "course", child.id, rollup.by, rollup.done, revision, last, weeks)
    found: Mapping[str | None, Course] | None = kept.get(key)
    if found is None:
        found = _reckoned(session, child, rollup, [last - timedelta(weeks=w) for w in range(weeks, -1, -1)])
        kept.put(key, found)
    return found


def _reckoned(session: Session, child: Layer, rollup: Rollup, days: Sequence[date]) -> dict[str | None, Course]:
    moments = {_end(day): day for day in days}
    codes = [code for key in rollup.done for code in child.legend_codes[key]]
    seen: dict[str | None, dict[date, tuple[Decimal, Decimal]]] = {None: {}}
    for row in session.execute(*balance.course(child, rollup.by, codes, list(moments))):
        part = (row.done_weight, row.weight) if rollup.weight else (Decimal(row.done), Decimal(row.n))
        day = moments[row.moment.astimezone(UTC)]
        for key in (row.key, None):
            before = seen.setdefault(key, {}).get(day, (Decimal(0), Decimal(0)))
            seen[key][day] = (before[0] + part[0], before[1] + part[1])
    nothing = (Decimal(0), Decimal(0))
    return {key: Course(tuple(Mark(day, *at.get(day, nothing)) for day in days)) for key, at in seen.items()}


def _end(day: date) -> datetime:
    following = datetime.combine(day + timedelta(days=1), time(), TOWN_TIME)
    return (following - timedelta(microseconds=1)).astimezone(UTC)
