"""The office's own days and its way of counting terms, as an administrator set them."""

from __future__ import annotations

import csv
import io
from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geoapp.errors import InvalidEdit
from geoapp.office_tables import OfficeDay, OfficeRule
from geoapp.said import said
from geoapp.services.office_words import WORDS
from geoapp.workdays import Office

COUNT_FIRST_DAY = "count_first_day"
MOST_ROWS = 800


def load(session: Session) -> Office:
    """The office as it counts now."""
    days = {row.day: row.working for row in session.execute(select(OfficeDay)).scalars()}
    rules = {row.name: row.value for row in session.execute(select(OfficeRule)).scalars()}
    return Office(days, rules.get(COUNT_FIRST_DAY) == "yes")


def days(session: Session) -> list[OfficeDay]:
    """Every day the office named, by date."""
    return list(session.execute(select(OfficeDay).order_by(OfficeDay.day)).scalars())


def read_days(text: str) -> list[tuple[date, bool, str]]:
    """Rows ``2027-02-06,班,春节调休``; raises InvalidEdit naming each wrong row."""
    found, wrong = [], {}
    rows = csv.reader(io.StringIO(text.replace("，", ",").replace("\t", ",")))
    for n, row in enumerate(rows, 1):
        cells = [c.strip() for c in row if c.strip()]
        if not cells:
            continue
        try:
            day = date.fromisoformat(cells[0])
            found.append((day, WORDS[cells[1].lower()], cells[2][:40] if len(cells) > 2 else ""))
        except (ValueError, KeyError, IndexError):
            wrong[f"row {n}"] = said("第 {n} 行应写成“2027-02-06,休,春节”或“2027-02-07,班,调休”", n=n)
    if len(found) > MOST_ROWS:
        wrong["days"] = said("最多 {n} 行", n=MOST_ROWS)
    if wrong:
        raise InvalidEdit(wrong)
    return found


def set_days(session: Session, rows: list[tuple[date, bool, str]], by: str) -> None:
    """Name days; a day named before takes the new word."""
    for day, working, title in rows:
        made = insert(OfficeDay).values(day=day, working=working, title=title, by=by)
        session.execute(
            made.on_conflict_do_update(index_elements=["day"], set_={"working": working, "title": title, "by": by})
        )


def forget_day(session: Session, day: date) -> None:
    """Let the published calendar speak for a day again."""
    found = session.get(OfficeDay, day)
    if found:
        session.delete(found)
        session.flush()


def set_rule(session: Session, name: str, value: str, by: str) -> None:
    """Set one rule."""
    made = insert(OfficeRule).values(name=name, value=value, by=by)
    session.execute(made.on_conflict_do_update(index_elements=["name"], set_={"value": value, "by": by}))
