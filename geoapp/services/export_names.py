"""Names of exported files: the layer, what it was filtered by, and the day, as people would write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from geoapp.layer import Layer
from geoapp.queries.filtering import Filter

TOWN_TIME = ZoneInfo("Asia/Shanghai")
NAMED = 2
"""Values of one filter that are spelt out; more become a number."""
LONGEST = 80
_FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f\s]+')


def file_name(session: Session, layers: Mapping[str, Layer], layer: Layer, where: Filter, extension: str) -> str:
    """For example ``地块_里吴村_已交地_20261123.geojson``."""
    day = datetime.now(TOWN_TIME).strftime("%Y%m%d")
    words = [layer.title, *described(session, layers, layer, where)]
    stem = "_".join(_FORBIDDEN.sub("-", word).strip("-._") for word in words)
    return f"{stem[:LONGEST]}_{day}.{extension}"


def described(session: Session, layers: Mapping[str, Layer], layer: Layer, where: Filter) -> Iterator[str]:
    """The filter in the words of the screen, one text a condition."""
    for name, values in where.equals:
        yield _short([_label(session, layers, layer, name, value) for value in values])
    if where.statuses:
        yield _short(_status_words(layer, where.statuses))
    if where.text:
        yield where.text
    if where.ids:
        yield f"选中{len(where.ids)}项"
    if where.bbox:
        yield "范围内"


def _short(words: list[str]) -> str:
    return "、".join(words) if len(words) <= NAMED else f"{words[0]}等{len(words)}项"


def _status_words(layer: Layer, statuses: tuple[str, ...]) -> list[str]:
    """Whole legend classes by their own label, the rest by the status's."""
    left = list(statuses)
    found = []
    for legend_class in layer.legend_classes if layer.legend_by == "status" else ():
        codes = layer.legend_codes[legend_class.key]
        if codes and set(codes) <= set(left):
            found.append(legend_class.label)
            left = [code for code in left if code not in codes]
    return found + [layer.status_by_code[code].label for code in left]


def _label(session: Session, layers: Mapping[str, Layer], layer: Layer, name: str, value: Any) -> str:
    column = layer.columns_by_name[name]
    if value is None:
        return f"无{column.comment}"
    reference = layer.reference_by_column.get(name)
    if reference is not None:
        parent = layers[reference.layer]
        t = parent.table.c
        return str(session.scalar(select(t[reference.label]).where(t[parent.key] == value)) or value)
    return str(column.info.get("choices", {}).get(value) or f"{column.comment}{value}")
