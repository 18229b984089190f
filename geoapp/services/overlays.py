"""The land under an outline by two columns: exact areas on the plane, rounded so that rows, columns and total agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from geoapp import crs
from geoapp.layer import Layer
from geoapp.overlay import Overlay, Verdict

CENT, FOUR = Decimal("0.01"), Decimal("0.0001")
HECTARE, MU = Decimal(10000), Decimal(crs.MU_PER_M2)
LEAST_M2 = Decimal("0.005")


@dataclass(frozen=True, slots=True)
class Figures:
    """The overlay in one unit, each figure rounded from the raw m²; what rounding leaves stands on the largest cell, so that
    rows, columns and total agree as printed."""

    cells: Mapping[tuple[str, str], Decimal]
    whole: Decimal

    def row(self, value: str) -> Decimal:
        return sum((v for (r, _), v in self.cells.items() if r == value), Decimal(0))

    def column(self, value: str) -> Decimal:
        return sum((v for (_, c), v in self.cells.items() if c == value), Decimal(0))

    @property
    def covered(self) -> Decimal:
        return sum(self.cells.values(), Decimal(0))

    @property
    def bare(self) -> Decimal:
        """What no feature covers."""
        return self.whole - self.covered


@dataclass(frozen=True, slots=True)
class Row:
    """One value of the row column and the group it belongs to."""

    value: str
    label: str
    group: str


@dataclass(frozen=True, slots=True)
class Table:
    """The whole overlay, in m² (2 decimals), 公顷 and 亩 (4 decimals)."""

    overlay: Overlay
    columns: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    m2: Figures
    ha: Figures
    mu: Figures
    verdicts: tuple[Verdict, ...]

    def groups(self) -> dict[str, Decimal]:
        """公顷 by group, in the order of the rows."""
        found: dict[str, Decimal] = {}
        for row in self.rows:
            found[row.group] = found.get(row.group, Decimal(0)) + self.ha.row(row.value)
        return found


def hectares(m2: Decimal) -> Decimal:
    """公顷 with four decimals, from the m² and not from 亩."""
    return (m2 / HECTARE).quantize(FOUR, ROUND_HALF_UP)


def mu(m2: Decimal) -> Decimal:
    """亩 with four decimals, from the m²."""
    return (m2 * MU).quantize(FOUR, ROUND_HALF_UP)


def of_feature(session: Session, layers: Mapping[str, Layer], layer: Layer, feature_id: int) -> Table | None:
    """The declared overlay of one feature; None without a declaration or when nothing lies under it."""
    overlay = layer.overlay
    if overlay is None:
        return None
    child = layers[overlay.child]
    flat = f"ST_Transform(x.geom, {int(crs.PLANE)})"
    outline = f"ST_Transform(p.geom, {int(crs.PLANE)})"
    raw = session.execute(
        text(
            f'SELECT x."{overlay.rows}" AS row, x."{overlay.columns}" AS col, sum(ST_Area(ST_Intersection({flat}, {outline}))) AS m2 '
            f"FROM {layer.table.name} p JOIN {child.table.name} x ON x.geom && p.geom AND ST_Intersects(x.geom, p.geom) "
            "WHERE p.id = :id AND x.status <> ALL(:out) GROUP BY 1, 2"
        ),
        {"id": feature_id, "out": list(child.uncounted)},
    ).all()
    whole = session.execute(
        text(f"SELECT ST_Area(ST_Transform(geom, {int(crs.PLANE)})) FROM {layer.table.name} WHERE id = :id"),
        {"id": feature_id},
    ).scalar_one()
    cells = {
        (str(r.row), str(r.col)): Decimal(repr(float(r.m2))) for r in raw if Decimal(repr(float(r.m2))) >= LEAST_M2
    }
    if not cells:
        return None
    return _table(session, layers, overlay, child, cells, Decimal(repr(float(whole))))


def settled(cells: Mapping[Any, Decimal], total: Decimal, step: Decimal = CENT) -> dict[Any, Decimal]:
    """Cells rounded to ``step`` whose sum is the rounded total: what rounding leaves goes to the largest."""
    found = {key: value.quantize(step, ROUND_HALF_UP) for key, value in cells.items()}
    left = total - sum(found.values(), Decimal(0))
    if found and left:
        found[max(found, key=lambda k: found[k])] += left
    return found


def _figures(cells: Mapping[tuple[str, str], Decimal], whole: Decimal, factor: Decimal, step: Decimal) -> Figures:
    """One unit of the raw cells."""
    scaled = {key: value * factor for key, value in cells.items()}
    rounded = (whole * factor).quantize(step, ROUND_HALF_UP)
    total = min(sum(scaled.values(), Decimal(0)).quantize(step, ROUND_HALF_UP), rounded)
    return Figures(settled(scaled, total, step), rounded)


def _table(
    session: Session,
    layers: Mapping[str, Layer],
    overlay: Overlay,
    child: Layer,
    cells: Mapping[tuple[str, str], Decimal],
    whole: Decimal,
) -> Table:
    row_labels, column_labels = (_labels(session, layers, child, name) for name in (overlay.rows, overlay.columns))
    values = sorted({r for r, _ in cells})
    rows = tuple(Row(value, row_labels.get(value, value), overlay.group(value)) for value in values)
    columns = tuple((c, column_labels.get(c, c)) for c in sorted({c for _, c in cells}))
    m2 = _figures(cells, whole, Decimal(1), CENT)
    verdicts = overlay.judge({value: m2.row(value) for value in values})
    return Table(
        overlay,
        columns,
        rows,
        m2,
        _figures(cells, whole, 1 / HECTARE, FOUR),
        _figures(cells, whole, MU, FOUR),
        verdicts,
    )


def _labels(session: Session, layers: Mapping[str, Layer], child: Layer, name: str) -> dict[str, str]:
    reference = child.reference_by_column.get(name)
    if reference is None:
        return {str(k): str(v) for k, v in child.columns_by_name[name].info.get("choices", {}).items()}
    parent = layers[reference.layer]
    t = parent.table.c
    return {str(r[0]): str(r[1]) for r in session.execute(select(t[parent.key], t[reference.label]))}
