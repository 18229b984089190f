"""界址点 TXT: outlines as lists of boundary points, X north and Y east, the exchange text of land offices.

Read as surveyors write it: attribute lines of 8 to 13 fields that end in ``@``, other sections and explanations skipped,
rings by number, a ring's closing point there or not, GBK, GB18030, UTF-8 or UTF-16.
"""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geoapp.importing.formats.cells import Texts
from geoapp.importing.reading.transfer import Raw, Refusal

TITLE = "界址点 TXT"
NAMES = ("地块编号", "地块名称", "图形属性", "图幅号", "地块用途", "地类编码", "面积公顷")
MOST_POINTS = 2_000_000
PREFIXED = 1e7
"""Eastings from here carry their zone number."""
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Parcel:
    """One attribute line and the rings under it, by their number in the order they came."""

    def __init__(self, cells: list[str]) -> None:
        found = [c.strip() for c in cells]
        self.area = found[1] if len(found) > 1 else ""
        self.texts = [found[i] if i < len(found) else "" for i in range(2, 8)]
        self.rings: dict[str, list[tuple[float, float]]] = {}
        self.problem = ""


def read(folder: Path, options: Mapping[str, Any]) -> Raw:
    """Every parcel of the file."""
    text, encoding = _decoded((folder / "layer.txt").read_bytes(), options.get("encoding"))
    head, parcels = _parsed(text)
    texts, shapes, problems = Texts(list(NAMES)), [], {}
    for index, parcel in enumerate(parcels):
        area = re.sub(r"(公顷|hm2|hm²)$", "", parcel.area)
        texts.add([*(t or None for t in parcel.texts), area or None])
        try:
            shapes.append(None if parcel.problem else _outline(parcel))
        except ValueError as error:
            shapes.append(None)
            parcel.problem = str(error)
        if parcel.problem:
            problems[index] = parcel.problem
    declared = _declared(head, [p for parcel in parcels for ring in parcel.rings.values() for p in ring[:1]])
    return Raw(texts.columns, shapes, problems=texts.problems | problems, declared=declared, encoding=encoding)


def _decoded(content: bytes, wanted: str | None) -> tuple[str, dict[str, Any]]:
    verdict: dict[str, Any] = {"values": {}, "alternatives": ["UTF-8", "GB18030"]}
    if wanted:
        try:
            return content.decode(wanted), verdict | {"value": wanted, "message": "由用户指定"}
        except (UnicodeDecodeError, LookupError):
            raise Refusal("文字不是 {encoding}", encoding=wanted) from None
    for mark, name in MARKS:
        if content.startswith(mark):
            return content.decode(name, "replace"), verdict | {"value": name.upper(), "message": "由文件头的标记确定"}
    for name, message in (("utf-8", "全部文字按 UTF-8 解码成功"), ("gb18030", "不是 UTF-8，按 GB18030 解码成功")):
        try:
            return content.decode(name), verdict | {"value": name.upper(), "message": message}
        except UnicodeDecodeError:
            continue
    raise Refusal("文字既不是 UTF-8 也不是 GB18030，请在原软件中重新导出")


def _parsed(text: str) -> tuple[dict[str, str], list[Parcel]]:
    head: dict[str, str] = {}
    parcels: list[Parcel] = []
    points = 0
    for number, line in enumerate(text.splitlines(), 1):
        row = line.strip().strip("\ufeff").replace("，", ",")
        if not row or row.startswith(("[", "【")):
            continue
        if row.endswith("@"):
            parcels.append(Parcel(row[:-1].rstrip(",").split(",")))
        elif not parcels:
            name, sign, value = row.partition("=")
            if sign:
                head[name.strip()] = value.strip()
        else:
            points += 1
            _add_point(parcels[-1], row, number)
        if points > MOST_POINTS:
            raise Refusal("界址点超过 {n} 个，请分块导入", n=MOST_POINTS)
    return head, parcels


def _add_point(parcel: Parcel, row: str, number: int) -> None:
    cells = [c.strip() for c in row.split(",")]
    try:
        north, east = float(cells[2]), float(cells[3])
        if not (math.isfinite(north) and math.isfinite(east)):
            raise ValueError
    except (ValueError, IndexError):
        parcel.problem = parcel.problem or f"文件第 {number} 行不是“点号,圈号,X,Y”"
        return
    parcel.rings.setdefault(cells[1], []).append((east, north))


def _outline(parcel: Parcel) -> bytes:
    """Rings into areas: a ring inside another is its hole, one inside a hole an area again."""
    import shapely

    made = []
    for number, points in parcel.rings.items():
        ring = points if points[0] == points[-1] else [*points, points[0]]
        if len(ring) < 4:
            raise ValueError(f"第 {number} 圈少于 3 个点")
        made.append(shapely.Polygon(ring))
    if not made:
        raise ValueError("没有界址点")
    made.sort(key=lambda p: -p.area)
    depth = [
        sum(big.contains(p.representative_point()) for big in made[:n]) if p.is_valid else 0 for n, p in enumerate(made)
    ]
    parts = []
    for n, outer in enumerate(made):
        if depth[n] % 2 == 0:
            inside = [
                p for m, p in enumerate(made) if depth[m] == depth[n] + 1 and outer.contains(p.representative_point())
            ]
            parts.append(shapely.Polygon(outer.exterior, [p.exterior for p in inside]))
    found: bytes = shapely.to_wkb(parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts))
    return found


def _declared(head: Mapping[str, str], firsts: list[tuple[float, float]]) -> dict[str, Any]:
    """The system of the head: CGCS2000 by zone; an older datum is refused, never converted silently."""
    system, zone = head.get("坐标系", ""), re.sub(r"\D", "", head.get("带号", ""))
    if re.search(r"80|西安|54|北京", system):
        raise Refusal(
            "坐标系写的是“{name}”。到 CGCS2000 有几十米的差异，没有地方转换参数不能换算。请索取 CGCS2000 成果",
            name=system[:30],
        )
    if not zone or not firsts:
        return {}
    prefixed = firsts[0][0] >= PREFIXED
    if head.get("几度分带", "3").strip().startswith("6"):
        srid = (4478 if prefixed else 4489) + int(zone)
    else:
        srid = (4488 if prefixed else 4509) + int(zone)
    return {"srid": srid, "source": "文件头"}
