"""Outlines into storage: read, placed, flattened, checked and made multi; nothing accepted is altered beyond that."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from geoapp import crs
from geoapp.importing.cleaning.placing import Placed, Reading, place
from geoapp.importing.cleaning.where import inside
from geoapp.importing.reading.transfer import Raw
from geoapp.importing.report import Said, Verdict, said
from geoapp.layer import Layer
from geoapp.towns import Bbox, Town

Shapes = NDArray[np.object_]
REPAIR_M2 = 0.01
"""A self-crossing outline is repaired only when its area stays the same to this."""
METRES_A_DEGREE = 90_000
"""Fewer than in either direction here, so that the tolerance is never too small."""
TYPES = {"POINT": 0, "LINESTRING": 1, "POLYGON": 3, "MULTIPOINT": 4, "MULTILINESTRING": 5, "MULTIPOLYGON": 6}
TITLES = {0: "点", 1: "线", 2: "环", 3: "面", 4: "多点", 5: "多线", 6: "多面", 7: "几何集合"}
MULTI: dict[int, tuple[int, Callable[..., Any]]] = {
    4: (0, shapely.multipoints),
    5: (1, shapely.multilinestrings),
    6: (3, shapely.multipolygons),
}
Fault = tuple[Said, Said]


@dataclass
class Outlines:
    """Shapes in the storage system; ``faults`` maps an index to reason and remedy, ``repaired`` lists indices."""

    shapes: Shapes
    placed: Placed
    faults: dict[int, Fault] = field(default_factory=dict)
    repaired: list[int] = field(default_factory=list)
    rounding: float = 0.0
    """Degrees that the file's own number of decimals leaves open."""


def _none(raw: Raw) -> Outlines:
    """A table has no outlines; its rows change features that are there."""
    verdict = Verdict("坐标系", "无图形", said("表格没有图形，只更新库中已有的记录"))
    faults = {index: (said(why), said("请在原文件中修复")) for index, why in raw.problems.items()}
    return Outlines(np.full(len(raw), None, dtype=object), Placed(Reading(CRS.from_epsg(crs.STORAGE)), verdict), faults)


def outlines(raw: Raw, layer: Layer, town: Town, wanted: str | None) -> Outlines:
    """Check every outline of a file; raises RefusedFile when the coordinate system cannot be settled."""
    if raw.bare:
        return _none(raw)
    wkb = np.empty(len(raw), dtype=object)
    wkb[:] = raw.shapes
    source = shapely.from_wkb(wkb, on_invalid="ignore")
    faults = _unreadable(raw, wkb, source) | _wrong_type(source, layer)
    coordinates, owner = shapely.get_coordinates(source, return_index=True)
    for index in np.unique(owner[~np.isfinite(coordinates).all(axis=1)]):
        faults.setdefault(int(index), (said("坐标不是有限数（NaN 或无穷大）"), said("请在原软件中修复该图形")))
    placed = place(raw.declared, _centres(source, faults), town, wanted)
    stored = _stored(source, coordinates, placed.reading)
    found = Outlines(stored, placed, faults, rounding=_rounding(coordinates, placed.reading))
    _outside(found, town.extent)
    _valid(found, source)
    found.shapes = _multi(found.shapes, layer)
    return found


def _rounding(coordinates: NDArray[np.float64], reading: Reading) -> float:
    """The diagonal of half a unit of the last decimal that all coordinates have, when finer than 1 cm; else nothing."""
    geographic = reading.system.is_geographic
    for digits in (7, 8, 9) if geographic else (2, 3, 4):
        half = 0.75 * 10.0**-digits
        if np.array_equal(np.round(coordinates, digits), coordinates, equal_nan=True):
            return half if geographic else half / METRES_A_DEGREE
    return 0.0


def _unreadable(raw: Raw, wkb: Shapes, source: Shapes) -> dict[int, Fault]:
    faults: dict[int, Fault] = {}
    for index in map(int, np.flatnonzero(shapely.is_missing(source) | shapely.is_empty(source))):
        lost = wkb[index] is not None
        reason = said("图形损坏：环没有闭合、点数不够或类型不支持") if lost else said("没有图形")
        faults[index] = (reason, said("请在原软件中补画或修复该图形，或删去这一行"))
    for index, problem in raw.problems.items():
        faults[index] = (said(problem), said("请在原软件中改正这一行"))
    return faults


def _wrong_type(source: Shapes, layer: Layer) -> dict[int, Fault]:
    wanted = TYPES.get(layer.geometry_type)
    if wanted is None:
        return {}
    allowed = {wanted, MULTI[wanted][0]} if wanted in MULTI else {wanted}
    kinds = shapely.get_type_id(source)
    wrong = np.flatnonzero(~np.isin(kinds, [*allowed, -1]))
    return {
        int(i): (
            said("图形是{found}，本图层要{wanted}", found=said(TITLES[int(kinds[i])]), wanted=said(TITLES[wanted])),
            said("请确认选对了图层和文件"),
        )
        for i in wrong
    }


def _centres(source: Shapes, faults: dict[int, Fault]) -> NDArray[np.float64]:
    boxes = shapely.bounds(source)
    boxes[list(faults)] = np.nan
    return np.column_stack([(boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2])


def _stored(source: Shapes, coordinates: NDArray[np.float64], reading: Reading) -> Shapes:
    flat = shapely.force_2d(source) if shapely.has_z(source).any() else source.copy()
    return shapely.set_coordinates(flat, reading.to_storage(coordinates))  # type: ignore[no-any-return]


def _outside(found: Outlines, extent: Bbox) -> None:
    boxes = shapely.bounds(found.shapes)
    lower, upper = inside(boxes[:, :2], extent), inside(boxes[:, 2:], extent)
    for index in np.flatnonzero(~(lower & upper)):
        x, y = (boxes[index, :2] + boxes[index, 2:]) / 2
        reason = said("超出本镇范围（中心 {x}, {y}）", x=f"{x:.6f}", y=f"{y:.6f}")
        found.faults.setdefault(int(index), (reason, said("请核对坐标，或删去不属于本镇的图形")))


def _valid(found: Outlines, source: Shapes) -> None:
    """Repair a self-crossing whose area stays; name the place of any other."""
    for index in np.flatnonzero(~shapely.is_valid(found.shapes)):
        if int(index) in found.faults:
            continue
        shape = found.shapes[index]
        repaired = _polygonal(shapely.make_valid(shape, method="structure", keep_collapsed=False))
        if repaired is not None and abs(plane_area(repaired) - plane_area(shape)) < REPAIR_M2:
            found.shapes[index] = repaired
            found.repaired.append(int(index))
        else:
            place_of = source[index] if not shapely.is_valid(source[index]) else shape
            found.faults[int(index)] = (_explained(place_of), said("请在原软件中修复拓扑后重新导出"))


def _polygonal(shape: Any) -> Any | None:
    """The shape when it has surface and nothing else."""
    return shape if shape.geom_type in ("Polygon", "MultiPolygon") and not shape.is_empty else None


def plane_area(shape: Any) -> float:
    """Plane area in m²; of a self-crossing outline the sum that its orientation gives."""
    moved = shapely.transform(shape, _to_plane().transform, interleaved=False)
    return float(shapely.area(moved))


@lru_cache(maxsize=1)
def _to_plane() -> Transformer:
    return Transformer.from_crs(int(crs.STORAGE), int(crs.PLANE), always_xy=True)


FAULTS = {
    "Self-intersection": "边界自相交",
    "Ring Self-intersection": "边界自相交",
    "Hole lies outside shell": "洞在外边界之外",
    "Nested holes": "洞里套洞",
    "Nested shells": "外边界相互嵌套",
    "Holes are nested": "洞里套洞",
    "Duplicate Rings": "边界重复",
    "Interior is disconnected": "内部被切断",
    "Too few points in geometry component": "不同的点太少，围不成面",
}


def _explained(shape: Any) -> Said:
    text = str(shapely.is_valid_reason(shape))
    found = re.fullmatch(r"(.+?)\[(\S+) (\S+)\]", text)
    if not found:
        return said("图形无效（{why}）", why=text[:80])
    what = said(FAULTS.get(found[1], "图形无效"))
    digits = 3 if abs(float(found[2])) > 400 else 7
    return said(
        "{what}，在 ({x}, {y}) 处", what=what, x=f"{float(found[2]):.{digits}f}", y=f"{float(found[3]):.{digits}f}"
    )


def _multi(shapes: Shapes, layer: Layer) -> Shapes:
    """Single shapes become multi where the layer stores multi."""
    target = TYPES.get(layer.geometry_type, -1)
    if target not in MULTI:
        return shapes
    single, make = MULTI[target]
    alone = np.flatnonzero(shapely.get_type_id(shapes) == single)
    if len(alone):
        shapes[alone] = make(shapes[alone], indices=np.arange(len(alone)))
    return shapes
