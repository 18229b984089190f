"""Reads the files of a hand-over back, each by a way of its own, and holds them against each other.

Nothing here shares code with the writers: a fault of theirs must not be repeated by the check.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import openpyxl
import shapely
from pyproj import Transformer

from geoapp import crs

TOLERANCE_M = 0.001
"""A millimetre: the point file has no more digits."""
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Read:
    """One feature as one file has it: outline in EPSG:4527, area in m² and 亩 as written, label of its status."""

    shape: Any = None
    area_m2: Decimal | None = None
    area_mu: Decimal | None = None
    status: str = ""


@dataclass(slots=True)
class Finding:
    """One comparison: what was compared, how many, and the differences."""

    title: str
    compared: int = 0
    worst: str = ""
    wrong: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        return not self.wrong


def read_points(content: bytes) -> dict[str, Read]:
    """The 界址点 file, as a surveyor's program reads it."""
    found: dict[str, Read] = {}
    number, area, rings = "", Decimal(0), {}  # type: str, Decimal, dict[str, list[tuple[float, float]]]

    def done() -> None:
        if number:
            found[number] = Read(_shape(list(rings.values())), area * 10000)

    for line in content.decode("gb18030").splitlines():
        cells = line.split(",")
        if line.endswith(",@"):
            done()
            number, area, rings = cells[2], Decimal(cells[1]), {}
        elif len(cells) == 4 and number:
            rings.setdefault(cells[1], []).append((float(cells[3]), float(cells[2])))
    done()
    return found


def _shape(rings: list[list[tuple[float, float]]]) -> Any:
    """Rings by even and odd: one inside an odd number of others is a hole."""
    areas = [shapely.Polygon(ring) for ring in rings]
    whole = shapely.Polygon()
    for polygon in areas:
        whole = shapely.symmetric_difference(whole, polygon)
    return whole


def read_geojson(content: bytes, key: str) -> dict[str, Read]:
    """The GeoJSON, by the standard library and PROJ."""
    to = Transformer.from_crs(int(crs.WGS84), int(crs.PLANE_PREFIXED), always_xy=True)
    found = {}
    for feature in json.loads(content, parse_float=Decimal)["features"]:
        row = feature["properties"]
        plain = json.loads(json.dumps(feature["geometry"], default=float))
        shape = shapely.transform(shapely.geometry.shape(plain), to.transform, interleaved=False)
        found[str(row[key])] = Read(
            shape, _number(row.get("area_m2")), _number(row.get("area_mu")), str(row.get("status_label", ""))
        )
    return found


def read_workbook(content: bytes, titles: Mapping[str, str]) -> dict[str, Read]:
    """The workbook; ``titles`` maps key, area_m2, area_mu and status to the heads of their columns."""
    sheet = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False).active
    rows = sheet.iter_rows(values_only=True)
    heads = [str(h) for h in next(rows)]
    at = {name: heads.index(title) for name, title in titles.items() if title in heads}
    found = {}
    for row in rows:
        if row[0] is None:  # the sums at the end have no inner number
            continue
        cell = {name: row[i] for name, i in at.items()}
        found[str(cell["key"])] = Read(
            None, _number(cell.get("area_m2")), _number(cell.get("area_mu")), str(cell.get("status") or "")
        )
    return found


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def compare(
    points: Mapping[str, Read], features: Mapping[str, Read], rows: Mapping[str, Read], total: int
) -> list[Finding]:
    """Every comparison, right or wrong."""
    return [
        _counts(points, features, rows, total),
        _coordinates(points, features),
        _areas(points, rows),
        _columns(features, rows),
    ]


def _counts(points: Mapping[str, Read], features: Mapping[str, Read], rows: Mapping[str, Read], total: int) -> Finding:
    made = Finding("条数与编号（数据库、TXT、GeoJSON、XLSX）", total)
    for name, found in (("TXT", points), ("GeoJSON", features), ("XLSX", rows)):
        if len(found) != total:
            made.wrong.append(f"{name} 有 {len(found)} 条，应为 {total} 条")
        made.wrong += [f"{name} 缺 {key}" for key in sorted(set(features) - set(found))[:SHOWN]]
        made.wrong += [f"{name} 多出 {key}" for key in sorted(set(found) - set(features))[:SHOWN]]
    return made


def _coordinates(points: Mapping[str, Read], features: Mapping[str, Read]) -> Finding:
    """Every corner of one file has its twin in the other within a millimetre."""
    made, worst = Finding("界址点坐标（TXT 与 GeoJSON，限差 1 毫米）"), 0.0
    for key in sorted(set(points) & set(features)):
        ours, theirs = shapely.get_coordinates(points[key].shape), shapely.get_coordinates(features[key].shape)
        made.compared += len(ours)
        apart = max(_apart(ours, theirs), _apart(theirs, ours))
        worst = max(worst, apart)
        if apart > TOLERANCE_M or points[key].shape.symmetric_difference(features[key].shape).area > TOLERANCE_M * max(
            features[key].shape.length, 1
        ):
            made.wrong.append(f"{key} 相差 {apart * 1000:.2f} 毫米")
    made.worst = f"最大 {worst * 1000:.2f} 毫米"
    return made


def _apart(ours: Any, theirs: Any) -> float:
    """The farthest that a point of one list is from the other list's nearest."""
    if not len(ours) or not len(theirs):
        return float("inf")
    distances = shapely.distance(shapely.points(ours), shapely.multipoints(theirs))
    return float(np.max(distances))


def _areas(points: Mapping[str, Read], rows: Mapping[str, Read]) -> Finding:
    """The area in the workbook is that of the corners in the point file."""
    made, worst = Finding("面积（XLSX 与 TXT 图形、TXT 所载面积）"), 0.0
    for key in sorted(set(points) & set(rows)):
        shape, written = points[key].shape, rows[key].area_m2
        if written is None:
            continue
        made.compared += 1
        off = abs(shape.area - float(written))
        worst = max(worst, off)
        if off > TOLERANCE_M * shape.length + 0.005:
            made.wrong.append(f"{key} 图形 {shape.area:.2f} m²，XLSX {written} m²")
        if abs((points[key].area_m2 or Decimal(0)) - written) > Decimal("0.5"):
            made.wrong.append(f"{key} TXT 所载 {points[key].area_m2} m²，XLSX {written} m²")
    made.worst = f"最大 {worst:.3f} m²"
    return made


def _columns(features: Mapping[str, Read], rows: Mapping[str, Read]) -> Finding:
    """Areas and statuses of GeoJSON and workbook are the same to the last digit; so are their sums."""
    made = Finding("面积、状态逐条与合计（GeoJSON 与 XLSX）")
    for key in sorted(set(features) & set(rows)):
        made.compared += 1
        one, other = features[key], rows[key]
        for name in ("area_m2", "area_mu", "status"):
            if getattr(one, name) != getattr(other, name):
                made.wrong.append(f"{key} {name}：GeoJSON {getattr(one, name)}，XLSX {getattr(other, name)}")
    sums = [sum((r.area_mu for r in found.values() if r.area_mu is not None), Decimal(0)) for found in (features, rows)]
    made.worst = f"合计 {sums[1]:,.4f} 亩" if any(sums) else ""
    if sums[0] != sums[1]:
        made.wrong.append(f"合计：GeoJSON {sums[0]} 亩，XLSX {sums[1]} 亩")
    return made
