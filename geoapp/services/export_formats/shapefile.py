"""Shapefile in a zip, as county offices take it: GBK with .cpg, Chinese field names within 10 bytes, and a field dictionary."""

from __future__ import annotations

import zipfile
from pathlib import Path

from sqlalchemy import Connection

from geoapp.queries.geojson import Wanted
from geoapp.services.export_formats import rows
from geoapp.services.export_formats.arrow import write_gdal
from geoapp.services.export_formats.form import Format
from geoapp.services.export_formats.made_file import pieces_of
from geoapp.services.export_formats.rows import Field

ENCODINGS = ("GBK", "UTF-8")
"""The first that can write every text: a rare character of a name must not become a question mark."""
LONGEST = 10
"""Bytes of a field name in a .dbf."""


def field_names(fields: list[Field], encoding: str = ENCODINGS[0]) -> list[str]:
    """Titles cut to 10 bytes, each once."""
    found: list[str] = []
    for field in fields:
        name, n = _cut(field.title, LONGEST, encoding), 1
        while name in found:
            n += 1
            name = _cut(field.title, LONGEST - len(str(n)), encoding) + str(n)
        found.append(name)
    return found


def _cut(text: str, longest: int, encoding: str) -> str:
    kept = "".join(c for c in text if (c.isalnum() or c == "_") and c.encode("GBK", "ignore"))
    while len(kept.encode(encoding)) > longest:
        kept = kept[:-1]
    return kept


def make(connection: Connection, wanted: Wanted, folder: Path) -> tuple[Path, int]:
    """A zip with .shp, .shx, .dbf, .prj, .cpg and 字段说明.txt."""
    return _made(connection, wanted, folder / "files", ENCODINGS[0 if _writable(connection, wanted) else 1])


def _writable(connection: Connection, wanted: Wanted) -> bool:
    """Whether every text can be written in the first encoding."""
    try:
        for batch in rows.read(connection, wanted):
            "".join(v for row in batch for v in row if isinstance(v, str)).encode(ENCODINGS[0])
    except UnicodeEncodeError:
        return False
    return True


def _made(connection: Connection, wanted: Wanted, folder: Path, encoding: str) -> tuple[Path, int]:
    stem = wanted.layer.title
    folder.mkdir()

    def names(fields: list[Field]) -> list[str]:
        return field_names(fields, encoding)

    n = write_gdal(connection, wanted, folder / f"{stem}.shp", "ESRI Shapefile", names=names, encoding=encoding)
    (folder / f"{stem}.cpg").write_text(encoding, encoding="ascii")
    listed = dictionary(rows.fields(wanted.layer), encoding)
    (folder / "字段说明.txt").write_text(listed, encoding="utf-8-sig", newline="\r\n")
    packed = folder.with_suffix(".zip")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for path in sorted(folder.iterdir()):
            target.write(path, path.name)
    return packed, n


def dictionary(fields: list[Field], encoding: str) -> str:
    """Field name, full title, unit and codes, a line each."""
    lines = ["字段名\t名称\t单位\t代码"]
    for name, field in zip(field_names(fields, encoding), fields, strict=True):
        codes = "；".join(f"{k}={v}" for k, v in field.choices.items())
        lines.append("\t".join((name, field.title, field.unit, codes)))
    return "\n".join(lines) + "\n"


FORMAT = Format(
    ("zip", "shp"), "Shapefile", "application/zip", pieces_of(make), compressible=False, order=20,
    about="压缩包内含 .shp/.dbf/.prj/.cpg；字段名为中文且不超过 10 字节，另附字段说明。",
)  # fmt: skip
