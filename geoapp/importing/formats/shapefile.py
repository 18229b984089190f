"""Shapefile: our own reading of the table, GDAL for the outlines, and a count of records that must agree with both."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geoapp.importing.formats import dbf
from geoapp.importing.reading import encoding
from geoapp.importing.reading.transfer import Raw, Refusal

TITLE = "Shapefile"
LONGEST_PRJ = 20_000
PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
"""Files of one shapefile; all but the outlines lie under another name, where GDAL does not look."""


def read(folder: Path, options: Mapping[str, Any]) -> Raw:
    """Features in file order; records marked as deleted are left out and counted."""
    records = _records(folder / "layer.shp")
    _check_index(folder / "layer.shx", records)
    table = dbf.load(folder / "table.dbf")
    if table.count != records:
        raise Refusal(
            "图形 {shapes} 个，属性 {rows} 行，两者不一致：文件被截断或拼错。请重新导出",
            shapes=records,
            rows=table.count,
        )
    cpg = _optional(folder / "table.cpg", 100)
    verdict = encoding.settle(table.telling(), cpg, table.language, options.get("encoding"))
    columns, problems = table.columns(verdict["value"])
    raw = Raw(
        columns, _outlines(folder / "layer.shp", records), problems=problems, encoding=verdict, cut=dbf.NAME_BYTES
    )
    prj = _optional(folder / "table.prj", LONGEST_PRJ)
    raw.declared = {"wkt": prj, "source": ".prj"} if prj else {}
    return _without_deleted(raw, table)


def _records(path: Path) -> int:
    """Count the records of the .shp by walking their headers; raises Refusal when the file ends early."""
    content = path.read_bytes()
    broken = Refusal(".shp 损坏或被截断。请在原软件中重新导出并重新打包")
    if len(content) < 100 or struct.unpack_from(">I", content)[0] != 9994:
        raise broken
    words = struct.unpack_from(">I", content, 24)[0]
    if words * 2 != len(content):
        raise broken
    if struct.unpack_from("<I", content, 32)[0] == 31:
        raise Refusal("Shapefile 类型是三维 MultiPatch，不能导入。请导出为二维面")
    at, count = 100, 0
    while at < len(content):
        if at + 8 > len(content):
            raise broken
        at += 8 + struct.unpack_from(">I", content, at + 4)[0] * 2
        count += 1
    if at != len(content):
        raise broken
    return count


def _check_index(path: Path, records: int) -> None:
    if (path.stat().st_size - 100) != records * 8:
        raise Refusal(".shx 与 .shp 的记录数不一致：文件被截断或拼错。请重新导出并重新打包")


def _outlines(path: Path, records: int) -> list[bytes | None]:
    """WKB of every record. GDAL leaves a damaged record null without an error: the caller refuses nulls."""
    if not records:
        return []
    import pyogrio.raw

    _, numbers, shapes, _ = pyogrio.raw.read(str(path), columns=[], return_fids=True, force_2d=True)
    if len(shapes) != records or [int(n) for n in numbers] != list(range(records)):
        raise Refusal("只读出 {n} 个图形，文件里有 {records} 个。请在原软件中重新导出", n=len(shapes), records=records)
    return [None if shape is None else bytes(shape) for shape in shapes]


def _without_deleted(raw: Raw, table: dbf.Dbf) -> Raw:
    gone = {i for i in range(len(raw)) if table.deleted(i)}
    if not gone:
        return raw
    kept = [i for i in range(len(raw)) if i not in gone]
    renumbered = {old: new for new, old in enumerate(kept)}
    raw.rows = [i + 1 for i in kept]
    raw.shapes = [raw.shapes[i] for i in kept]
    raw.columns = {name: [cells[i] for i in kept] for name, cells in raw.columns.items()}
    raw.problems = {renumbered[i]: p for i, p in raw.problems.items() if i in renumbered}
    raw.notes.append(("{n} 行在 dbf 中标记为已删除，没有读取", {"n": len(gone)}))
    return raw


def _optional(path: Path, longest: int) -> str | None:
    if not path.exists():
        return None
    return path.read_bytes()[:longest].decode("utf-8-sig", "replace").strip() or None
