"""Synthetic load data: N features of every dense layer, made inside the database, for measuring only.

Cells of a jittered grid share their corners, so neighbours share edges; each key starts with ``L-``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from geoapp import crs
from geoapp.layer import Layer
from geoapp.registry import Layers
from geoapp.services import search_terms, write
from geoapp.services.write import Deed
from geoapp.towns import Bbox

BATCH = 20_000
CELLS = 160
NAMES = (
    "王小明",
    "李桂英",
    "张建国",
    "单志强",
    "曾秀兰",
    "仇国平",
    "查金水",
    "区细妹",
    "解长根",
    "翟梅香",
    "陈火生",
    "黄桂花",
)

GRID = """
CREATE TEMP TABLE load_cell ON COMMIT DROP AS
SELECT i, j, {parents} FROM generate_series(0, {cells} - 1) i, generate_series(0, {cells} - 1) j
"""
ROWS = """
INSERT INTO {table} ({columns}, updated_by, geom)
SELECT {values}, 'load', ST_Multi(ST_SetSRID(ST_MakePolygon(ST_MakeLine(ARRAY[
  {a}, ST_Translate({a}, (ST_X({b}) - ST_X({a})) * .5, (ST_Y({b}) - ST_Y({a})) * .5 + {bump}), {b},
  {c}, ST_Translate({d}, (ST_X({c}) - ST_X({d})) * .5, (ST_Y({c}) - ST_Y({d})) * .5 + {bump2}), {d}, {a}])), {srid}))
FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) g
CROSS JOIN LATERAL (SELECT (g %% {across})::int AS gx, (g / {across})::int AS gy) q
JOIN load_cell k ON k.i = gx * {cells} / {across} AND k.j = gy * {cells} / {down}
RETURNING id
"""


def load(session: Session, layers: Layers, extent: Bbox, n: int, progress: Callable[[str, int, int], None]) -> int:
    """Create ``n`` features in each dense layer; commits in batches, so that a stop keeps what was made."""
    made = 0
    for layer in layers.values():
        if layer.dense:
            made += _fill(session, layers, layer, extent, n, progress)
    session.execute(text("ANALYZE"))
    session.commit()
    return made


def _fill(
    session: Session, layers: Layers, layer: Layer, extent: Bbox, n: int, progress: Callable[[str, int, int], None]
) -> int:
    offset = session.execute(
        text(f"SELECT count(*) FROM {layer.table.name} WHERE \"{layer.key}\" LIKE 'L-%'")
    ).scalar_one()
    statement = text(_rows_sql(layers, layer, extent, n))
    for first in range(0, n, BATCH):
        last = min(first + BATCH, n) - 1
        session.execute(text(_grid_sql(layers, layer, extent)))
        write.begin(session, layer, Deed("load", "import", "压力测试数据（合成）"))
        ids = session.execute(statement, {"first": first, "last": last, "offset": offset}).scalars().all()
        _terms(session, layer, ids)
        session.commit()
        progress(layer.title, last + 1, n)
    return n


def _grid_sql(layers: Layers, layer: Layer, extent: Bbox) -> str:
    """A coarse grid that knows which parent each cell lies in."""
    x = f"{extent.west} + (i + .5) * {(extent.east - extent.west) / CELLS}"
    y = f"{extent.south} + (j + .5) * {(extent.north - extent.south) / CELLS}"
    found = []
    for reference in layer.references:
        parent = layers[reference.layer]
        nearest = (
            f'(SELECT p."{parent.key}" FROM {parent.table.name} p '
            f"ORDER BY p.geom <-> ST_SetSRID(ST_MakePoint({x}, {y}), {crs.STORAGE}) LIMIT 1)"
        )
        inside = (
            f'(SELECT p."{parent.key}" FROM {parent.table.name} p '
            f"WHERE ST_Contains(p.geom, ST_SetSRID(ST_MakePoint({x}, {y}), {crs.STORAGE})) LIMIT 1)"
        )
        required = not layer.table.c[reference.column].nullable
        found.append(f'{nearest if required else inside} AS "{reference.column}"')
    return GRID.format(parents=", ".join(found) or "1 AS one", cells=CELLS)


def _rows_sql(layers: Layers, layer: Layer, extent: Bbox, n: int) -> str:
    across = max(1, math.ceil(math.sqrt(n)))
    down = max(1, math.ceil(n / across))
    dx, dy = (extent.east - extent.west) * 0.98 / across, (extent.north - extent.south) * 0.98 / down
    west, south = extent.west + (extent.east - extent.west) * 0.01, extent.south + (extent.north - extent.south) * 0.01

    def corner(i: str, j: str) -> str:
        jitter_x, jitter_y = (f"((hashint4({i} * 8191 + {j} * {m}) & 1023) / 1023.0 - .5) * .4" for m in (131, 977))
        return f"ST_MakePoint({west} + ({i} + {jitter_x}) * {dx}, {south} + ({j} + {jitter_y}) * {dy})"

    def bump(i: str, j: str) -> str:
        return f"((hashint4({i} * 31 + {j} * 8209) & 1023) / 1023.0 - .5) * .2 * {dy}"

    values = _values(layer)
    return ROWS.format(
        table=layer.table.name,
        columns=", ".join(f'"{name}"' for name in values),
        values=", ".join(values.values()),
        a=corner("gx", "gy"), b=corner("(gx + 1)", "gy"), c=corner("(gx + 1)", "(gy + 1)"), d=corner("gx", "(gy + 1)"),
        bump=bump("gx", "gy"), bump2=bump("gx", "(gy + 1)"),
        srid=crs.STORAGE, across=across, down=down, cells=CELLS,
    ).replace("%%", "%")  # fmt: skip


def _values(layer: Layer) -> Mapping[str, str]:
    """SQL of each written column: codes in turn, parents from the coarse grid, the rest from the example."""
    found: dict[str, str] = {}
    for name in layer.writable:
        column = layer.table.c[name]
        if name == layer.key:
            found[name] = "'L-' || lpad((g + :offset)::text, 8, '0')"
        elif name in layer.reference_by_column:
            found[name] = f'k."{name}"'
        elif name == "status":
            found[name] = _turn([s.code for s in layer.statuses])
        elif "choices" in column.info:
            found[name] = _turn(list(column.info["choices"])[:12])
        elif name in layer.personal:
            found[name] = _turn(NAMES)
        elif layer.example.get(name) is not None:
            found[name] = _literal(layer.example[name])
    return found


def _turn(codes: Any) -> str:
    array = ", ".join(_literal(code) for code in codes)
    return f"(ARRAY[{array}])[1 + (hashint8(g) & 65535) % {len(codes)}]"


def _literal(value: Any) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def _terms(session: Session, layer: Layer, ids: Any) -> None:
    """Search terms without a round trip a row: keys as they are, names through a small table of spellings."""
    for name in layer.search_columns:
        spelled = {n: search_terms.terms(n) for n in NAMES} if name in layer.personal else {}
        if spelled:
            spelled_out = "unnest(CAST(:names AS text[]), CAST(:terms AS text[])) AS s(name, term)"
            source = f'JOIN {spelled_out} ON s.name = t."{name}"'
            term = "s.term"
        else:
            source, term = "", f'lower(t."{name}"::text)'
        pairs = [(n, spelling) for n, spellings in spelled.items() for spelling in spellings]
        session.execute(
            text(
                f'INSERT INTO search_term (layer, feature_id, "column", term, personal) SELECT :layer, t.id, :column, {term}, '
                f':personal FROM {layer.table.name} t {source} WHERE t.id = ANY(:ids) AND t."{name}" IS NOT NULL ON CONFLICT DO NOTHING'
            ),
            {"layer": layer.id, "column": name, "personal": name in layer.personal, "ids": list(ids)}
            | ({"names": [n for n, _ in pairs], "terms": [s for _, s in pairs]} if spelled else {}),
        )
