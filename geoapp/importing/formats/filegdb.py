"""Esri File Geodatabase (a folder, zipped), read by GDAL in the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geoapp.importing.formats.cells import Texts
from geoapp.importing.reading.transfer import Raw, Refusal

TITLE = "FileGDB"


def read(folder: Path, options: Mapping[str, Any]) -> Raw:
    """One feature layer: the one named by ``part``, or the only one there is."""
    import pyogrio.raw

    path = str(folder / "layer.gdb")
    try:
        listed = [(str(name), kind) for name, kind in pyogrio.list_layers(path).tolist()]
        spatial = [name for name, kind in listed if kind]
        part = str(options.get("part") or "")
        if part and part not in spatial:
            raise Refusal("库里没有图层“{part}”，有：{known}", part=part, known="、".join(spatial[:20]))
        if not spatial:
            raise Refusal("库里没有带图形的图层")
        chosen = part or spatial[0]
        facts, _, shapes, values = pyogrio.raw.read(path, layer=chosen, force_2d=True, datetime_as_string=True)
    except Refusal:
        raise
    except Exception as error:
        raise Refusal("FileGDB 损坏或缺少文件（{why}）。请把整个 .gdb 文件夹重新压缩", why=str(error)[:80]) from None
    texts = Texts([str(name) for name in facts["fields"]])
    columns = [[None if v != v else v for v in column.tolist()] for column in values]
    for i in range(len(shapes)):
        texts.add([column[i] for column in columns])
    declared = {"wkt": facts["crs"], "source": TITLE} if facts["crs"] else {}
    if declared and str(facts["crs"]).upper().startswith("EPSG:"):
        declared = {"srid": int(str(facts["crs"])[5:]), "source": TITLE}
    notes: list[tuple[str, dict[str, Any]]] = []
    if len(spatial) > 1:
        notes.append(
            ("库里有 {n} 个图层，读的是“{name}”。要读别的，请在“文件中的图层”里选", {"n": len(spatial), "name": chosen})
        )
    encoding = {"value": "UTF-8", "message": "{title} 规定使用 UTF-8", "values": {"title": TITLE}, "alternatives": []}
    outlines = [None if shape is None else bytes(shape) for shape in shapes]
    raw = Raw(texts.columns, outlines, problems=texts.problems, declared=declared, encoding=encoding, notes=notes)
    raw.parts = spatial
    return raw
