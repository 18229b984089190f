"""Rows for people: table pages by key, single cards, outlines' bounding boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, asc, desc, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import array

from geoapp.layer import Layer
from geoapp.queries.filtering import Filter, conditions, masked, referenced_label
from geoapp.queries.reader import Reader


def shown_columns(
    layer: Layer, layers: Mapping[str, Layer], names: Sequence[str], reader: Reader
) -> list[ColumnElement[Any]]:
    """id, version, status, the named columns as the reader may see them, and the names behind references."""
    found: list[ColumnElement[Any]] = [layer.table.c.id, layer.table.c.version]
    for name in dict.fromkeys((layer.key, layer.label_column, "status", *names)):
        if name in ("id", "version"):
            continue
        found.append(masked(layer, name, reader))
        if name in layer.reference_by_column:
            found.append(referenced_label(layer, name, layers))
    return found


def bbox_column(layer: Layer) -> ColumnElement[Any]:
    """``[west, south, east, north]`` of the outline."""
    geom = layer.table.c.geom
    return array([func.ST_XMin(geom), func.ST_YMin(geom), func.ST_XMax(geom), func.ST_YMax(geom)]).label("bbox")


def page(
    layer: Layer,
    layers: Mapping[str, Layer],
    where: Filter,
    reader: Reader,
    *,
    order: str,
    descending: bool = False,
    after: tuple[Any, int] | None = None,
    limit: int = 50,
) -> Select[Any]:
    """One page of a table, ordered by a column and then id; ``after`` is the last row's (value, id) of the page before."""
    t = layer.table.c
    key = t[order]
    direction = desc if descending else asc
    query = select(*shown_columns(layer, layers, layer.list_columns, reader), bbox_column(layer)).where(
        conditions(layer, where, reader)
    )
    if after is not None:
        query = query.where(_beyond(key, t.id, after, descending))
    return query.order_by(direction(key).nulls_last(), direction(t.id)).limit(limit)


def _beyond(key: Any, id_: Any, after: tuple[Any, int], descending: bool) -> ColumnElement[bool]:
    value, last = after
    if value is None:
        empty: ColumnElement[bool] = key.is_(None) & ((id_ < last) if descending else (id_ > last))
        return empty
    row, mark = tuple_(key, id_), tuple_(literal(value, key.type), literal(last))
    beyond: ColumnElement[bool] = or_((row < mark) if descending else (row > mark), key.is_(None))
    return beyond


def one(layer: Layer, layers: Mapping[str, Layer], reader: Reader, **by: Any) -> Select[Any]:
    """One feature with every visible column and its bounding box, by id or by key column."""
    query = select(*shown_columns(layer, layers, list(layer.columns_by_name), reader), bbox_column(layer))
    for name, value in by.items():
        query = query.where(layer.table.c[name] == value)
    return query
