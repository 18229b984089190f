"""What a file is, by its bytes; its name counts only for the parts of a shapefile, which have no mark of their own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from geoapp.importing.report import RefusedFile, Said, refused, said

HEAD = 65_536
READ = ("zip", "gpkg", "shp", "geojson", "fgb", "txt", "xls", "csv", "kml", "dxf")
"""Kinds that go on to a reader (zip is unpacked first)."""


@dataclass(frozen=True)
class Known:
    """A kind of file we recognise and do not read: what it is called and what to do instead."""

    test: Callable[[bytes], bool]
    title: str
    instead: str


KML = re.compile(rb"<(\w+:)?kml\b", re.I)
DXF = re.compile(rb"^(\xef\xbb\xbf)?\s*(999\s*\r?\n[^\n]*\n\s*)*0\s*\r?\n\s*SECTION\s", re.I)


def _starts(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(marks)


def _contains(pattern: bytes) -> Callable[[bytes], bool]:
    found = re.compile(pattern, re.I)
    return lambda head: bool(found.search(head[:4096]))


OFFICE = "只读 Excel 台账（.xlsx、.xls）。请另存为 Excel 工作簿"
BOUNDARY_TXT = ("[属性描述]", "[地块坐标]")
SERVICES = rb"<(OGRWFSDataSource|WFS_Capabilities|\w+:WFS_Capabilities|OGRWMS|GDAL_WMS)\b"
VIRTUAL = rb"<(OGRVRTDataSource|VRTDataset)\b"
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*")
NOT_READ = (
    Known(_starts(b"AC10"), "AutoCAD DWG", "没有能读 DWG 的开放程序：请在 CAD 中另存为 DXF 后导入"),
    Known(_starts(b"\x00\x01\x00\x00Standard"), "Access 数据库 MDB", "请在 ArcGIS 中导出为 Shapefile 或 GeoPackage"),
    Known(_starts(b"AutoCAD Binary DXF"), "二进制 DXF", "请在 CAD 中另存为文本 DXF（ASCII）后导入"),
    Known(_contains(VIRTUAL), "GDAL 虚拟数据源 VRT", "VRT 只是指向其他文件的链接，不会打开。请导出数据本身"),
    Known(_contains(SERVICES), "网络服务描述（WFS/WMS）", "系统不连接任何外部服务。请先下载为 GeoPackage"),
    Known(_contains(rb"<gpx\b"), "GPX", "GPX 尚不能读取：请在 GIS 软件中另存为 GeoPackage"),
    Known(_contains(rb"<(html|!doctype html)"), "网页 HTML", "这是网页，不是数据文件。请重新下载"),
    Known(_contains(rb"^(\xef\xbb\xbf)?\s*<"), "XML", "这种 XML 不能读取。请另存为 GeoPackage 或 GeoJSON"),
    Known(_starts(b"%PDF"), "PDF", "请提供矢量文件，如 SHP 或 GeoPackage"),
    Known(_starts(b"Rar!"), "RAR 压缩包", "请解压后重新压缩为 zip"),
    Known(_starts(b"7z\xbc\xaf"), "7z 压缩包", "请解压后重新压缩为 zip"),
    Known(_starts(b"\x1f\x8b"), "gzip 压缩包", "请解压后重新压缩为 zip"),
    Known(_starts(b"PAR1"), "GeoParquet", "GeoParquet 尚不能读取：请另存为 GeoPackage"),
    Known(_starts(*PICTURES), "图片", "图片不含矢量图形。请提供 SHP 或 GeoPackage"),
    Known(_contains(rb'"type"\s*:\s*"gdal_streamed_alg"'), "GDAL 处理链 GDALG", "处理命令不会执行。请导出数据本身"),
)  # fmt: skip
ZIPPED = (
    (re.compile(r"^(word|ppt)/", re.I), "Office 文件", OFFICE),
    (re.compile(r"\.dwg$", re.I), "AutoCAD DWG", "没有能读 DWG 的开放程序：请在 CAD 中另存为 DXF 后导入"),
    (re.compile(r"\.(mdb|accdb)$", re.I), "Access 数据库 MDB", "请在 ArcGIS 中导出为 Shapefile 或 GeoPackage"),
)  # fmt: skip


def kind(path: Path) -> str:
    """One of READ; raises RefusedFile naming what the file is and what to do instead."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise refused(said("文件是空的"))
    if _is_kml(head):
        return "kml"
    if DXF.match(head[:4096]):
        return "dxf"
    if path.suffix.lower() == ".ovobj":
        raise not_read(said("奥维 ovobj"), said("请在奥维里导出为 kml 或 ovkml 后导入"))
    for found in NOT_READ:
        if found.test(head):
            raise not_read(said(found.title), said(found.instead))
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith(b"SQLite format 3\x00"):
        return _sqlite(head)
    if head.startswith(b"fgb\x03fgb"):
        return "fgb"
    if head[:4] == b"\x00\x00\x27\x0a" and head[28:32] == b"\xe8\x03\x00\x00":
        return "shp"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "xls"
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return "geojson"
    if any(
        mark.encode(name) in head for mark in BOUNDARY_TXT for name in ("gb18030", "utf-8", "utf-16-le", "utf-16-be")
    ):
        return "txt"
    if path.suffix.lower() == ".csv":
        return "csv"
    raise _unknown(path)


def _is_kml(head: bytes) -> bool:
    """Markup whose first elements are KML's; in UTF-16 every other byte is nothing."""
    start = head[:4096]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        start = start[2:].replace(b"\x00", b"")
    return start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") and KML.search(start) is not None


def zipped(names: list[str]) -> None:
    """Refuse a zip whose members show another kind of file."""
    for pattern, title, instead in ZIPPED:
        if any(pattern.search(name) for name in names):
            raise not_read(said(title), said(instead))


def not_read(title: Said, instead: Said) -> RefusedFile:
    return refused(said("这是{title}，不能导入。{instead}", title=title, instead=instead))


def _sqlite(head: bytes) -> str:
    if head[68:72] in (b"GPKG", b"GP10", b"GP11"):
        return "gpkg"
    raise not_read(said("SQLite 数据库，但不是 GeoPackage"), said("请在 QGIS 中另存为 GeoPackage"))


def _unknown(path: Path) -> RefusedFile:
    if path.suffix.lower() in (".dbf", ".shx", ".prj", ".cpg"):
        return refused(said("这是 Shapefile 的一部分。请把 .shp、.shx、.dbf、.prj 一起压缩成 zip"))
    return refused(
        said(
            "认不出这是什么文件。可导入：Shapefile（zip）、GeoPackage、GeoJSON、FlatGeobuf、FileGDB（zip）、KML/KMZ、DXF、界址点 TXT、Excel 台账、CSV"
        )
    )
