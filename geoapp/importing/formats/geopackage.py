"""GeoPackage, read with SQLite alone: only real tables, never a view, and no driver that opens something else."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geoapp.importing.formats.cells import Texts
from geoapp.importing.reading.transfer import Raw, Refusal

TITLE = "GeoPackage"
ENVELOPES = (0, 32, 48, 48, 64)
LONGEST_VALUE = 64 * 2**20
BATCH = 2000


def read(folder: Path, _options: Mapping[str, Any]) -> Raw:
    """The features of the only feature table."""
    address = f"{(folder / 'layer.gpkg').as_uri()}?mode=ro&immutable=1"
    try:
        with sqlite3.connect(address, uri=True) as connection:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.text_factory = bytes
            return _features(connection)
    except sqlite3.DatabaseError as error:
        raise Refusal("GeoPackage 损坏或被截断（{why}）。请在原软件中重新导出", why=str(error)[:80]) from None


def _features(connection: sqlite3.Connection) -> Raw:
    table = _only_table(connection)
    column, declared = _geometry_column(connection, table)
    names = [_text(row[1]) for row in connection.execute(f"PRAGMA table_info({_quoted(table)})")]
    keys = {_text(row[1]) for row in connection.execute(f"PRAGMA table_info({_quoted(table)})") if row[5]}
    wanted = [n for n in names if n != column and n not in keys]
    columns = ", ".join(_quoted(n) for n in [column, *wanted])
    cursor = connection.execute(f"SELECT {columns} FROM {_quoted(table)} ORDER BY rowid")
    shapes: list[bytes | None] = []
    texts = Texts(wanted)
    problems: dict[int, str] = {}
    while rows := cursor.fetchmany(BATCH):
        for row in rows:
            shape = _wkb(row[0])
            if shape is None and row[0] is not None:
                problems[len(shapes)] = "图形数据损坏"
            shapes.append(shape)
            texts.add(row[1:])
    notes = [("GeoPackage 图层：{table}", {"table": table})]
    return Raw(
        texts.columns, shapes, problems=problems | texts.problems, declared=declared, encoding=ALWAYS, notes=notes
    )


ALWAYS = {"value": "UTF-8", "message": "{title} 规定使用 UTF-8", "values": {"title": TITLE}, "alternatives": []}


def _only_table(connection: sqlite3.Connection) -> str:
    kinds = {
        _text(n): (_text(k), _text(s)) for n, k, s in connection.execute("SELECT name, type, sql FROM sqlite_master")
    }
    for name in ("gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"):
        if not _is_table(kinds, name):
            raise Refusal("不是合格的 GeoPackage：缺少表 {name}", name=name)
    listed = connection.execute("SELECT table_name FROM gpkg_contents WHERE data_type = 'features'").fetchmany(1000)
    found = [_text(row[0]) for row in listed]
    views = [name for name in found if not _is_table(kinds, name)]
    tables = [name for name in found if _is_table(kinds, name)]
    if not tables:
        what = "、".join(views[:5]) or "—"
        raise Refusal("GeoPackage 里没有矢量图层的实体表（{what} 是视图或不存在）。请导出为普通图层", what=what)
    filled = [t for t in tables if _filled(connection, t)]
    if len(filled) > 1:
        raise Refusal(
            "GeoPackage 里有 {n} 个图层：{names}。请只保留要导入的一个", n=len(filled), names="、".join(filled[:8])
        )
    return (filled or tables)[0]


def _filled(connection: sqlite3.Connection, table: str) -> bool:
    statement = f"SELECT 1 FROM {_quoted(table)} LIMIT 1"
    return connection.execute(statement).fetchone() is not None


def _is_table(kinds: Mapping[str, tuple[str, str]], name: str) -> bool:
    kind, sql = kinds.get(name, ("", ""))
    return kind == "table" and not sql.lstrip().upper().startswith("CREATE VIRTUAL")


def _geometry_column(connection: sqlite3.Connection, table: str) -> tuple[str, dict[str, Any]]:
    row = connection.execute(
        "SELECT g.column_name, s.organization, s.organization_coordsys_id, s.definition FROM gpkg_geometry_columns g "
        "LEFT JOIN gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id WHERE g.table_name = ?",
        (table,),
    ).fetchone()
    if row is None:
        raise Refusal("图层 {table} 没有登记图形列", table=table)
    authority, number, wkt = _text(row[1]), row[2], _text(row[3])
    if authority.upper() == "EPSG" and isinstance(number, int) and number > 0:
        return _text(row[0]), {"srid": number, "source": "GeoPackage"}
    if wkt and wkt != "undefined":
        return _text(row[0]), {"wkt": wkt, "source": "GeoPackage"}
    return _text(row[0]), {}


def _wkb(blob: Any) -> bytes | None:
    """The WKB inside a GeoPackage geometry; None when its header is wrong."""
    if not isinstance(blob, bytes) or len(blob) < 13 or blob[:2] != b"GP":
        return None
    envelope = (blob[3] >> 1) & 7
    if envelope >= len(ENVELOPES) or blob[3] & 0x20:
        return None
    body = blob[8 + ENVELOPES[envelope] :]
    if len(body) < 5 or struct.unpack_from("B", body)[0] > 1:
        return None
    return body


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
