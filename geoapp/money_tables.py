"""Books of rates, reckoned households and payments: rows are added, never changed."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Identity, Index, Numeric, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geoapp.orm import Base


class RateBook(Base):
    """One published table of rates, whole; a new version is a new row."""

    __tablename__ = "rate_book"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    layer: Mapped[str] = mapped_column(index=True)
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    doc_no: Mapped[str] = mapped_column(server_default="")
    effective_from: Mapped[date] = mapped_column(Date)
    effective_to: Mapped[date | None] = mapped_column(Date)
    official: Mapped[bool] = mapped_column(server_default="false")
    sha256: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Reckoned(Base):
    """One run for one household: which book, which facts and items went in, which lines came out."""

    __tablename__ = "reckoned"
    __table_args__ = (Index("ix_reckoned_layer_household", "layer", "household", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    layer: Mapped[str]
    household: Mapped[str]
    place: Mapped[dict[str, Any]] = mapped_column(JSONB)
    book_id: Mapped[int] = mapped_column(ForeignKey("rate_book.id"), index=True)
    reckoned_on: Mapped[date] = mapped_column(Date)
    facts: Mapped[list[Any]] = mapped_column(JSONB)
    items: Mapped[list[Any]] = mapped_column(JSONB)
    lines: Mapped[list[Any]] = mapped_column(JSONB)
    total: Mapped[Decimal] = mapped_column(Numeric(16, 2))
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Payment(Base):
    """One payment to a household under a voucher."""

    __tablename__ = "payment"
    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    reckoned_id: Mapped[int] = mapped_column(ForeignKey("reckoned.id"), index=True)
    voucher: Mapped[str] = mapped_column(unique=True)
    payee: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(Numeric(16, 2))
    paid_on: Mapped[date] = mapped_column(Date)
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
