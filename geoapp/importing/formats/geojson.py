"""GeoJSON, read by our own parser: no driver that fetches links, no ring closed behind one's back."""

from __future__ import annotations

import json
import math
import re
import struct
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geoapp.importing.formats.cells import Texts
from geoapp.importing.reading.transfer import Raw, Refusal

TITLE = "GeoJSON"
KINDS = {"Point": 1, "LineString": 2, "Polygon": 3, "MultiPoint": 4, "MultiLineString": 5, "MultiPolygon": 6}
CRS_NAMES = (
    re.compile(r"(?:urn:ogc:def:crs:EPSG:[\d.]*:|EPSG:|http://www\.opengis\.net/def/crs/EPSG/[\d.]+/)(\d{4,6})", re.I),
    re.compile(r"(?:urn:ogc:def:crs:OGC:[\d.]*:|http://www\.opengis\.net/def/crs/OGC/[\d.]+/)?(CRS84)", re.I),
)
DEEPEST = "GeoJSON 嵌套过深。请在 GIS 软件中重新导出"


class Wrong(ValueError):
    """What is wrong with one feature, as a zh sentence."""


def read(folder: Path, options: Mapping[str, Any]) -> Raw:
    """The features of a FeatureCollection, or of one Feature."""
    content = (folder / "layer.geojson").read_bytes()
    encoding = options.get("encoding") or "utf-8-sig"
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        raise Refusal(
            "GeoJSON 的文字不是 {encoding}。若来自旧软件，请加 --encoding GB18030", encoding="UTF-8"
        ) from None
    document = _parsed(text)
    features = _members(document)
    names = list(dict.fromkeys(n for f in features if isinstance(f.get("properties"), dict) for n in f["properties"]))
    texts, shapes, problems = Texts(names), [], {}
    for index, feature in enumerate(features):
        properties = feature.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        texts.add([properties.get(name) for name in names])
        try:
            shapes.append(_wkb(feature.get("geometry")))
        except Wrong as wrong:
            shapes.append(None)
            problems[index] = str(wrong)
        except RecursionError:
            raise Refusal(DEEPEST) from None
    verdict = {"value": "UTF-8", "message": "{title} 规定使用 UTF-8", "values": {"title": TITLE}, "alternatives": []}
    if options.get("encoding"):
        verdict |= {"value": encoding, "message": "由用户指定"}
    return Raw(
        texts.columns, shapes, problems=texts.problems | problems, declared=_declared(document), encoding=verdict
    )


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object)
    except RecursionError:
        raise Refusal(DEEPEST) from None
    except json.JSONDecodeError as error:
        raise Refusal(
            "GeoJSON 不完整或格式有误（第 {line} 行第 {column} 字符）。请重新导出；逐行 GeoJSONSeq 尚不能读取",
            line=error.lineno,
            column=error.colno,
        ) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Refusal("GeoJSON 里同一对象的属性“{name}”出现两次，无法判断以哪个为准", name=twice[:40])
    return made


def _members(document: Any) -> list[dict[str, Any]]:
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "Feature":
        return [document]
    if kind == "Topology":
        raise Refusal("这是 TopoJSON，尚不能读取。请另存为 GeoJSON")
    features = document.get("features") if isinstance(document, dict) else None
    if kind != "FeatureCollection" or not isinstance(features, list):
        raise Refusal("这是 JSON，但不是 GeoJSON 要素集（FeatureCollection）。请在 GIS 软件中另存为 GeoJSON")
    for index, feature in enumerate(features, 1):
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise Refusal("第 {row} 个元素不是 Feature", row=index)
    return features


def _declared(document: dict[str, Any]) -> dict[str, Any]:
    crs = document.get("crs")
    if crs is None:
        return {"crs84": True, "source": "RFC 7946", "firm": False}
    if isinstance(crs, dict) and crs.get("type") == "link":
        raise Refusal("GeoJSON 的 crs 是网址链接，系统不打开任何链接。请删去 crs 或写成 EPSG 名称，如 EPSG:4490")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    for pattern in CRS_NAMES:
        if isinstance(name, str) and (found := pattern.fullmatch(name.strip())):
            known = {"crs84": True} if found[1].upper() == "CRS84" else {"srid": int(found[1])}
            return {**known, "source": "GeoJSON crs"}
    return {"unknown": str(name)[:60], "source": "GeoJSON crs"}


def _wkb(geometry: Any) -> bytes | None:
    """Two-dimensional little-endian WKB; raises Wrong with what is amiss."""
    if geometry is None:
        return None
    if not isinstance(geometry, dict) or geometry.get("type") not in KINDS:
        kind = geometry.get("type") if isinstance(geometry, dict) else geometry
        raise Wrong(f"图形类型 {str(kind)[:30]} 不能导入")
    return _shape(KINDS[geometry["type"]], geometry.get("coordinates"))


def _shape(kind: int, coordinates: Any) -> bytes:
    head = struct.pack("<BI", 1, kind)
    if kind == 1:
        return head + _positions([coordinates], 1)
    if not isinstance(coordinates, list):
        raise Wrong("坐标不是数组")
    if kind == 2:
        return head + struct.pack("<I", len(coordinates)) + _positions(coordinates, 2)
    if kind == 3:
        return head + struct.pack("<I", len(coordinates)) + b"".join(_ring(ring) for ring in coordinates)
    return head + struct.pack("<I", len(coordinates)) + b"".join(_shape(kind - 3, part) for part in coordinates)


def _ring(ring: Any) -> bytes:
    if not isinstance(ring, list):
        raise Wrong("坐标不是数组")
    if len(ring) < 4:
        raise Wrong(f"一个环只有 {len(ring)} 个点，至少要 4 个（首尾相同）")
    if ring[0] != ring[-1]:
        raise Wrong(f"环没有闭合：首点 {_shown(ring[0])}，末点 {_shown(ring[-1])}")
    return struct.pack("<I", len(ring)) + _positions(ring, 4)


def _positions(positions: list[Any], least: int) -> bytes:
    flat = array("d")
    for position in positions:
        if not isinstance(position, list) or not 2 <= len(position) <= 4:
            raise Wrong("坐标不是成对的数字")
        x, y = position[0], position[1]
        if type(x) not in (float, int) or type(y) not in (float, int):
            raise Wrong(f"坐标 {_shown(position)} 不是数字")
        if not (math.isfinite(x) and math.isfinite(y)):
            raise Wrong("坐标不是有限数（NaN 或无穷大）")
        flat.append(x)
        flat.append(y)
    if len(positions) < least:
        raise Wrong("点数不够")
    return flat.tobytes()


def _shown(position: Any) -> str:
    return json.dumps(position, ensure_ascii=False)[:60]
