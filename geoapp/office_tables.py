"""What an administrator tells the service about the office: its days and how terms are counted."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, func
from sqlalchemy.orm import Mapped, mapped_column

from geoapp.orm import Base


class OfficeDay(Base):
    """A day that is worked or not, whatever the published calendar says."""

    __tablename__ = "office_day"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    working: Mapped[bool]
    title: Mapped[str] = mapped_column(server_default="")
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class OfficeRule(Base):
    """One rule by name, for example ``count_first_day``."""

    __tablename__ = "office_rule"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
