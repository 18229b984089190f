"""Photos and scans that belong to features, and remarks: rows are added or struck out, never changed or erased."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from geoapp.orm import Base


class Attachment(Base):
    """One photo or document of one feature; its bytes lie in ``<home>/attachments`` under their SHA-256."""

    __tablename__ = "attachment"
    __table_args__ = (
        Index("ix_attachment_feature", "layer", "feature_id"),
        CheckConstraint("kind IN ('photo', 'document')", name="kind"),
        CheckConstraint("size > 0", name="size"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    layer: Mapped[str]
    feature_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    phase: Mapped[str] = mapped_column(server_default="")
    """before, during or after the work; empty when it does not matter."""
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    width: Mapped[int | None]
    height: Mapped[int | None]
    taken_at: Mapped[datetime | None]
    """Local time of the camera, read as Asia/Shanghai."""
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    caption: Mapped[str] = mapped_column(server_default="")
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    removed_by: Mapped[str | None]
    removed_at: Mapped[datetime | None]


class Remark(Base):
    """What somebody wrote about a feature, with the time; it stays."""

    __tablename__ = "remark"
    __table_args__ = (Index("ix_remark_feature", "layer", "feature_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    layer: Mapped[str]
    feature_id: Mapped[int] = mapped_column(BigInteger)
    text: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Tip(Base):
    """What somebody outside reported, with a photo and a place; officers take it up or turn it down."""

    __tablename__ = "tip"
    __table_args__ = (
        Index("ix_tip_state", "state", "id"),
        Index("ix_tip_source", "source", "at"),
        CheckConstraint("state IN ('waiting', 'taken', 'refused')", name="state"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    layer: Mapped[str]
    text: Mapped[str]
    place: Mapped[str] = mapped_column(server_default="")
    contact: Mapped[str] = mapped_column(server_default="")
    """A telephone number, if somebody left one: personal."""
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    photo: Mapped[str] = mapped_column(server_default="")
    """SHA-256 of the stored photo."""
    photo_name: Mapped[str] = mapped_column(server_default="")
    source: Mapped[str]
    """Keyed digest of the sender's address: enough to slow somebody down, not to find anybody."""
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    state: Mapped[str] = mapped_column(server_default="waiting")
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(server_default="")
    feature_id: Mapped[int | None] = mapped_column(BigInteger)
