"""One page of a layer's table with the cursors to its neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from sqlalchemy import Integer, Numeric, Text
from sqlalchemy.orm import Session
from sqlalchemy.types import Date, DateTime

from geoapp.layer import Layer
from geoapp.queries import paging
from geoapp.queries.filtering import Filter
from geoapp.queries.paging import Mark, Window
from geoapp.queries.reader import Reader

CROWDED = 100_000
"""From so many features on, only indexed columns order a table: any other would sort them all for fifty rows."""


@dataclass(frozen=True, slots=True)
class TablePage:
    """Rows in order, and the marks to go on from; None where the table ends."""

    rows: Sequence[Mapping[str, Any]]
    previous: Mark | None
    following: Mark | None


def page(
    session: Session, layer: Layer, layers: Mapping[str, Layer], where: Filter, reader: Reader, view: Window
) -> TablePage:
    """One page; one row more than shown tells whether the table goes on."""
    wider = replace(view, limit=view.limit + 1)
    rows_found = session.execute(paging.window(layer, layers, where, reader, wider)).mappings()
    found = [cast(Mapping[str, Any], row) for row in rows_found]
    more, rows = len(found) > view.limit, found[: view.limit]
    if view.backwards:
        rows.reverse()
    begins = not more if view.backwards else view.after is None
    ends = False if view.backwards else not more
    if not rows:
        return TablePage((), None, None)
    return TablePage(rows, None if begins else _mark(rows[0]), None if ends else _mark(rows[-1]))


def sortable(layer: Layer, reader: Reader, n: int) -> tuple[str, ...]:
    """Columns a table may be ordered by: never names the reader may not see, and only indexed ones in a crowd."""
    return tuple(name for name in layer.list_columns if name == layer.key or _orders(layer, name, reader, n))


def _orders(layer: Layer, name: str, reader: Reader, n: int) -> bool:
    column = layer.table.c[name]
    if "choices" in column.info or name == "status" or (name in layer.personal and not reader.personal):
        return False
    if not isinstance(column.type, (Integer, Numeric, Date, DateTime, Text)):
        return False
    return n < CROWDED or bool(column.index or column.unique)


def _mark(row: Mapping[str, Any]) -> Mark:
    return Mark(row["order_value"], row["id"])
