"""Outlines of a file against each other, against what is there, and against the paper: told before anything is written.

Nothing here stops an import; surveyors' files overlap by hairs, and a person decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from geoapp import crs
from geoapp.importing.clean import Cleaned
from geoapp.importing.report import Said, said
from geoapp.layer import Layer
from geoapp.services import plane

OVERLAP_M2 = 0.01
GRID_M = 0.001
"""Coordinates are brought to a millimetre before they are compared: rounding is no overlap."""
SLIVER_M = 0.5
"""An outline thinner than this on average is a sliver."""
PAPER_SHARE = 0.01
"""Paper and geometry may differ by this part."""
MOST = 20_000
SHOWN = 500


@dataclass(frozen=True)
class Finding:
    """One thing to look at: row of the file, key, kind of fault, words, m², and where it lies (storage CRS)."""

    row: int
    key: str
    kind: str
    text: Said
    m2: float
    shape: Any = None


KINDS = {
    "mutual": "文件内互相重叠",
    "existing": "与库中重叠",
    "sliver": "狭长图形",
    "paper": "证载面积与图形不符",
    "outside": "超出红线",
    "unchecked": "没有检查",
}


def look(session: Session, layers: Mapping[str, Layer], layer: Layer, cleaned: Cleaned) -> list[Finding]:
    """Everything found, the largest first within each kind; nothing for tables, points and lines."""
    if cleaned.bare or "POLYGON" not in layer.geometry_type:
        return []
    good = [i for i in range(len(cleaned.rows)) if i not in cleaned.bad and cleaned.shapes[i] is not None]
    rest, good = good[MOST:], good[:MOST]
    if not good:
        return []
    flat = shapely.set_precision(plane.to_plane(cleaned.shapes[good]), GRID_M)
    sheet = _Sheet(layer, cleaned, good, flat)
    found = [
        *_mutual(sheet),
        *_existing(session, sheet),
        *_slivers(sheet),
        *_paper(sheet),
        *_outside(session, layers, sheet),
    ]
    if rest:
        words = said("图形多于 {n} 个，从这一行起 {rest} 个没有检查", n=MOST, rest=len(rest))
        found.append(Finding(cleaned.rows[rest[0]], str(cleaned.columns[layer.key][rest[0]]), "unchecked", words, 0.0))
    order = list(KINDS)
    return sorted(found, key=lambda f: (order.index(f.kind), -f.m2))


@dataclass(frozen=True)
class _Sheet:
    """The sound rows of a file with their outlines on the plane."""

    layer: Layer
    cleaned: Cleaned
    good: Sequence[int]
    flat: Any

    def key(self, n: int) -> str:
        return str(self.cleaned.columns[self.layer.key][self.good[n]])

    def finding(self, n: int, kind: str, words: Said, m2: float, shape: Any = None) -> Finding:
        where = None if shape is None else plane.to_storage(shape)
        return Finding(self.cleaned.rows[self.good[n]], self.key(n), kind, words, m2, where)


def _words(m2: float) -> str:
    return f"{plane.mu(m2)} 亩（{plane.rounded_m2(m2)} m²）"


def _mutual(sheet: _Sheet) -> Iterator[Finding]:
    tree = shapely.STRtree(sheet.flat)
    one, other = tree.query(sheet.flat, predicate="intersects")
    pairs = one < other
    one, other = one[pairs], other[pairs]
    shared = shapely.intersection(sheet.flat[one], sheet.flat[other])
    for n in np.flatnonzero(shapely.area(shared) > OVERLAP_M2):
        m2 = float(shapely.area(shared[n]))
        yield sheet.finding(
            int(one[n]),
            "mutual",
            said("与 {other} 重叠 {area}", other=sheet.key(int(other[n])), area=_words(m2)),
            m2,
            shared[n],
        )


def _existing(session: Session, sheet: _Sheet) -> Iterator[Finding]:
    """Live features of the layer that the file does not speak of itself."""
    boxes = shapely.bounds(sheet.cleaned.shapes[list(sheet.good)])
    table = sheet.layer.table.name
    rows = session.execute(
        text(
            f'SELECT x."{sheet.layer.key}" AS key, ST_AsBinary(x.geom) AS wkb FROM {table} x WHERE x.id IN (SELECT near.id '
            "FROM unnest(CAST(:w AS float8[]), CAST(:s AS float8[]), CAST(:e AS float8[]), CAST(:n AS float8[])) "
            f"AS box(w, s, e, n) JOIN {table} near ON near.geom && "
            f"ST_MakeEnvelope(box.w, box.s, box.e, box.n, {int(crs.STORAGE)})) AND x.status <> ALL(:out) ORDER BY x.id"
        ),
        {**dict(zip("wsen", boxes.T.tolist(), strict=True)), "out": list(sheet.layer.uncounted)},
    ).all()
    spoken = {sheet.key(n) for n in range(len(sheet.good))}
    there = [(str(r.key), bytes(r.wkb)) for r in rows if str(r.key) not in spoken]
    if not there:
        return
    shapes = shapely.set_precision(
        plane.to_plane(shapely.from_wkb(np.array([w for _, w in there], dtype=object))), GRID_M
    )
    one, other = shapely.STRtree(shapes).query(sheet.flat, predicate="intersects")
    shared = shapely.intersection(sheet.flat[one], shapes[other])
    for n in np.flatnonzero(shapely.area(shared) > OVERLAP_M2):
        m2 = float(shapely.area(shared[n]))
        yield sheet.finding(
            int(one[n]),
            "existing",
            said("与库中 {other} 重叠 {area}", other=there[int(other[n])][0], area=_words(m2)),
            m2,
            shared[n],
        )


def _slivers(sheet: _Sheet) -> Iterator[Finding]:
    areas, lengths = shapely.area(sheet.flat), shapely.length(sheet.flat)
    thin = 2 * areas / np.maximum(lengths, GRID_M)
    for n in np.flatnonzero(thin < SLIVER_M):
        yield sheet.finding(
            int(n),
            "sliver",
            said("平均宽度 {w:.2f} 米，面积 {area}", w=float(thin[n]), area=_words(float(areas[n]))),
            float(areas[n]),
            sheet.flat[n],
        )


def _paper(sheet: _Sheet) -> Iterator[Finding]:
    for name, column in sheet.layer.columns_by_name.items():
        if "paper_of" not in column.info or name not in sheet.cleaned.columns:
            continue
        for n, i in enumerate(sheet.good):
            paper = sheet.cleaned.columns[name][i]
            if paper is None:
                continue
            drawn = float(plane.mu(float(shapely.area(sheet.flat[n]))))
            if abs(drawn - float(paper)) > PAPER_SHARE * max(drawn, 0.01):
                off = (drawn - float(paper)) / max(float(paper), 0.01)
                words = said("图形 {drawn:.4f} 亩，证载 {paper} 亩，差 {off:+.1%}", drawn=drawn, paper=paper, off=off)
                yield sheet.finding(n, "paper", words, abs(drawn - float(paper)) / 0.0015)


def _outside(session: Session, layers: Mapping[str, Layer], sheet: _Sheet) -> Iterator[Finding]:
    """Parts outside the red line that the row names."""
    for reference in sheet.layer.references:
        parent = layers[reference.layer]
        values = sheet.cleaned.columns.get(reference.column)
        if values is None or parent.style.kind != "outline":
            continue
        named = {str(values[i]) for i in sheet.good if values[i] is not None}
        rows = session.execute(
            text(
                f'SELECT "{parent.key}" AS key, ST_AsBinary(geom) AS wkb FROM {parent.table.name} WHERE "{parent.key}" = ANY(:keys)'
            ),
            {"keys": sorted(named)},
        ).all()
        lines = {str(r.key): plane.to_plane(shapely.from_wkb(bytes(r.wkb))) for r in rows}
        for n, i in enumerate(sheet.good):
            line = lines.get(str(values[i]))
            if line is None:
                continue
            rest = shapely.difference(sheet.flat[n], line)
            m2 = float(shapely.area(rest))
            if m2 > max(OVERLAP_M2, 1.0):
                yield sheet.finding(
                    n, "outside", said("有 {area} 在 {key} 红线以外", area=_words(m2), key=str(values[i])), m2, rest
                )
