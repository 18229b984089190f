"""Brings a file into a private folder under names of our own; a zip is measured before and while it unfolds."""

from __future__ import annotations

import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from geoapp.importing.formats.shapefile import PARTS
from geoapp.importing.reading import identify
from geoapp.importing.report import refused, said

MAX_ENTRIES = 1000
MAX_BYTES = 2**30
MAX_RATIO = 300
FREE_BYTES = 16 * 2**20
"""Below this size a high ratio is harmless (dbf padding packs well)."""
STORED = {
    "gpkg": "layer.gpkg",
    "geojson": "layer.geojson",
    "fgb": "layer.fgb",
    "txt": "layer.txt",
    "xls": "layer.xls",
    "csv": "layer.csv",
    "kml": "layer.kml",
    "dxf": "layer.dxf",
}
WORKBOOK = "xl/workbook.xml"
INNER = {
    ".gpkg": "gpkg",
    ".geojson": "geojson",
    ".json": "geojson",
    ".fgb": "fgb",
    ".kml": "kml",
    ".ovkml": "kml",
    ".dxf": "dxf",
}
GDB = re.compile(r"^(.*?\.gdb)/([^/]+)$", re.I)


def stage(path: Path, folder: Path) -> str:
    """Copy what a reader needs from ``path`` into ``folder``; returns the kind. Raises RefusedFile."""
    if path.is_dir():
        return _bare_shapefile(_only_shp(path), folder)
    found = identify.kind(path)
    if found == "zip":
        return _unzip(path, folder)
    if found == "shp":
        return _bare_shapefile(path, folder)
    if path.stat().st_size > MAX_BYTES:
        raise refused(said("文件超过 {n} MB，请分块导入", n=MAX_BYTES >> 20))
    if found == "gpkg" and _unmerged(path):
        raise refused(said("旁边还有 {name}-wal：文件正被其他软件打开。请先在 QGIS 中关闭它", name=path.name))
    shutil.copyfile(path, folder / STORED[found])
    return found


def _unmerged(path: Path) -> bool:
    journal = path.with_name(path.name + "-wal")
    return journal.exists() and journal.stat().st_size > 0


def _stored(suffix: str) -> str:
    return ("layer" if suffix in (".shp", ".shx") else "table") + suffix


def _only_shp(folder: Path) -> Path:
    found = [p for p in sorted(folder.iterdir()) if p.suffix.lower() == ".shp" and p.is_file()]
    if len(found) != 1:
        raise refused(said("文件夹里应当只有一个 .shp，现在有 {n} 个", n=len(found)))
    return found[0]


def _bare_shapefile(path: Path, folder: Path) -> str:
    beside = {p.suffix.lower(): p for p in path.parent.iterdir() if p.stem == path.stem and p.is_file()}
    identify.kind(path)
    _complete({suffix for suffix in beside if suffix in PARTS}, path.name)
    for suffix in PARTS:
        if suffix in beside:
            shutil.copyfile(beside[suffix], folder / _stored(suffix))
    return "shp"


def _complete(suffixes: set[str], name: str) -> None:
    missing = [s for s in (".shp", ".shx", ".dbf") if s not in suffixes]
    if missing:
        what = "、".join(missing)
        raise refused(
            said("{name} 缺少 {what}。请把同名的 .shp、.shx、.dbf、.prj 一起压缩成 zip", name=name, what=what)
        )


def _unzip(path: Path, folder: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            members = _checked(archive)
            if WORKBOOK in members:
                shutil.copyfile(path, folder / "layer.xlsx")
                return "xlsx"
            return _unfold(archive, members, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise refused(said("压缩包不完整或已损坏。请重新压缩或重新下载")) from None


def _checked(archive: zipfile.ZipFile) -> Mapping[str, zipfile.ZipInfo]:
    """Members by readable name, once their number, sizes and names are found harmless."""
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise refused(said("压缩包里有 {n} 个文件，最多 {most} 个", n=len(entries), most=MAX_ENTRIES))
    if sum(e.file_size for e in entries) > MAX_BYTES:
        raise refused(said("压缩包展开后超过 {n} MB", n=MAX_BYTES >> 20))
    members: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        name = _readable(entry)
        if entry.is_dir() or name.startswith("__MACOSX/"):
            continue
        _check_entry(entry, name)
        if name.lower() in (n.lower() for n in members):
            raise refused(said("压缩包里有两个文件都叫 {name}", name=name[:80]))
        members[name] = entry
    return members


def _check_entry(entry: zipfile.ZipInfo, name: str) -> None:
    shown = name[:80]
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if ".." in parts or name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name) or "\x00" in name:
        raise refused(said("压缩包里的文件名 {name} 指向包外，不予解压", name=shown))
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise refused(said("压缩包里的 {name} 是链接，不予解压", name=shown))
    if entry.flag_bits & 1:
        raise refused(said("压缩包有密码。请去掉密码后重新压缩"))
    ratio = entry.file_size // max(entry.compress_size, 1)
    if entry.file_size > FREE_BYTES and ratio > MAX_RATIO:
        raise refused(said("{name} 展开后是压缩前的 {n} 倍，疑似压缩炸弹", name=shown, n=ratio))
    if name.lower().endswith((".zip", ".rar", ".7z", ".gz")):
        raise refused(said("压缩包里还有压缩包 {name}。请解开后重新压缩", name=shown))


def _readable(entry: zipfile.ZipInfo) -> str:
    """The member's name: Chinese names without the UTF-8 flag come out of zipfile as cp437."""
    if entry.flag_bits & 0x800:
        return entry.filename
    raw = entry.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _unfold(archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], folder: Path) -> str:
    identify.zipped(list(members))
    databases = {inner[1] for name in members if (inner := GDB.match(name.replace("\\", "/")))}
    if len(databases) == 1:
        return _geodatabase(archive, members, folder)
    shapes = [name for name in members if name.lower().endswith(".shp")]
    others = [name for name in members if PurePosixPath(name).suffix.lower() in INNER]
    if len(shapes) + len(others) != 1:
        what = "、".join([*shapes, *others][:5]) or "、".join(list(members)[:5]) or "—"
        raise refused(
            said(
                "压缩包里应当正好有一个图层，现在有 {n} 个（{what}）。请分开打包",
                n=len(shapes) + len(others),
                what=what,
            )
        )
    if others:
        target = folder / "member"
        _extract(archive, members[others[0]], target)
        found = identify.kind(target)
        if found not in STORED:
            raise refused(said("压缩包里的 {name} 内容与名称不符", name=others[0][:80]))
        target.rename(folder / STORED[found])
        return found
    return _zipped_shapefile(archive, members, shapes[0], folder)


def _geodatabase(archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], folder: Path) -> str:
    """The files of the only geodatabase, side by side; whatever else the zip holds stays there."""
    target = folder / "layer.gdb"
    target.mkdir()
    for name, entry in members.items():
        found = GDB.match(name.replace("\\", "/"))
        if found:
            _extract(archive, entry, target / found[2])
    return "gdb"


def _zipped_shapefile(
    archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], shape: str, folder: Path
) -> str:
    stem = shape[:-4].lower()
    parts = {n[len(stem) :].lower(): e for n, e in members.items() if n.lower().startswith(stem + ".")}
    _complete(set(parts), PurePosixPath(shape).name)
    for suffix in PARTS:
        if suffix in parts:
            _extract(archive, parts[suffix], folder / _stored(suffix))
    if identify.kind(folder / "layer.shp") != "shp":
        raise refused(said("{name} 的内容不是 Shapefile", name=PurePosixPath(shape).name))
    return "shp"


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    """Write one member, believing its declared size no further than it keeps to it."""
    left = entry.file_size
    with archive.open(entry) as source, target.open("xb") as file:
        while block := source.read(1 << 20):
            left -= len(block)
            if left < 0:
                raise refused(said("压缩包里的文件比声明的大，疑似压缩炸弹"))
            file.write(block)
