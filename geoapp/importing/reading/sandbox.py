"""Runs a reader in a process of its own, with an empty environment, and kills it when it takes too long."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from geoapp import ROOT
from geoapp.importing.reading import transfer
from geoapp.importing.reading.transfer import Raw
from geoapp.importing.report import RefusedFile, refused, said

WALL_S = 90
SKIPPED = (
    "ADBC", "AIVector", "AVCBin", "AVCE00", "AmigoCloud", "CSV", "CSW", "Carto", "DGN", "DXF", "EDIGEO", "EEDA",
    "ESRIJSON", "Elasticsearch", "GDALG", "GML", "GPKG", "GPSBabel", "GPX", "GTFS", "GeoJSON", "GeoJSONSeq",
    "GeoRSS", "HTTP", "Idrisi", "JML", "JSONFG", "KML", "LIBKML", "LVBAG", "MBTiles", "MVT", "MapML",
    "MiraMonVector", "NGW", "OAPIF", "ODS", "OGCAPI", "OGR_GMT", "OGR_PDS", "OGR_VRT", "OSM", "OpenFileGDB",
    "PCIDSK", "PDF", "PDS4", "PGDUMP", "PLSCENES", "PMTiles", "S57", "SQLite", "SXF", "Selafin", "TopoJSON", "VDV",
    "VFK", "VICAR", "WAsP", "WFS", "XLSX", "VRT", "Zarr", "MapInfo File",
)  # fmt: skip
"""Every driver but those that a reader uses (and GDAL's own memory driver); the child checks that none is left over."""
SAFE = {
    "OGR_SKIP": ",".join(SKIPPED),
    "GDAL_SKIP": " ".join(n for n in SKIPPED if " " not in n),
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_HTTP_TIMEOUT": "1",
    "GDAL_HTTP_MAX_RETRY": "0",
    "CPL_CURL_ENABLE_VSIMEM": "NO",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_DRIVER_PATH": "disable",
    "PROJ_NETWORK": "OFF",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "LANG": "C.UTF-8",
}

WITH_GDB = {**SAFE, "OGR_SKIP": ",".join(n for n in SKIPPED if n != "OpenFileGDB")}
WITH_GDB["GDAL_SKIP"] = WITH_GDB["GDAL_SKIP"].replace("OpenFileGDB", "")
WITH_GDB["GDAL_DISABLE_READDIR_ON_OPEN"] = "NO"


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder that only this import sees; removed at the end whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="geoapp-import-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def read(kind: str, folder: Path, options: Mapping[str, Any]) -> Raw:
    """The features of the file staged in ``folder``; raises RefusedFile."""
    uid = _hand_over(folder)
    with tempfile.TemporaryFile() as answer:
        command = [sys.executable, "-s", "-P", "-B", "-m", "geoapp.importing.reading.child"]
        arguments = [kind, str(folder), json.dumps(dict(options)), str(answer.fileno()), str(uid)]
        environment = {**(WITH_GDB if kind == "gdb" else SAFE), "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
        try:
            ended = subprocess.run(
                [*command, *arguments],
                env=environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(answer.fileno(),),
                timeout=WALL_S,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            raise _gave_up() from None
        answer.seek(0)
        return _answered(answer, ended)


def _answered(answer: Any, ended: int) -> Raw:
    if ended in (-24, -9):
        raise _gave_up()
    try:
        return transfer.load(answer)
    except transfer.Refusal as refusal:
        raise refused(said(refusal.message, **refusal.values)) from None


def _gave_up() -> RefusedFile:
    return refused(said("读取超时或超出资源上限：文件过于复杂或有意为难。请拆分或在原软件中重新导出"))


def _hand_over(folder: Path) -> int:
    """As root, give the folder to an account without rights; its number, or 0 when we stay who we are."""
    if os.geteuid() != 0:
        return 0
    try:
        nobody = pwd.getpwnam("nobody").pw_uid
    except KeyError:
        return 0
    parents = [p for p in folder.parents if not p.stat().st_mode & 0o001]
    if parents:
        return 0
    for path in (folder, *folder.rglob("*")):
        os.chown(path, nobody, -1)
    return nobody
