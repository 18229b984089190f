"""What lies in the frame of a printed sheet: outlines on the plane with their classes, read once from the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import shapely
from sqlalchemy import func, null, select
from sqlalchemy.orm import Session

from geoapp import crs
from geoapp.errors import InvalidEdit
from geoapp.layer import Layer, LegendClass
from geoapp.queries.filtering import masked
from geoapp.queries.reader import Reader
from geoapp.said import said

MOST = 6000
"""Outlines on one sheet."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One feature on the plane (EPSG:4548, metres)."""

    id: int
    key: str
    label: str
    look: LegendClass
    weight: Decimal | None
    geom: Any


def shapes(session: Session, layer: Layer, box: tuple[float, float, float, float], reader: Reader) -> list[Shape]:
    """The features of a layer that touch a window of the plane; raises InvalidEdit when they are too many for a sheet."""
    t = layer.table.c
    window = func.ST_Transform(func.ST_MakeEnvelope(*box, int(crs.PLANE)), int(crs.STORAGE))
    wanted = _columns(layer, reader).where(t.geom.op("&&")(window), t.status.not_in(layer.uncounted)).order_by(t.id)
    rows = session.execute(wanted.limit(MOST + 1)).all()
    if len(rows) > MOST:
        raise InvalidEdit({"scale": said("图框内的{title}超过 {n} 个，请用更大的比例尺", title=layer.title, n=MOST)})
    return [_shape(layer, row) for row in rows]


def chosen(session: Session, layer: Layer, ids: Sequence[int], reader: Reader) -> list[Shape]:
    """Named features, in the order of their keys."""
    t = layer.table.c
    rows = session.execute(_columns(layer, reader).where(t.id.in_(ids)).order_by(t[layer.key])).all()
    return [_shape(layer, row) for row in rows]


def bounds(found: Sequence[Shape]) -> tuple[float, float, float, float]:
    """The box of some features; a point gets fifty metres round it."""
    west, south, east, north = (float(v) for v in shapely.total_bounds([s.geom for s in found]))
    if east - west < 1 and north - south < 1:
        return west - 50, south - 50, east + 50, north + 50
    return west, south, east, north


def drawn_by_itself(layer: Layer) -> bool:
    """Whether a layer is on a sheet unless told otherwise: land, boundaries and red lines; marks are asked for."""
    return layer.style.visible and layer.style.kind in ("area", "outline", "boundary")


def layers_drawn(layers: Mapping[str, Layer], subject: Layer, wanted: Sequence[str] | None) -> list[Layer]:
    """The layers of a sheet in drawing order: those wanted, else those that show by themselves; always the subject's."""
    kept = [x for x in layers.values() if x is subject or (drawn_by_itself(x) if wanted is None else x.id in wanted)]
    return sorted(kept, key=lambda x: (("boundary", "area", "outline", "symbol").index(x.style.kind), x.style.order))


def _columns(layer: Layer, reader: Reader) -> Any:
    t = layer.table.c
    weight = t[layer.weight] if layer.weight else null()
    plane = func.ST_AsBinary(func.ST_Transform(t.geom, int(crs.PLANE)))
    return select(
        t.id, masked(layer, layer.key, reader).label("key"), masked(layer, layer.label_column, reader).label("label"),
        t[layer.legend_by].label("code"),
        weight.label("weight"), plane.label("wkb"),
    )  # fmt: skip


def _shape(layer: Layer, row: Any) -> Shape:
    look = layer.class_of.get(str(row.code)) or layer.legend_classes[0]
    return Shape(row.id, str(row.key), str(row.label), look, row.weight, shapely.from_wkb(bytes(row.wkb)))
