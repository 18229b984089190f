"""The tables' common ground: Feature columns, geometry columns, the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from geoapp import crs

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
PIXEL_ZOOMS = (12, 14, 16)
TILE_EXTENT = 4096
WORLD_M = 40075016.68557849
"""Circumference of the Web Mercator world in its own metres."""


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: DateTime(timezone=True), str: Text}


class Feature(Base):
    """One mapped thing. Subclasses add their columns and ``geom``; every column has a ``comment`` as its title."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, sort_order=-10, comment="内部编号")
    version: Mapped[int] = mapped_column(Integer, server_default="1", sort_order=90, comment="版本")
    status: Mapped[str] = mapped_column(Text, index=True, sort_order=89, comment="状态")
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), sort_order=91, comment="更新时间")
    updated_by: Mapped[str] = mapped_column(server_default="", sort_order=92, comment="更新人")


def _pixel_sql(zoom: int) -> str:
    """World pixels of a zoom: integers in tile units over the whole world, y down, simplified to half a unit."""
    tolerance = WORLD_M / TILE_EXTENT / 2**zoom * 0.5
    mercator = f"ST_Transform(geom, {crs.WEB_MERCATOR})"
    world = f"ST_TileEnvelope(0, 0, 0), {TILE_EXTENT * 2**zoom}, 0, false"
    return (
        f"ST_SetSRID(coalesce(ST_AsMVTGeom(ST_Simplify({mercator}, {tolerance:.6f}, true), {world}), "
        f"ST_AsMVTGeom(ST_PointOnSurface({mercator}), {world})), 0)"
    )


def _pixels(zoom: int) -> Any:
    return mapped_column(
        Geometry(srid=-1, spatial_index=False),
        Computed(_pixel_sql(zoom), persisted=True),
        deferred=True,
        sort_order=100 + zoom,
        comment=f"瓦片像素 z{zoom}",
        info={"internal": True},
    )


class DenseFeature(Feature):
    """A feature of a layer with very many small shapes: its tile geometry is kept ready for three zooms."""

    __abstract__ = True

    w12: Mapped[WKBElement | None] = _pixels(12)
    w14: Mapped[WKBElement | None] = _pixels(14)
    w16: Mapped[WKBElement | None] = _pixels(16)


def geometry(kind: str) -> Any:
    """The ``geom`` column: ``kind`` is an OGC type name such as POINT or MULTIPOLYGON; SRID is the storage CRS."""
    return mapped_column(Geometry(kind, srid=crs.STORAGE, spatial_index=True), sort_order=99, comment="图形")


def area_m2() -> Any:
    """Plane area in m² (EPSG:4548), kept by the database."""
    return mapped_column(
        Numeric(14, 2), Computed(crs.area_m2_sql(), persisted=True), comment="图形面积（平面，m²）", info={"unit": "m²"}
    )


def area_ellip_m2() -> Any:
    """Area on the CGCS2000 ellipsoid in m², kept by the database."""
    return mapped_column(
        Numeric(14, 2), Computed(crs.area_ellip_m2_sql(), persisted=True), comment="椭球面积（m²）", info={"unit": "m²"}
    )


def area_mu() -> Any:
    """Plane area in 亩, kept by the database."""
    return mapped_column(
        Numeric(14, 4), Computed(crs.area_mu_sql(), persisted=True), comment="图形面积（亩）", info={"unit": "亩"}
    )


def choices(labels: Mapping[str, str]) -> dict[str, Any]:
    """Column info: the codes a column may hold and their zh labels."""
    return {"choices": dict(labels)}


PERSONAL_NAME: dict[str, Any] = {"mask": "name"}
"""Column info: a natural person's name; readers without the right see the first character and two asterisks."""


class LayerRevision(Base):
    """One counter a layer: raised by every write, part of every tile address."""

    __tablename__ = "layer_revision"

    layer: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger, server_default="0")
    n: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """Live features of the layer."""


class Operation(Base):
    """One deed of one person: a saved form, a bulk change, an import, an undo."""

    __tablename__ = "operation"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str]
    layer: Mapped[str] = mapped_column(index=True)
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), index=True)
    effective_on: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str] = mapped_column(server_default="")
    undo_of: Mapped[int | None] = mapped_column(ForeignKey("operation.id"), index=True)
    txid: Mapped[int] = mapped_column(BigInteger, server_default=text("(pg_current_xact_id()::text::bigint)"))
    """The transaction that wrote it: no later transaction may hang changes on it."""


class Change(Base):
    """One entry of the ledger, written only by the database's own triggers.

    ``geom`` is null when the change left the outline as it was; ``geom_version`` names the version that set it.
    ``at`` is when it was recorded, ``effective_on`` when it was true on the ground.
    """

    __tablename__ = "change"
    __table_args__ = (
        Index("ux_change_feature_version", "layer", "feature_id", "version", unique=True),
        Index("ix_change_layer_at", "layer", "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    operation_id: Mapped[int] = mapped_column(ForeignKey("operation.id"), index=True)
    layer: Mapped[str]
    feature_id: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int]
    geom_version: Mapped[int]
    revision: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    effective_on: Mapped[date]
    note: Mapped[str]
    status: Mapped[str]
    properties: Mapped[dict[str, Any]] = mapped_column(JSONB)
    geom: Mapped[WKBElement | None] = mapped_column(Geometry("GEOMETRY", srid=crs.STORAGE, spatial_index=True))


class Seal(Base):
    """One link of a layer's chain: the digest of one revision's entries and of the link before it.

    ``digest`` = SHA-256(previous digest ‖ SHA-256(operation) ‖ SHA-256(entries)); an entry altered, added or taken out
    breaks every later link. Written by the ledger's triggers only.
    """

    __tablename__ = "seal"

    layer: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    operation_id: Mapped[int] = mapped_column(BigInteger)
    n: Mapped[int]
    """Entries of this revision."""
    digest: Mapped[bytes] = mapped_column(LargeBinary)


class SearchTerm(Base):
    """What a feature may be found by: the text itself, its pinyin readings and their initials, lower case."""

    __tablename__ = "search_term"
    __table_args__ = (Index("ix_search_term_term", "term", postgresql_ops={"term": "text_pattern_ops"}),)

    layer: Mapped[str] = mapped_column(primary_key=True)
    feature_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    column: Mapped[str] = mapped_column(primary_key=True)
    term: Mapped[str] = mapped_column(primary_key=True)
    personal: Mapped[bool] = mapped_column(server_default="false")
