"""One filter for pages, tiles, counts, exports and the API: parsed once, applied everywhere alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, exists, func, literal, or_, select, true

from geoapp import crs
from geoapp.layer import Layer
from geoapp.orm import SearchTerm
from geoapp.queries.reader import Reader
from geoapp.towns import Bbox


@dataclass(frozen=True, slots=True)
class Filter:
    """Parsed conditions. Values are of the column's type; ``equals`` maps a column to the values it may have."""

    statuses: tuple[str, ...] = ()
    equals: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    bbox: Bbox | None = None
    ids: tuple[int, ...] = ()
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    area: str = ""
    """An outline as WKT in the storage CRS: a box of another CRS is no upright rectangle here."""

    @property
    def empty(self) -> bool:
        return self == Filter()

    def within(self, bbox: Bbox | None) -> Filter:
        return replace(self, bbox=bbox)


EVERYTHING = Filter()


def conditions(layer: Layer, where: Filter, reader: Reader) -> ColumnElement[bool]:
    """The WHERE of a filter. Every value is bound; columns come from the declaration only."""
    t = layer.table.c
    found: list[ColumnElement[bool]] = []
    if where.statuses:
        found.append(t.status.in_(where.statuses))
    for name, values in where.equals:
        given = [v for v in values if v is not None]
        some = t[name].in_(given)
        found.append(or_(some, t[name].is_(None)) if len(given) < len(values) else some)
    if where.bbox:
        found.append(overlaps(t.geom, where.bbox))
    if where.area:
        found.append(meets(t.geom, func.ST_GeomFromText(where.area, int(crs.STORAGE))))
    if where.ids:
        found.append(t.id.in_(where.ids))
    if where.since:
        found.append(t.updated_at >= where.since)
    if where.until:
        found.append(t.updated_at <= where.until)
    if where.text:
        found.append(matches(layer, where.text, reader))
    return and_(true(), *found)


def counted(layer: Layer) -> ColumnElement[bool]:
    """Features that belong in totals."""
    if not layer.uncounted:
        return true()
    return layer.table.c.status.not_in(layer.uncounted)


def overlaps(geom: Any, bbox: Bbox) -> ColumnElement[bool]:
    """Bounding boxes meet, by the index, and then the outlines do; what lies wholly inside needs no closer look."""
    envelope = func.ST_MakeEnvelope(bbox.west, bbox.south, bbox.east, bbox.north, int(crs.STORAGE))
    return and_(geom.op("&&")(envelope), or_(geom.op("@")(envelope), func.ST_Intersects(geom, envelope)))


def meets(geom: Any, outline: Any) -> ColumnElement[bool]:
    """Outlines share a point; the index sorts out the far ones first."""
    return and_(geom.op("&&")(outline), func.ST_Intersects(geom, outline))


def matches(layer: Layer, words: str, reader: Reader) -> ColumnElement[bool]:
    """Each word must begin a term; names of people are searched only by those who may read them."""
    found = []
    for word in words.lower().split()[:5]:
        escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        term = exists(
            select(literal(1)).where(
                SearchTerm.layer == layer.id,
                SearchTerm.feature_id == layer.table.c.id,
                SearchTerm.term.like(escaped + "%"),
                true() if reader.personal else SearchTerm.personal.is_(False),
            )
        )
        found.append(term)
    return and_(true(), *found)


def masked(layer: Layer, name: str, reader: Reader) -> ColumnElement[Any]:
    """The column as this reader may see it: a person's name becomes its first character and two asterisks."""
    found: ColumnElement[Any] = layer.table.c[name]
    if name not in layer.personal or reader.personal:
        return found
    return func.nullif(func.left(cast(found, String), 1) + "**", "**").label(name)


def referenced_label(layer: Layer, name: str, parents: Any) -> ColumnElement[Any]:
    """The readable name behind a reference column, as a scalar subquery: ``village`` → ``village_name``."""
    reference = layer.reference_by_column[name]
    parent: Layer = parents[reference.layer]
    return (
        select(parent.table.c[reference.label])
        .where(parent.table.c[parent.key] == layer.table.c[name])
        .scalar_subquery()
        .label(f"{name}_name")
    )
