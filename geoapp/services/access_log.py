"""Who took what away or saw personal values: rows the application can add but never change."""

from __future__ import annotations

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from geoapp.accounts.tables import AccessLog
from geoapp.queries.reader import Reader


def record(session: Session, reader: Reader, action: str, subject: str, n: int | None, unmasked: bool) -> None:
    """Add one entry and commit it: it stands even when the answer that follows breaks off."""
    town = session.execute(text("SELECT current_schema()")).scalar_one()
    session.execute(
        insert(AccessLog).values(town=town, by=reader.name, action=action, subject=subject, n=n, unmasked=unmasked)
    )
    session.commit()
