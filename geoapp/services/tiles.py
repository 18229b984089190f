"""Makes one tile: single features, or their parents where there are too many to draw."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from geoapp.layer import Layer, Rollup
from geoapp.queries import counts, tiles
from geoapp.queries.filtering import EVERYTHING
from geoapp.queries.reader import NOBODY
from geoapp.queries.tiles import BUFFER, CROWD, RICH_ZOOM, Tile
from geoapp.services.revisions import Revision
from geoapp.towns import Bbox


@dataclass(frozen=True, slots=True)
class ParentFigures:
    """Figures of the parents of one layer, as the arrays a tile statement takes."""

    codes: tuple[str, ...]
    ns: tuple[int, ...]
    weights: tuple[float, ...]
    dones: tuple[float, ...]
    tops: tuple[str, ...]


def min_zoom(layer: Layer, revision: Revision, extent: Bbox, layers: Mapping[str, Layer]) -> int:
    """The lowest zoom at which this layer's own features are in its tiles."""
    if not layer.dense or standing_for(layer, layers) is None:
        return 0
    return tiles.rolled_up_below(revision.n, extent, 0)


def standing_for(layer: Layer, layers: Mapping[str, Layer]) -> tuple[Layer, Rollup] | None:
    """The boundary layer whose features stand for crowded ones, and how they are summed."""
    for parent in layers.values():
        for rollup in parent.rollups:
            if rollup.child == layer.id and parent.style.kind == "boundary":
                return parent, rollup
    return None


def render(
    connection: Connection, layers: Mapping[str, Layer], layer: Layer, tile: Tile, revision: Revision, extent: Bbox
) -> bytes:
    """MVT bytes, empty when nothing lies there."""
    if tile.z < min_zoom(layer, revision, extent, layers):
        return _rolled_up(connection, layers, layer, tile, revision)
    rich = tile.z >= RICH_ZOOM or revision.n <= CROWD
    sql, parameters = tiles.statement(layer, tile, rich=rich)
    return bytes(connection.exec_driver_sql(sql, parameters).scalar_one() or b"")


def _rolled_up(
    connection: Connection, layers: Mapping[str, Layer], layer: Layer, tile: Tile, revision: Revision
) -> bytes:
    found = standing_for(layer, layers)
    if found is None:
        return b""
    figures = _figures(_Held(connection, layer, found[1]), layer.id, revision.number)
    box = tile.bounds(BUFFER)
    parameters: dict[str, Any] = {
        "z": tile.z, "x": tile.x, "y": tile.y, "w": box.west, "s": box.south, "e": box.east, "n": box.north,
        "codes": list(figures.codes), "ns": list(figures.ns), "weights": list(figures.weights),
        "dones": list(figures.dones), "tops": list(figures.tops),
    }  # fmt: skip
    sql = tiles.rollup_statement(found[0], layer)
    return bytes(connection.exec_driver_sql(sql, parameters).scalar_one() or b"")


@dataclass(frozen=True, slots=True)
class _Held:
    """A connection that does not count in a cache key."""

    connection: Connection
    layer: Layer
    rollup: Rollup

    def __hash__(self) -> int:
        return hash(self.rollup)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and (self.layer, self.rollup) == (other.layer, other.rollup)


@lru_cache(maxsize=64)
def _figures(held: _Held, _layer_id: str, _revision: int) -> ParentFigures:
    """Counts and shares by parent, once for each revision."""
    layer, rollup = held.layer, held.rollup
    rows = held.connection.execute(counts.by_parent(layer, rollup.by, rollup.weight, EVERYTHING, NOBODY))
    classes: dict[str, dict[str, tuple[int, Decimal]]] = defaultdict(dict)
    for row in rows:
        key = layer.class_of[row.code].key if row.code in layer.class_of else row.code
        n, weight = classes[row.parent].get(key, (0, Decimal(0)))
        classes[row.parent][key] = (n + row.n, weight + row.weight)
    found = []
    for code, by_class in sorted(classes.items()):
        n, weight = sum(v[0] for v in by_class.values()), sum((v[1] for v in by_class.values()), Decimal(0))
        done = sum((by_class[k][1] for k in rollup.done if k in by_class), Decimal(0))
        top = max(by_class, key=lambda k: by_class[k][0])
        found.append((code, n, float(weight), float(100 * done / weight) if weight else 0.0, top))
    columns = list(zip(*found, strict=True)) or [(), (), (), (), ()]
    return ParentFigures(*columns)
