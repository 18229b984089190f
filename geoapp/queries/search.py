"""Search suggestions: features whose terms begin with what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, func, select

from geoapp.layer import Layer
from geoapp.queries.filtering import matches
from geoapp.queries.items import bbox_column, shown_columns
from geoapp.queries.reader import Reader


def suggestions(layer: Layer, layers: Mapping[str, Layer], words: str, reader: Reader, limit: int = 8) -> Select[Any]:
    """The first few features that match, shortest label first so that an exact hit leads."""
    label = layer.table.c[layer.label_column]
    return (
        select(
            *shown_columns(layer, layers, (*layer.search_columns, *layer.reference_by_column), reader),
            bbox_column(layer),
        )
        .where(matches(layer, words, reader))
        .order_by(func.length(label), label)
        .limit(limit)
    )
