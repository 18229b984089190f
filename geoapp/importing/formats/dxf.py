"""DXF out of CAD: closed polylines are outlines, a text inside one is its label. A DXF names no coordinate system.

A ring inside another is a hole of it; with a label of its own it is an outline besides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geoapp.importing.formats.cells import Texts
from geoapp.importing.reading.transfer import LABELS, Raw, Refusal

TITLE = "DXF"
LAYER, HANDLE = "图层", "图元号"
MOST_RINGS = 100_000
MOST_TEXTS = 300_000
MOST_POINTS = 2_000_000
FLAT_M = 0.005
"""Arcs become chords no farther from them than this."""
OPEN_M = 0.01
"""A polyline whose ends are closer is closed."""


def read(folder: Path, options: Mapping[str, Any]) -> Raw:
    """The closed polylines of one layer (``part``), or of all."""
    import ezdxf
    import numpy as np
    import shapely

    try:
        document, encoding = _document(folder / "layer.dxf", options.get("encoding"))
    except (ezdxf.DXFError, UnicodeDecodeError, ValueError, KeyError, IndexError, AttributeError) as error:
        raise Refusal("DXF 损坏或不完整（{why}）。请在 CAD 中重新另存", why=type(error).__name__) from None
    space = document.modelspace()
    rings, layers, handles, open_ones = _rings(space)
    if not rings:
        raise Refusal("DXF 里没有闭合的多段线。请在 CAD 中把红线闭合后重新导出（未闭合 {n} 条）", n=open_ones)
    counted = Counter(layers)
    part = str(options.get("part") or "")
    if part and part not in counted:
        raise Refusal("DXF 里没有图层“{part}”，有：{known}", part=part, known="、".join(list(counted)[:20]))
    kept = [i for i, name in enumerate(layers) if not part or name == part]
    shapes = shapely.polygons([shapely.linearrings(rings[i]) for i in kept])
    words, places = _texts(space)
    names = [layers[i] for i in kept]
    found, labels = _features(np.asarray(shapes, dtype=object), words, places)
    texts = Texts([LABELS[0], LAYER, HANDLE])
    outlines: list[bytes | None] = []
    for index, shape in found:
        texts.add([labels.get(index), names[index], handles[kept[index]]])
        outlines.append(shapely.to_wkb(shape))
    notes: list[tuple[str, dict[str, Any]]] = []
    if open_ones:
        notes.append(("{n} 条没有闭合的多段线没有读入", {"n": open_ones}))
    if not part and len(counted) > 1:
        told = "、".join(f"{name}（{n}）" for name, n in counted.most_common(8))
        notes.append(
            (
                "读入了全部 {n} 个图层的闭合线：{layers}。只要其中一个，请在“文件中的图层”里选",
                {"n": len(counted), "layers": told},
            )
        )
    raw = Raw(texts.columns, outlines, problems=texts.problems, encoding=encoding, notes=notes)
    raw.parts = [name for name, _ in counted.most_common(100)]
    return raw


def _document(path: Path, wanted: Any) -> tuple[Any, dict[str, Any]]:
    """The drawing and the verdict on its text: old drawings name a code page, and some that hold Chinese name none."""
    import ezdxf

    verdict: dict[str, Any] = {"values": {}, "alternatives": ["UTF-8", "GB18030"]}
    if wanted:
        return ezdxf.readfile(path, encoding=str(wanted)), verdict | {"value": str(wanted), "message": "由用户指定"}
    document = ezdxf.readfile(path)
    declared = str(document.encoding)
    content = path.read_bytes() if declared == "cp1252" else b""
    for name in ("utf-8", "gb18030") if not content.isascii() else ():
        try:
            content.decode(name)
        except UnicodeDecodeError:
            continue
        message = "DXF 文件头没有注明中文编码，全部文字按 {value} 解码成功"
        found = ezdxf.readfile(path, encoding=name)
        return found, verdict | {"value": name.upper(), "message": message, "values": {"value": name.upper()}}
    return document, verdict | {"value": declared.upper(), "message": "由 DXF 文件头确定"}


def _rings(space: Any) -> tuple[list[Any], list[str], list[str], int]:
    """Closed rings as arrays of points, with layer and handle; and how many polylines are open."""
    import numpy as np
    from ezdxf import path

    rings, layers, handles, open_ones, count = [], [], [], 0, 0
    for entity in space.query("LWPOLYLINE POLYLINE"):
        if entity.dxftype() == "POLYLINE" and not (entity.is_2d_polyline or entity.is_3d_polyline):
            continue
        points = np.array([(p.x, p.y) for p in path.make_path(entity).flattening(FLAT_M)])
        count += len(points)
        if count > MOST_POINTS:
            raise Refusal("坐标点超过 {n} 个，请分块导入", n=MOST_POINTS)
        closed = bool(entity.is_closed) or (len(points) > 3 and float(np.hypot(*(points[0] - points[-1]))) < OPEN_M)
        if not closed or len(np.unique(points, axis=0)) < 3 or not np.isfinite(points).all():
            open_ones += 1
            continue
        if len(points) > 1 and not np.array_equal(points[0], points[-1]):
            points = np.vstack([points, points[:1]])
        rings.append(points)
        layers.append(str(entity.dxf.layer))
        handles.append(str(entity.dxf.handle))
        if len(rings) > MOST_RINGS:
            raise Refusal("闭合线超过 {n} 条，请只导出红线图层", n=MOST_RINGS)
    return rings, layers, handles, open_ones


def _texts(space: Any) -> tuple[list[str], list[tuple[float, float]]]:
    words, places = [], []
    for entity in space.query("TEXT MTEXT"):
        text, at = entity.plain_text(), entity.dxf.insert
        if (
            entity.dxftype() == "TEXT"
            and entity.dxf.hasattr("align_point")
            and (entity.dxf.halign or entity.dxf.valign)
        ):
            at = entity.dxf.align_point
        text = " ".join(str(text).split())
        if text:
            words.append(text)
            places.append((at.x, at.y))
        if len(words) > MOST_TEXTS:
            break
    return words, places


def _features(
    shapes: Any, words: list[str], places: list[tuple[float, float]]
) -> tuple[list[tuple[int, Any]], dict[int, str]]:
    """(ring, outline without the rings inside it) of every feature, and the labels by ring."""
    import numpy as np
    import shapely

    tree = shapely.STRtree(shapes)
    areas = shapely.area(shapes)
    inner, outer = tree.query(shapely.point_on_surface(shapes), predicate="within")
    holders: dict[int, list[int]] = {}
    for i, o in zip(inner.tolist(), outer.tolist(), strict=True):
        if i != o and areas[o] > areas[i]:
            holders.setdefault(i, []).append(o)
    parent = {i: min(found, key=lambda o: areas[o]) for i, found in holders.items()}
    labels: dict[int, list[str]] = {}
    if words:
        text_at, ring_at = tree.query(shapely.points(np.array(places)), predicate="within")
        smallest: dict[int, int] = {}
        for w, r in zip(text_at.tolist(), ring_at.tolist(), strict=True):
            if w not in smallest or areas[r] < areas[smallest[w]]:
                smallest[w] = r
        for w, r in smallest.items():
            labels.setdefault(r, []).append(words[w])
    children: dict[int, list[int]] = {}
    for i, o in parent.items():
        children.setdefault(o, []).append(i)
    found = []
    for i, shape in enumerate(shapes):
        hole = len(holders.get(i, ())) % 2 == 1 and i not in labels
        if hole:
            continue
        within = [shapes[c] for c in children.get(i, ())]
        found.append((i, shapely.difference(shape, shapely.union_all(within)) if within else shape))
    return found, {i: " ".join(dict.fromkeys(told)) for i, told in labels.items()}
