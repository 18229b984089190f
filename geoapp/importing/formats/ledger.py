"""Ledgers: XLSX, XLS and CSV. Merged headings over several rows, totals left out, rows counted as Excel counts them.

A table of words has no outlines: its rows change features that are there, by their number. A CSV may bring outlines in a
column ``WKT``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from geoapp.importing.formats.cells import Texts
from geoapp.importing.reading.transfer import Raw, Refusal

TITLE = "表格"
MOST_ROWS, MOST_COLUMNS, HEADER_ROWS = 200_000, 300, 20
TOTALS = re.compile(r"^\s*(合\s*计|小\s*计|总\s*计|累\s*计)")
UNITS = re.compile(r"^(亩|公顷|平方米|㎡|m2|m²|元|万元|块|户|人)$")
Cells = list[list[Any]]
Merged = Sequence[tuple[tuple[int, int], tuple[int, int]]]
"""((first row, first column), (last row, last column)), from 0."""


def read(folder: Path, options: Mapping[str, Any]) -> Raw:
    """The first sheet that holds a table."""
    path = next(p for p in (folder / f"layer.{e}" for e in ("xlsx", "xls", "csv")) if p.exists())
    if path.suffix == ".csv":
        cells, encoding = _csv(path.read_bytes(), options.get("encoding"))
        return _raw(cells, (), encoding, 0)
    cells, merged, first = _sheet(path)
    told = {"value": "UTF-8", "message": "工作簿自带编码", "values": {}, "alternatives": []}
    return _raw(cells, merged, told, first)


def _sheet(path: Path) -> tuple[Cells, Merged, int]:
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_path(str(path))
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        cells = sheet.to_python(skip_empty_area=False)
        if sum(any(c not in ("", None) for c in row) for row in cells) >= 2:
            return cells, sheet.merged_cell_ranges or (), 0
    raise Refusal("工作簿里没有表格")


def _csv(content: bytes, wanted: str | None) -> tuple[Cells, dict[str, Any]]:
    tried = (wanted,) if wanted else ("utf-8-sig", "gb18030")
    for name in tried:
        try:
            text = content.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
        message = "由用户指定" if wanted else "全部文字解码成功"
        told = {
            "value": name.upper().removesuffix("-SIG"),
            "message": message,
            "values": {},
            "alternatives": ["UTF-8", "GB18030"],
        }
        first = text.split("\n", 1)[0]
        mark = max((",", "\t", ";"), key=first.count)
        return [list(row) for row in csv.reader(io.StringIO(text), delimiter=mark)], told
    raise Refusal("文字不是 {encoding}", encoding=wanted or "UTF-8 / GB18030")


def _raw(cells: Cells, merged: Merged, encoding: dict[str, Any], first: int) -> Raw:
    if len(cells) > MOST_ROWS or max(map(len, cells), default=0) > MOST_COLUMNS:
        raise Refusal("表格超过 {rows} 行或 {columns} 列，请分块导入", rows=MOST_ROWS, columns=MOST_COLUMNS)
    top = _header(cells)
    spans = [last[0] - top for (start, _), last in merged if start == top]
    bottom = min(top + max(spans, default=0), top + HEADER_ROWS)
    titles = _titles(cells, merged, top, bottom)
    kept = [n for n, title in enumerate(titles) if title]
    names = _unique([titles[n] for n in kept])
    texts, left = Texts(names), 0
    numbers: list[int] = []
    shapes: list[bytes | None] = []
    outline = next((n for n, title in zip(kept, names, strict=True) if title.upper() == "WKT"), None)
    problems: dict[int, str] = {}
    for n, row in enumerate(cells[bottom + 1 :], bottom + 2):
        values = [_plain(row[i]) if i < len(row) else None for i in kept]
        if all(v in (None, "") for v in values):
            continue
        if any(isinstance(v, str) and TOTALS.match(v) for v in values[:3]):
            left += 1
            continue
        texts.add(values)
        shapes.append(_shape(row, outline, len(numbers), problems))
        numbers.append(first + n)
    notes: list[tuple[str, dict[str, Any]]] = [("合计、小计行没有导入：{n} 行", {"n": left})] if left else []
    found = Raw(texts.columns, shapes, rows=numbers, problems=texts.problems | problems, encoding=encoding, notes=notes)
    found.bare = outline is None
    return found


def _header(cells: Cells) -> int:
    """The first row with several headings, all words."""
    for n, row in enumerate(cells[:HEADER_ROWS]):
        filled = [c for c in row if c not in ("", None)]
        if len(filled) >= 2 and all(isinstance(c, str) for c in filled):
            return n
    raise Refusal("前 {n} 行里没有找到表头", n=HEADER_ROWS)


def _titles(cells: Cells, merged: Merged, top: int, bottom: int) -> list[str]:
    """One title a column: the lowest heading, with its group when it is only a unit."""
    width = max(len(row) for row in cells[top : bottom + 1])
    grid = [[_word(row[i]) if i < len(row) else "" for i in range(width)] for row in cells[top : bottom + 1]]
    for (r0, c0), (r1, c1) in merged:
        if top <= r0 <= bottom:
            for r in range(r0, min(r1, bottom) + 1):
                for c in range(c0, min(c1, width - 1) + 1):
                    grid[r - top][c] = _word(cells[r0][c0])
    found = []
    for column in range(width):
        words = list(dict.fromkeys(w for w in (line[column] for line in grid) if w))
        if len(words) > 1 and UNITS.match(words[-1]):
            found.append(words[-2] + words[-1])
        else:
            found.append(words[-1] if words else "")
    return found


def _word(value: Any) -> str:
    return re.sub(r"\s+", "", value) if isinstance(value, str) else ""


def _unique(titles: list[str]) -> list[str]:
    found: list[str] = []
    for title in titles:
        name, n = title, 1
        while name in found:
            n += 1
            name = f"{title}{n}"
        found.append(name)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, str):
        return value.strip() or None
    return value


def _shape(row: list[Any], at: int | None, index: int, problems: dict[int, str]) -> bytes | None:
    if at is None or at >= len(row) or not str(row[at]).strip():
        return None
    import shapely

    try:
        found: bytes = shapely.to_wkb(shapely.force_2d(shapely.from_wkt(str(row[at]))))
    except shapely.errors.GEOSException:
        problems[index] = "WKT 图形无法识别"
        return None
    return found
