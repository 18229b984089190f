"""One feature for a reader: its fields in groups, its way through the statuses, and a drawing of its outline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import Date, DateTime, Numeric
from sqlalchemy.orm import Session

from geoapp.errors import NotFound
from geoapp.layer import Layer
from geoapp.queries import items, outline
from geoapp.queries.reader import Reader

RECORD = ("version", "updated_at", "updated_by")
GROUPS = ("基本情况", "面积与数量", "日期", "人员", "记录")
SCALE_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Step:
    """One status on the usual way: ``done`` before the present one; ``on`` the day it became true, if it ever did."""

    code: str
    label: str
    done: bool
    present: bool
    on: date | None
    aside: bool = False
    """Off the usual way, as a dispute is."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A drawing in metres: SVG path round the middle, size, a round length for the scale bar, a point on the surface."""

    path: str
    width: float
    height: float
    bar: float
    x: float
    y: float
    lon: float
    lat: float


def find(session: Session, layer: Layer, layers: Mapping[str, Layer], reader: Reader, key: str) -> Mapping[str, Any]:
    """The feature of a key as the reader may see it, or NotFound with what to do next."""
    value = None if "\x00" in key else key
    row = session.execute(items.one(layer, layers, reader, **{layer.key: value})).mappings().first()
    if row is None:
        raise NotFound("{title}中没有“{key}”，可能已删除或编号有误", title=layer.title, key=key[:60])
    return cast(Mapping[str, Any], row)


def find_by_id(
    session: Session, layer: Layer, layers: Mapping[str, Layer], reader: Reader, feature_id: int
) -> Mapping[str, Any]:
    """The feature of an id as the reader may see it, or NotFound."""
    row = session.execute(items.one(layer, layers, reader, id=feature_id)).mappings().first()
    if row is None:
        raise NotFound("{title}中没有编号为 {id} 的要素", title=layer.title, id=feature_id)
    return cast(Mapping[str, Any], row)


def groups(layer: Layer, *, whole: bool = True) -> dict[str, list[str]]:
    """Column names under group titles: the card's columns first, then, on a whole page, all others."""
    names = list(layer.card)
    if whole:
        names += [n for n in layer.columns_by_name if n not in names and n not in ("id", "status")]
    found: dict[str, list[str]] = {title: [] for title in GROUPS}
    for name in names:
        found[group_of(layer, name)].append(name)
    return {title: names for title, names in found.items() if names}


def group_of(layer: Layer, name: str) -> str:
    """The title a column stands under, from its type."""
    column = layer.table.c[name]
    if name in RECORD:
        return GROUPS[4]
    if name in layer.personal:
        return GROUPS[3]
    if isinstance(column.type, (Date, DateTime)):
        return GROUPS[2]
    if isinstance(column.type, Numeric) or column.info.get("unit"):
        return GROUPS[1]
    return GROUPS[0]


def usual_way(layer: Layer) -> tuple[str, ...]:
    """The statuses a feature usually passes: from the first one on to the first next not yet passed."""
    way = [layer.statuses[0].code]
    while True:
        following = next((n for n in layer.status_by_code[way[-1]].next if n not in way), None)
        if following is None or not layer.status_by_code[following].counts:
            return tuple(way)
        way.append(following)


def steps(layer: Layer, present: str, reached: Sequence[tuple[str, date]]) -> list[Step]:
    """The usual way with the present status on it; ``reached`` are (status, day) of the ledger, oldest first.

    A status off the way stands after the last usual one the feature had.
    """
    way = usual_way(layer)
    days: dict[str, date] = {}
    last = -1
    for code, day in reached:
        days[code] = day
        last = way.index(code) if code in way else last
    here = way.index(present) if present in way else last
    found = [
        Step(
            code,
            layer.status_by_code[code].label,
            i < here or (i == here and code != present),
            code == present,
            days.get(code) if i <= here else None,
        )
        for i, code in enumerate(way)
    ]
    if present not in way:
        label = layer.status_by_code[present].label
        found.insert(here + 1, Step(present, label, False, True, days.get(present), aside=True))
    return found


def drawing(session: Session, layer: Layer, feature_id: int) -> Outline:
    """The outline and a scale bar of about a third of its width."""
    row = session.execute(outline.drawing(layer, feature_id)).one()
    return Outline(
        row.path, row.width, row.height, round_length(max(row.width, row.height) / 3), row.x, row.y, row.lon, row.lat
    )


def round_length(metres: float) -> float:
    """The largest 1, 2 or 5 × 10ⁿ not above a length."""
    power = 1.0
    while power * 10 <= metres:
        power *= 10
    while power > metres > 0:
        power /= 10
    return max((s * power for s in SCALE_STEPS if s * power <= metres), default=power)


def bbox_text(bbox: Iterable[float]) -> str:
    """``west,south,east,north`` with 7 decimals (a centimetre)."""
    return ",".join(f"{v:.7f}" for v in bbox)
