"""Vector tiles: one SQL statement a tile, made once for each layer and zoom class.

The tile's envelope is computed here and compared in the storage CRS, so the spatial index is used. Dense layers read
ready-made world pixels and only translate them; pixels of a deeper zoom serve a shallower one with a larger MVT extent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Date, DateTime, Numeric

from geoapp import crs
from geoapp.layer import Layer
from geoapp.orm import PIXEL_ZOOMS, TILE_EXTENT
from geoapp.towns import Bbox

MAX_ZOOM = 22
RICH_ZOOM = 14
"""From here on a tile carries the card's columns even in a town with very many features."""
BUFFER = 64 / TILE_EXTENT
CROWD = 20_000
"""More features than this in one wide view are drawn rolled up by their parent."""
VIEW_TILES = 1440 * 900 / 256**2


@dataclass(frozen=True, slots=True)
class Tile:
    """z/x/y of the Web Mercator quad."""

    z: int
    x: int
    y: int

    def bounds(self, buffer: float = 0.0) -> Bbox:
        """Longitude and latitude of the edges, ``buffer`` in tile widths."""
        n = 2.0**self.z
        west, east = (self.x - buffer) / n * 360 - 180, (self.x + 1 + buffer) / n * 360 - 180
        return Bbox(west, _latitude((self.y + 1 + buffer) / n), east, _latitude((self.y - buffer) / n))


def _latitude(fraction: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * fraction))))


def rolled_up_below(n: int, extent: Bbox, style_min_zoom: int) -> int:
    """The lowest zoom at which single features are drawn.

    With few features that is the style's own; with many it is where a 1440 × 900 view holds at most CROWD of them, were they
    spread over the extent. No feature is ever left out of a tile: below, their parents stand for them.
    """
    if n <= CROWD:
        return style_min_zoom
    share = (extent.east - extent.west) / 360 * (extent.north - extent.south) / 180 * 2 or 1
    for z in range(style_min_zoom, 17):
        if n * VIEW_TILES / (share * 4**z) <= CROWD:
            return z
    return 17


def statement(layer: Layer, tile: Tile, *, rich: bool, where_sql: str = "") -> tuple[str, dict[str, Any]]:
    """SQL and parameters of one tile; ``rich`` adds the card's columns."""
    pixel_zoom = next((p for p in PIXEL_ZOOMS if p >= tile.z), None) if layer.dense else None
    sql = _sql(layer, pixel_zoom, rich)
    box = tile.bounds(0 if pixel_zoom else BUFFER)
    parameters: dict[str, Any] = {"w": box.west, "s": box.south, "e": box.east, "n": box.north}
    if pixel_zoom:
        extent = TILE_EXTENT << (pixel_zoom - tile.z)
        parameters |= {"dx": -tile.x * extent, "dy": -tile.y * extent, "extent": extent}
    else:
        parameters |= {"z": tile.z, "x": tile.x, "y": tile.y, "extent": TILE_EXTENT}
    return (sql + where_sql + ") q"), parameters


@lru_cache(maxsize=256)
def _sql(layer: Layer, pixel_zoom: int | None, rich: bool) -> str:
    shape = f"ST_Translate(w{pixel_zoom}, %(dx)s, %(dy)s)"
    if pixel_zoom is None:
        mercator = f"ST_Transform(geom, {crs.WEB_MERCATOR})"
        envelope = "ST_TileEnvelope(%(z)s, %(x)s, %(y)s)"
        shape = (
            f"coalesce(ST_AsMVTGeom({mercator}, {envelope}, {TILE_EXTENT}, 64, true), "
            f"ST_AsMVTGeom(ST_PointOnSurface({mercator}), {envelope}, {TILE_EXTENT}, 64, true))"
        )
    columns = ", ".join(["id", *(_column(layer, n) for n in tile_columns(layer, rich))])
    return (
        f"SELECT ST_AsMVT(q, '{layer.id}', %(extent)s, 'geom', 'id') FROM (SELECT {columns}, {shape} AS geom "
        f"FROM {layer.table.name} WHERE geom && ST_MakeEnvelope(%(w)s, %(s)s, %(e)s, %(n)s, {crs.STORAGE})"
    )


def tile_columns(layer: Layer, rich: bool) -> tuple[str, ...]:
    """Columns a tile carries: never personal ones, and few where there are very many features."""
    few = ["status", layer.legend_by, *(r.column for r in layer.references)]
    more = [layer.key, layer.label_column, *([layer.weight] if layer.weight else []), *layer.card]
    wanted = few + more if rich else few
    return tuple(n for n in dict.fromkeys(wanted) if n not in layer.personal)


def _column(layer: Layer, name: str) -> str:
    """A column as MVT can hold it: ST_AsMVT turns NUMERIC into text, so it becomes float8 here."""
    kind = layer.table.c[name].type
    if isinstance(kind, Numeric):
        return f'"{name}"::float8'
    if isinstance(kind, (Date, DateTime)):
        return f'"{name}"::text'
    return f'"{name}"'


def rollup_statement(parent: Layer, child: Layer) -> str:
    """SQL of a tile with the parents of a crowded layer; figures arrive as arrays from the cached roll-up."""
    mercator = f"ST_Transform(p.geom, {crs.WEB_MERCATOR})"
    return (
        f"SELECT ST_AsMVT(q, '{child.id}__rollup', {TILE_EXTENT}, 'geom') FROM ("
        f'SELECT p."{parent.key}" AS code, p."{parent.label_column}" AS name, v.n, v.weight, v.done_pct, v.top, '
        f"ST_AsMVTGeom({mercator}, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), {TILE_EXTENT}, 64, true) AS geom "
        f"FROM {parent.table.name} p JOIN unnest(%(codes)s::text[], %(ns)s::int[], %(weights)s::float8[], "
        f'%(dones)s::float8[], %(tops)s::text[]) AS v(code, n, weight, done_pct, top) ON v.code = p."{parent.key}" '
        f"WHERE p.geom && ST_MakeEnvelope(%(w)s, %(s)s, %(e)s, %(n)s, {crs.STORAGE})) q"
    )
