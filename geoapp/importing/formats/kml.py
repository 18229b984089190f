"""KML, and the KML inside a KMZ: places with their names and data. Nothing a link points to is ever opened.

GDAL's own reader loses Chinese names of data fields, so the text is read here, by a parser that refuses entities and DTDs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from geoapp.importing.formats.cells import Texts
from geoapp.importing.reading.transfer import LABELS, Raw, Refusal

TITLE = "KML"
NAME, DESCRIPTION, FOLDER = LABELS[1], "描述", "文件夹"
MOST_POINTS = 2_000_000
MOST_FIELDS = 300
SHAPES = ("Polygon", "LineString", "Point", "MultiGeometry", "LinearRing")
DECLARED = re.compile(rb'^(\xef\xbb\xbf)?\s*<\?xml[^>]*encoding=["\']([A-Za-z0-9_.-]+)["\'][^>]*\?>')
DRAWN = "KML 规定用 WGS 84，但很多人在偏移的卫星图（高德、谷歌中国、百度）上描画。请看下面的位置图：若整体偏了几百米，在“坐标系”里选 GCJ-02 或 BD-09"


def read(folder: Path, options: Mapping[str, Any]) -> Raw:
    """Every placemark with an outline, in the order of the file."""
    import io

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, iterparse

    content, encoding = _text((folder / "layer.kml").read_bytes())
    rows: list[dict[str, str | None]] = []
    shapes: list[bytes | None] = []
    problems: dict[int, str] = {}
    counted = _Counter()
    links, without, folders = 0, 0, [""]
    try:
        for event, element in iterparse(io.BytesIO(content), events=("start", "end"), forbid_dtd=True):
            tag = _plain(element.tag)
            if event == "start":
                if tag == "Folder":
                    folders.append("")
                continue
            if tag == "name" and len(folders) > 1 and not folders[-1]:
                folders[-1] = (element.text or "").strip()
            if tag == "Folder":
                folders.pop()
                element.clear()
            elif tag == "NetworkLink":
                links += 1
                element.clear()
            elif tag == "Placemark":
                shape = _shape(element, counted)
                without += shape is None
                if shape is not None:
                    if isinstance(shape, str):
                        problems[len(rows)] = shape
                        shape = None
                    rows.append(_row(element, folders))
                    shapes.append(shape)
                element.clear()
    except DefusedXmlException:
        raise Refusal("KML 里有实体或 DTD 定义，不予读取。请在原软件中重新导出") from None
    except ParseError as error:
        raise Refusal("KML 不完整或不是合格的 XML（{why}）。请重新导出", why=str(error)[:80]) from None
    names = list(dict.fromkeys(name for row in rows for name in row))
    if len(names) > MOST_FIELDS:
        raise Refusal("KML 的属性超过 {n} 个，请简化后重新导出", n=MOST_FIELDS)
    texts = Texts(names)
    for row in rows:
        texts.add([row.get(name) for name in names])
    notes: list[tuple[str, dict[str, Any]]] = [(DRAWN, {})]
    if links:
        notes.append(("{n} 个网络链接没有打开，里面的内容没有导入", {"n": links}))
    if without:
        notes.append(("{n} 个地标没有能读的图形，没有导入", {"n": without}))
    declared = {"srid": 4326, "source": TITLE}
    return Raw(
        texts.columns, shapes, problems=texts.problems | problems, declared=declared, encoding=encoding, notes=notes
    )


class Wrong(ValueError):
    """Why one placemark has no outline, as a sentence."""


class _Counter:
    """Points read so far."""

    def __init__(self) -> None:
        self.n = 0

    def add(self, n: int) -> None:
        self.n += n
        if self.n > MOST_POINTS:
            raise Refusal("坐标点超过 {n} 个，请分块导入", n=MOST_POINTS)


def _text(content: bytes) -> tuple[bytes, dict[str, Any]]:
    """The document in an encoding the parser knows, and the verdict on the one it came in."""
    told: dict[str, Any] = {"value": "UTF-8", "message": "由 XML 声明确定", "values": {}, "alternatives": []}
    found = DECLARED.match(content)
    name = found[2].decode("ascii").lower() if found else "utf-8"
    if name in ("gbk", "gb2312", "gb18030"):
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise Refusal("文字不是 {encoding}", encoding=name) from None
        return re.sub(r"<\?xml.*?\?>", "", text, count=1, flags=re.S).encode("utf-8"), told | {"value": "GB18030"}
    return content, told | {"value": name.upper()}


def _plain(tag: Any) -> str:
    return str(tag).rpartition("}")[2]


def _children(element: Any, name: str) -> Iterator[Any]:
    return (child for child in element if _plain(child.tag) == name)


def _row(element: Any, folders: list[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name, tag in ((NAME, "name"), (DESCRIPTION, "description")):
        text = next((c.text for c in _children(element, tag)), None)
        if text and text.strip():
            found[name] = text.strip()[:4000]
    place = " / ".join(f for f in folders[1:] if f)
    if place:
        found[FOLDER] = place
    for data in _children(element, "ExtendedData"):
        for one in data.iter():
            tag = _plain(one.tag)
            if tag == "SimpleData":
                found[one.get("name") or "?"] = (one.text or "").strip() or None
            elif tag == "Data":
                title = next((c.text for c in _children(one, "displayName")), None) or one.get("name") or "?"
                found[title] = (next((c.text for c in _children(one, "value")), None) or "").strip() or None
    return found


def _shape(element: Any, counted: _Counter) -> bytes | str | None:
    """WKB of a placemark's outline, why there is none, or None for a placemark without one."""
    import shapely

    parts: list[Any] = []
    for child in element:
        if _plain(child.tag) in SHAPES:
            try:
                parts += _parts(child, counted)
            except Wrong as error:
                return str(error)
            except (ValueError, shapely.errors.ShapelyError):
                return "图形的点数不够，围不成线或面"
    if not parts:
        return None
    kinds = {p.geom_type for p in parts}
    if len(kinds) > 1:
        return "一个地标里有点、线、面几种图形，请分开"
    if len(parts) == 1:
        found: bytes = shapely.to_wkb(parts[0])
        return found
    multi = {"Polygon": shapely.multipolygons, "LineString": shapely.multilinestrings, "Point": shapely.multipoints}
    joined: bytes = shapely.to_wkb(multi[kinds.pop()](parts))
    return joined


def _parts(element: Any, counted: _Counter) -> list[Any]:
    import shapely

    match _plain(element.tag):
        case "MultiGeometry":
            return [part for child in element if _plain(child.tag) in SHAPES for part in _parts(child, counted)]
        case "Point":
            return [shapely.Point(_coordinates(element, counted)[0])]
        case "LineString" | "LinearRing":
            return [shapely.LineString(_coordinates(element, counted))]
        case "Polygon":
            outer = [_ring(e, counted) for e in _children(element, "outerBoundaryIs")]
            inner = [_ring(e, counted) for e in _children(element, "innerBoundaryIs")]
            if len(outer) != 1:
                raise Wrong("面没有外环")
            return [shapely.Polygon(outer[0], inner)]
        case _:
            return []


def _ring(element: Any, counted: _Counter) -> list[tuple[float, float]]:
    ring = next(_children(element, "LinearRing"), None)
    points = _coordinates(ring, counted) if ring is not None else []
    if len(points) < 3:
        raise Wrong("环的点不足三个")
    return points


def _coordinates(element: Any, counted: _Counter) -> list[tuple[float, float]]:
    text = next((c.text for c in _children(element, "coordinates")), None) or ""
    found = []
    for group in text.split():
        numbers = group.split(",")
        try:
            lon, lat = float(numbers[0]), float(numbers[1])
        except (ValueError, IndexError):
            raise Wrong("坐标不是数字") from None
        if not (math.isfinite(lon) and math.isfinite(lat)):
            raise Wrong("坐标不是有限数")
        found.append((lon, lat))
    counted.add(len(found))
    if not found:
        raise Wrong("没有坐标")
    return found
