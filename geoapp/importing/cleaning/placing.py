"""Which coordinate system a file is in: what it declares, checked against where its coordinates would lie.

Land is never moved silently. A declared system that puts the file outside the town is refused with the system that
would fit; only a zone prefix or an axis order that the numbers themselves prove is put right, and the verdict says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from geoapp import crs
from geoapp.importing.cleaning import shifted
from geoapp.importing.cleaning.where import Points, inside, offset
from geoapp.importing.report import RefusedFile, Said, Verdict, refused, said
from geoapp.towns import Town

SAMPLE = 2000
OLD_DATUMS = {"xian": "1980 西安坐标系", "beijing": "1954 北京坐标系"}
SAME_DATUMS = (
    "china 2000", "china_2000", "cgcs2000", "china geodetic coordinate system 2000",
    "world geodetic system 1984", "wgs 84", "wgs_1984", "wgs84",
)  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """One way to read coordinates: a system, and whether the file has its axes the other way round."""

    system: CRS
    swapped: bool = False
    shift: str = ""
    """A web map's shifted system whose drawing this is."""

    @property
    def title(self) -> str:
        if self.shift:
            return shifted.TITLES[self.shift]
        found = self.system.to_epsg(min_confidence=60)
        known = crs.READINGS.get(found or 0) or self.system.name
        return f"EPSG:{found} {known}" if found else known

    def to_storage(self, points: Points) -> Points:
        """Longitude and latitude in the storage system; not finite where the system does not reach."""
        x, y = (points[:, 1], points[:, 0]) if self.swapped else (points[:, 0], points[:, 1])
        if self.shift:
            return shifted.to_wgs84(np.column_stack([x, y]), self.shift)
        epsg = self.system.to_epsg()
        if epsg and crs.same_datum_as_storage(epsg):
            return np.column_stack([x, y])
        return np.column_stack(_transformer(self.system.to_wkt()).transform(x, y))


@lru_cache(maxsize=32)
def _transformer(wkt: str) -> Transformer:
    return Transformer.from_crs(CRS.from_wkt(wkt), CRS.from_epsg(crs.STORAGE), always_xy=True)


@dataclass(frozen=True)
class Placed:
    """The reading chosen, and the verdict that says why."""

    reading: Reading
    verdict: Verdict


def place(declared: Mapping[str, Any], centres: Points, town: Town, wanted: str | None) -> Placed:
    """Settle the system from ``--crs``, the file's declaration and the features' ``centres``; raises RefusedFile."""
    points = _sample(centres)
    if not len(points):
        return _placed(Reading(CRS.from_epsg(crs.STORAGE)), said("文件里没有可用的坐标"))
    ground = _Ground(points, town)
    if wanted:
        return _as_wanted(_wished(wanted), ground)
    system, source = _declared(declared)
    if system is None:
        return _by_magnitude(ground, said("文件没有声明坐标系"))
    if declared.get("firm", True) is False and ground.share(Reading(system)) == 0:
        return _by_magnitude(ground, said("{source} 规定用经纬度，但坐标不是经纬度", source=source))
    return _as_declared(system, source, ground)


class _Ground:
    """The sampled centres against the town's extent."""

    def __init__(self, points: Points, town: Town) -> None:
        self.points, self.town = points, town

    def share(self, reading: Reading) -> float:
        """Part of the features that this reading puts inside the town."""
        return float(np.mean(inside(reading.to_storage(self.points), self.town.extent)))

    def fits(self, reading: Reading) -> bool:
        return self.share(reading) == 1

    def others(self) -> list[Reading]:
        """Every known reading that puts all features inside the town, one a location."""
        found: list[Reading] = []
        for swapped in (False, True):
            for srid in crs.READINGS:
                reading = Reading(CRS.from_epsg(srid), swapped)
                if self.fits(reading) and not any(self._same_place(reading, other) for other in found):
                    found.append(reading)
        return found

    def _same_place(self, a: Reading, b: Reading) -> bool:
        return bool(np.allclose(a.to_storage(self.points[:20]), b.to_storage(self.points[:20]), atol=1e-9))

    def distance(self, reading: Reading) -> Said:
        """How far off the reading puts the file."""
        found = reading.to_storage(self.points)
        found = found[np.isfinite(found).all(axis=1)]
        if not len(found) or np.abs(found[:, 1]).max() > 90:
            return said("坐标无法换算成经纬度（例：{example}）", example=self.example)
        return said("落在本镇{where}", where=offset(np.median(found, axis=0), self.town.extent))

    @property
    def example(self) -> str:
        x, y = self.points[0]
        return f"{x:.6f}, {y:.6f}" if abs(x) < 400 else f"{x:.3f}, {y:.3f}"


def _as_declared(system: CRS, source: str, ground: _Ground) -> Placed:
    reading = Reading(system)
    _check_datum(system, source)
    share = ground.share(reading)
    if share >= 0.5:
        return _placed(
            reading, said("{source} 声明，{share} 的要素落在本镇范围内", source=source, share=f"{share:.0%}")
        )
    proven = [r for r in _repairs(system) if ground.fits(r)]
    if len(proven) == 1:
        return _placed(proven[0], _repaired(reading, proven[0], source, ground))
    raise _elsewhere(reading, said("按 {source} 声明的 {title}", source=source, title=reading.title), ground)


def _repaired(declared: Reading, proven: Reading, source: str, ground: _Ground) -> Said:
    facts = {"source": source, "title": declared.title, "example": ground.example, "new": proven.title}
    if proven.swapped and proven.system == declared.system:
        return said("{source} 声明 {title}，但坐标的两轴颠倒（例：{example}）；已对调，全部要素落在本镇范围内", **facts)
    if proven.swapped:
        return said(
            "{source} 声明 {title}，但两轴颠倒且带号不符（例：{example}）；"
            "已对调并按 {new} 读取，全部要素落在本镇范围内",
            **facts,
        )
    return said(
        "{source} 声明 {title}，但横坐标的带号与之不符（例：{example}）；已按 {new} 读取，全部要素落在本镇范围内",
        **facts,
    )


def _repairs(system: CRS) -> Iterator[Reading]:
    """The same projection with its axes exchanged, with or without the zone prefix: nothing else is put right."""
    yield Reading(system, swapped=True)
    number = system.to_epsg()
    twins = crs.PREFIXED_TWIN | {b: a for a, b in crs.PREFIXED_TWIN.items()}
    if number in twins:
        yield Reading(CRS.from_epsg(twins[number]))
        yield Reading(CRS.from_epsg(twins[number]), swapped=True)


def _by_magnitude(ground: _Ground, why: Said) -> Placed:
    found = ground.others()
    if len(found) == 1:
        return _placed(found[0], _deduced(found[0], why, ground))
    if found:
        names = "、".join(r.title for r in found)
        raise refused(said("{why}；有几种读法都落在本镇：{names}。请用 --crs 指定", why=why, names=names))
    likely = Reading(CRS.from_epsg(crs.STORAGE if np.abs(ground.points).max() <= 360 else crs.PLANE))
    raise refused(
        said(
            "{why}；试过的坐标系都不能让全部要素落在本镇范围内（按 {title} {distance}）。"
            "请用 --crs 指定，或检查是否导错了文件",
            why=why,
            title=likely.title,
            distance=ground.distance(likely),
        )
    )


def _deduced(reading: Reading, why: Said, ground: _Ground) -> Said:
    facts = {"why": why, "example": ground.example, "title": reading.title}
    if reading.swapped:
        return said(
            "{why}；按坐标大小（例：{example}）是 {title} 且两轴颠倒，已对调，全部要素落在本镇范围内。"
            "若原为西安80或北京54，请先转换",
            **facts,
        )
    return said(
        "{why}；按坐标大小（例：{example}）只有 {title} 能让全部要素落在本镇范围内。若原为西安80或北京54，请先转换",
        **facts,
    )


def _wished(wanted: str) -> Reading:
    name = wanted.strip().upper()
    return Reading(CRS.from_epsg(crs.WGS84), shift=name) if name in shifted.TITLES else Reading(_named(wanted))


def _as_wanted(reading: Reading, ground: _Ground) -> Placed:
    _check_datum(reading.system, "--crs")
    share = ground.share(reading)
    if share >= 0.5:
        return _placed(reading, said("由用户指定，{share} 的要素落在本镇范围内", share=f"{share:.0%}"))
    raise _elsewhere(reading, said("按指定的 {title}", title=reading.title), ground)


def _elsewhere(reading: Reading, by: Said, ground: _Ground) -> RefusedFile:
    """The refusal for a system that puts the file elsewhere, with the system that would fit."""
    distance = ground.distance(reading)
    fitting = [r for r in ground.others() if not r.swapped]
    if not fitting:
        return refused(said("{by}，要素{distance}。请检查坐标系，或是否导错了文件", by=by, distance=distance))
    return refused(
        said(
            "{by}，要素{distance}；而按 {title} 读取则全部落在本镇范围内。请核对后用 --crs {option} 重新导入",
            by=by,
            distance=distance,
            title=fitting[0].title,
            option=f"EPSG:{fitting[0].system.to_epsg()}",
        )
    )


def _placed(reading: Reading, reason: Said) -> Placed:
    others = [f"EPSG:{n}" for n in (crs.STORAGE, crs.PLANE, crs.PLANE_PREFIXED) if n != reading.system.to_epsg()]
    return Placed(reading, Verdict("坐标系", reading.title, reason, tuple(others)))


def _declared(declared: Mapping[str, Any]) -> tuple[CRS | None, str]:
    """The declared system and who declares it; None when there is no declaration."""
    source = str(declared.get("source", ""))
    if "crs84" in declared:
        return CRS.from_epsg(crs.WGS84), source
    if "unknown" in declared:
        unknown = "{source} 里的坐标系“{name}”不认识。请用 --crs 指定，如 --crs EPSG:4490"
        raise refused(said(unknown, source=source, name=declared["unknown"]))
    try:
        if "srid" in declared:
            return CRS.from_epsg(declared["srid"]), source
        if "wkt" in declared:
            return _recognised(CRS.from_wkt(_sound(declared["wkt"]))), source
    except CRSError:
        raise refused(
            said("{source} 里的坐标系定义无法识别。请用 --crs 指定，如 --crs EPSG:4548", source=source)
        ) from None
    return None, source


def _sound(wkt: str) -> str:
    """Refuse definitions no software writes: they are parsed recursively."""
    if len(wkt) > 20_000 or wkt.count("[") + wkt.count("(") > 400:
        raise CRSError("too deep")
    return wkt


def _recognised(system: CRS) -> CRS:
    """The authority's own definition when the file's is equivalent (ESRI spells names its own way)."""
    number = system.to_epsg(min_confidence=60)
    return CRS.from_epsg(number) if number else system


def _named(wanted: str) -> CRS:
    found = re.fullmatch(r"(?:EPSG:)?(\d{4,6})", wanted.strip(), re.I)
    try:
        if found:
            return CRS.from_epsg(int(found[1]))
    except CRSError:
        pass
    raise refused(said("--crs {wanted} 不认识，请写成 EPSG:4490、EPSG:4548 或 EPSG:4527", wanted=wanted[:40]))


def _check_datum(system: CRS, source: str) -> None:
    base = system.geodetic_crs
    datum = f"{base.name} {base.datum.name if base.datum else ''}".lower() if base else ""
    for mark, title in OLD_DATUMS.items():
        if mark in datum:
            raise refused(
                said(
                    "{source} 声明的是 {title}。到 CGCS2000 有几十米的差异，没有地方转换参数不能换算，"
                    "系统不会悄悄转换。请向测绘部门索取 CGCS2000 成果，或用参数转换后再导入",
                    source=source,
                    title=title,
                )
            )
    if not any(name in datum for name in SAME_DATUMS):
        other = "{source} 声明的基准“{name}”不是 CGCS2000 或 WGS 84，不能导入。请先转换到 CGCS2000"
        raise refused(said(other, source=source, name=system.name[:60]))


def _sample(centres: Points) -> Points:
    points = centres[np.isfinite(centres).all(axis=1)]
    return points[:: max(1, len(points) // SAMPLE)]
