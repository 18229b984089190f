"""The reader's own process: gives up network, rights and resources first, and opens the file only then.

Run as ``python -m geoapp.importing.reading.child KIND FOLDER OPTIONS FD UID``; the answer goes to the file descriptor.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

from geoapp.importing.reading.encoding import NAMES
from geoapp.importing.reading.transfer import Raw, Refusal, dump, dump_refusal

CPU_S = 30
MEMORY = 2 * 2**30
ANSWER = 2 * 2**30
OPEN_FILES = 64
CLONE_NEWNET, CLONE_NEWUSER = 0x40000000, 0x10000000
READERS = {
    "shp": "shapefile",
    "gpkg": "geopackage",
    "geojson": "geojson",
    "fgb": "flatgeobuf",
    "txt": "points",
    "xlsx": "ledger",
    "xls": "ledger",
    "csv": "ledger",
    "kml": "kml",
    "dxf": "dxf",
    "gdb": "filegdb",
}
DRIVERS = {"ESRI Shapefile", "FlatGeobuf", "MEM", "Memory"}
"""The only GDAL drivers left alive (geoapp.importing.reading.sandbox skips the others)."""


def main() -> None:
    kind, folder, options, descriptor, uid = sys.argv[1:6]
    reader = importlib.import_module(f"geoapp.importing.formats.{READERS[kind]}")
    with os.fdopen(int(descriptor), "wb") as answer:
        try:
            _prepare(kind)
            _confine(Path(folder), int(uid))
            found = _read(reader, Path(folder), json.loads(options))
        except Refusal as refusal:
            dump_refusal(refusal, answer)
        except MemoryError:
            dump_refusal(Refusal("文件过大或内容异常，超出读取内存上限。请分块，或改用 GeoPackage"), answer)
        else:
            dump(found, answer)


def _read(reader: Any, folder: Path, options: dict[str, Any]) -> Raw:
    try:
        found: Raw = reader.read(folder, options)
    except (Refusal, MemoryError):
        raise
    except Exception as error:
        raise Refusal("文件损坏，无法读取（{why}）。请在原软件中重新导出", why=type(error).__name__) from None
    return found


def _prepare(kind: str) -> None:
    """Load whatever must be loaded while the file system is still ours."""
    for encoding in ("utf-8-sig", *NAMES.values()):
        "".encode(encoding)
    if kind in ("xlsx", "xls"):
        import python_calamine  # noqa: F401
    if kind == "dxf":
        import ezdxf.path  # noqa: F401
    if kind == "kml":
        import defusedxml.ElementTree  # noqa: F401
    if kind in ("txt", "csv", "kml", "dxf"):
        import shapely  # noqa: F401 — loaded before the file system is taken away
    if kind in ("shp", "fgb", "gdb"):
        for name in ("geopandas", "pandas", "pyarrow", "shapely"):
            sys.modules[name] = None  # type: ignore[assignment]  # pyogrio takes along whatever it finds: a second of start-up
        import pyogrio
        import pyogrio.raw

        alive = set(pyogrio.list_drivers())
        allowed = DRIVERS | {"OpenFileGDB"} if kind == "gdb" else DRIVERS
        if not alive <= allowed:
            raise Refusal(
                "读取程序的驱动清单与预期不符（{names}），为安全起见不读取", names="、".join(sorted(alive - allowed))
            )


def _confine(folder: Path, uid: int) -> None:
    """No network, small limits, no rights; each as far as the system allows."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)
    os.chdir(folder)
    for limit, value in (
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, ANSWER),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    if uid and os.geteuid() == 0:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)


if __name__ == "__main__":
    main()
