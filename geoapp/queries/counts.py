"""Counts and sums by legend class, by parent and in all: the numbers of legend, tables and overview."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Numeric, Select, func, literal, select

from geoapp.layer import Layer
from geoapp.queries.filtering import Filter, conditions, counted
from geoapp.queries.reader import Reader


def weight_of(layer: Layer, name: str = "") -> ColumnElement[Any]:
    """Sum of the weight column as an exact number; zero when the layer has none."""
    column = name or layer.weight
    if not column:
        return literal(0, Numeric)
    return func.coalesce(func.sum(layer.table.c[column]), 0)


def by_code(layer: Layer, where: Filter, reader: Reader, weight: str = "") -> Select[Any]:
    """Rows (code, status counts?, n, weight) by the column the legend goes by; ``weight`` sums another column."""
    code = layer.table.c[layer.legend_by]
    kept = counted(layer)
    return (
        select(
            code.label("code"), kept.label("counts"), func.count().label("n"), weight_of(layer, weight).label("weight")
        )
        .where(conditions(layer, where, reader))
        .group_by(code, *([kept] if layer.uncounted else []))
    )


def by_parent(layer: Layer, by: str, weight: str, where: Filter, reader: Reader) -> Select[Any]:
    """Rows (parent, code, n, weight) of counted features by the column that holds the parent's key."""
    parent, code = layer.table.c[by], layer.table.c[layer.legend_by]
    return (
        select(
            parent.label("parent"),
            code.label("code"),
            func.count().label("n"),
            weight_of(layer, weight).label("weight"),
        )
        .where(conditions(layer, where, reader), counted(layer), parent.is_not(None))
        .group_by(parent, code)
    )
