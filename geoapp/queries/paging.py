"""Keyset pages of a table, forwards and backwards, so that no page costs more than the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, or_, select, tuple_

from geoapp.layer import Layer
from geoapp.queries.filtering import Filter, conditions
from geoapp.queries.items import bbox_column, shown_columns
from geoapp.queries.reader import Reader


@dataclass(frozen=True, slots=True)
class Mark:
    """A row's place in the order: the value it is ordered by and its id."""

    value: Any
    id: int


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows of an ordered table: ``limit`` rows after one mark, or before another."""

    order: str
    descending: bool = False
    after: Mark | None = None
    before: Mark | None = None
    limit: int = 50

    @property
    def backwards(self) -> bool:
        return self.before is not None


def window(layer: Layer, layers: Mapping[str, Layer], where: Filter, reader: Reader, view: Window) -> Select[Any]:
    """The rows of a window; read backwards when it lies before a mark. Empty values stand last in either direction."""
    t = layer.table.c
    key = t[view.order]
    rising = view.descending == view.backwards
    query = select(
        *shown_columns(layer, layers, layer.list_columns, reader), key.label("order_value"), bbox_column(layer)
    )
    query = query.where(conditions(layer, where, reader))
    mark = view.before or view.after
    if mark is not None:
        query = query.where(_beyond(key, t.id, mark, rising=rising, empty_ahead=not view.backwards))
    ordered = key.asc() if rising else key.desc()
    if key.nullable:
        ordered = ordered.nulls_first() if view.backwards else ordered.nulls_last()
    return query.order_by(ordered, t.id.asc() if rising else t.id.desc()).limit(view.limit)


def _beyond(key: Any, id_: Any, mark: Mark, *, rising: bool, empty_ahead: bool) -> ColumnElement[bool]:
    """Rows further on than a mark. A row value comparison is one range of the index; OR would read the whole table."""
    if mark.value is None:
        rest: ColumnElement[bool] = key.is_(None) & ((id_ > mark.id) if rising else (id_ < mark.id))
        return rest if empty_ahead else or_(rest, key.is_not(None))
    row, here = tuple_(key, id_), tuple_(literal(mark.value, key.type), literal(mark.id, id_.type))
    further = (row > here) if rising else (row < here)
    return or_(further, key.is_(None)) if key.nullable and empty_ahead else further
