"""Files as land teams hold them, made on the spot: a small cadastre in every format, and ways to break it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyogrio
import shapely

VILLAGES = {"361027100203": "杨坊村", "361027100210": "里吴村", "361027100212": "先锋村"}
HOUSEHOLDS = ("郭明", "周小", "陈生建", "王海", "单燕小", "黄桂花")
STATUSES = ("未启动", "已公告", "已调查", "已签约", "已支付", "已交地")
CLASSES = ("0101", "0103", "0201", "0301", "0702", "1104")
ESRI_4548 = (
    'PROJCS["CGCS2000_3_Degree_GK_CM_117E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",'
    'SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",117.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)


def cadastre(n: int = 389, epsg: int = 4548) -> geopandas.GeoDataFrame:
    """Up to 400 neighbouring parcels that share their edges, with the columns of a real ledger."""
    rng = np.random.default_rng(5)
    across = 20
    x, y = np.meshgrid(np.arange(across + 1) * 60.0, np.arange(across + 1) * 45.0)
    x, y = x + rng.uniform(-9, 9, x.shape) + 478_000, y + rng.uniform(-9, 9, y.shape) + 3_088_000
    corners = [[(x[j, i], y[j, i]) for j, i in ((b, a), (b, a + 1), (b + 1, a + 1), (b + 1, a))]
               for b in range(across) for a in range(across)][:n]  # fmt: skip
    shapes = shapely.polygons(np.array([[*ring, ring[0]] for ring in corners]))
    names = list(VILLAGES.values())
    rows = {
        "宗地号": [f"XG-A-{i:04d}" for i in range(1, n + 1)],
        "权利人": [HOUSEHOLDS[i % 6] for i in range(n)],
        "村组": [f"{names[i % 3]}{i % 8 + 1}组" for i in range(n)],
        "面积亩": np.round(shapely.area(shapes) * 0.0015, 2),
        "地类": [CLASSES[i % 6] for i in range(n)],
        "状态": [STATUSES[i % 6] for i in range(n)],
    }
    made = geopandas.GeoDataFrame(rows, geometry=shapes, crs=4548)
    return made if epsg == 4548 else made.to_crs(epsg)


def gpkg(path: Path, rows: geopandas.GeoDataFrame, layer: str = "地块") -> Path:
    pyogrio.write_dataframe(rows, path, driver="GPKG", layer=layer)
    return path


def flatgeobuf(path: Path, rows: geopandas.GeoDataFrame) -> Path:
    pyogrio.write_dataframe(rows, path, driver="FlatGeobuf")
    return path


def geojson(path: Path, rows: geopandas.GeoDataFrame, **members: Any) -> Path:
    """GeoJSON as the standard wants it; ``members`` replace or add members of the collection."""
    document = json.loads(rows.to_json(to_wgs84=members.pop("to_wgs84", True), ensure_ascii=False))
    document.pop("crs", None)
    path.write_text(json.dumps(document | members, ensure_ascii=False), encoding="utf-8")
    return path


def shapefile(
    folder: Path,
    rows: geopandas.GeoDataFrame,
    *,
    encoding: str = "GBK",
    cpg: str | None = None,
    prj: str | None = ESRI_4548,
) -> Path:
    """The parts of a shapefile in ``folder``: .cpg and .prj only as told, the language byte left at zero."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "地块.shp"
    pyogrio.write_dataframe(rows, path, driver="ESRI Shapefile", encoding=encoding)
    for suffix, text in ((".cpg", cpg), (".prj", prj)):
        path.with_suffix(suffix).unlink(missing_ok=True)
        if text is not None:
            path.with_suffix(suffix).write_text(text, encoding="ascii")
    dbf = bytearray(path.with_suffix(".dbf").read_bytes())
    dbf[29] = 0
    path.with_suffix(".dbf").write_bytes(dbf)
    return path


def zipped(path: Path, parts: Iterable[Path]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            archive.write(part, part.name)
    return path


def shapefile_zip(path: Path, rows: geopandas.GeoDataFrame, **options: Any) -> Path:
    folder = path.with_suffix("")
    shapefile(folder, rows, **options)
    return zipped(path, sorted(folder.iterdir()))


def rewritten(path: Path, change: Callable[[bytes], bytes]) -> Path:
    """The file with its bytes changed."""
    path.write_bytes(change(path.read_bytes()))
    return path


def feature(number: str, coordinates: Any, kind: str = "Polygon", **properties: Any) -> dict[str, Any]:
    """One GeoJSON feature of a parcel; ``coordinates`` as they stand."""
    row = {"宗地号": number, "村组": "里吴村1组", "地类": "水田", "状态": "未启动"} | properties
    return {"type": "Feature", "properties": row, "geometry": {"type": kind, "coordinates": coordinates}}


def collection(path: Path, features: list[Any], **members: Any) -> Path:
    """A GeoJSON file of hand-made features; NaN and Infinity are written as they are."""
    document = {"type": "FeatureCollection", "features": features} | members
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


def square(x: float = 116.78, y: float = 27.90, side: float = 0.0005) -> list[list[list[float]]]:
    return [[[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]]
