"""The map as an SVG drawing, with the palette of the live map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from geoapp import crs
from geoapp.layer import Layer
from geoapp.queries.filtering import EVERYTHING, Filter, conditions
from geoapp.queries.reader import Reader
from geoapp.queries.tiles import CROWD
from geoapp.towns import Bbox, Town

__all__ = ["EVERYTHING", "draw", "first_view", "frame"]
WIDTH, HEIGHT = 1200, 900
RED_LINE = "#E60012"


def first_view(session: Session, layers: Mapping[str, Layer], town: Town) -> Bbox:
    """The box of the boundary layer's features, or of the town when there are none."""
    for layer in layers.values():
        if layer.style.kind == "boundary":
            box = func.ST_Extent(layer.table.c.geom)
            row = session.execute(
                select(func.ST_XMin(box), func.ST_YMin(box), func.ST_XMax(box), func.ST_YMax(box))
            ).one()
            if row[0] is not None:
                return Bbox(*(round(v, 6) for v in row))
    return town.extent


def frame(session: Session, view: Bbox) -> tuple[Bbox, float]:
    """The drawn window in plane metres, and pixels a metre."""
    box = _view(session, view)
    return box, WIDTH / (box.east - box.west)


def draw(
    session: Session, wheres: Mapping[Layer, Filter], view: Bbox, reader: Reader, town: Town, *, over: str = ""
) -> str:
    """SVG text of some layers, each under its filter, in a window given in degrees; ``over`` lies on top of them."""
    box, scale = frame(session, view)
    parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#F4F5F2"/>']
    for layer, where in sorted(wheres.items(), key=lambda item: item[0].style.order):
        parts += _layer(session, layer, where.within(None), reader, box, scale)
    title = escape(f"{town.county}{town.name}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">'
        f"<title>{title}</title>{''.join(parts)}{over}</svg>"
    )


def _view(session: Session, view: Bbox) -> Bbox:
    """The drawn window in plane metres, of the picture's proportions."""
    west, south, east, north = view.as_list()
    envelope = func.ST_Transform(func.ST_MakeEnvelope(west, south, east, north, int(crs.STORAGE)), int(crs.PLANE))
    x0, y0, x1, y1 = session.execute(
        select(func.ST_XMin(envelope), func.ST_YMin(envelope), func.ST_XMax(envelope), func.ST_YMax(envelope))
    ).one()
    wide = max(x1 - x0, (y1 - y0) * WIDTH / HEIGHT, 50.0) * 1.04
    cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
    return Bbox(cx - wide / 2, cy - wide * HEIGHT / WIDTH / 2, cx + wide / 2, cy + wide * HEIGHT / WIDTH / 2)


def _layer(session: Session, layer: Layer, where: Filter, reader: Reader, box: Bbox, scale: float) -> Iterator[str]:
    t = layer.table.c
    plane = func.ST_Transform(t.geom, int(crs.PLANE))
    window = func.ST_MakeEnvelope(box.west, box.south, box.east, box.north, int(crs.PLANE))
    inside = conditions(layer, where, reader) & t.geom.op("&&")(func.ST_Transform(window, int(crs.STORAGE)))
    if session.execute(select(func.count()).select_from(layer.table).where(inside)).scalar_one() > CROWD:
        return
    local = func.ST_Scale(
        func.ST_Translate(func.ST_SimplifyPreserveTopology(plane, 0.5 / scale), -box.west, -box.north), scale, scale
    )
    code = t[layer.legend_by]
    rows = session.execute(
        select(code, func.string_agg(func.ST_AsSVG(local, 0, 1), " ")).where(inside).group_by(code).order_by(code)
    )
    for value, path in rows:
        yield _path(layer, str(value), path)


def _path(layer: Layer, code: str, path: Any) -> str:
    fill = layer.class_of[code].fill if code in layer.class_of else "#72737F"
    match layer.style.kind:
        case "boundary":
            return f'<path d="{path}" fill="#FFFFFF" fill-opacity="0.6" stroke="#9AA5B1" stroke-width="1"/>'
        case "outline":
            return f'<path d="{path}" fill="none" stroke="{RED_LINE}" stroke-width="2" stroke-dasharray="8 3 2 3"/>'
        case "symbol":
            return f'<path d="{path}" fill="{fill}" stroke="{fill}" stroke-width="3"/>'
        case _:
            return f'<path d="{path}" fill="{fill}" fill-opacity="0.85" stroke="#1F2937" stroke-width="0.4"/>'
