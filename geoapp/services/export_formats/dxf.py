"""DXF for CAD: closed polylines and the key as text, each on a layer of its status; metres, easting first."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import ezdxf
import shapely
from sqlalchemy import Connection

from geoapp import crs
from geoapp.queries.geojson import Wanted
from geoapp.services.export_formats import rows
from geoapp.services.export_formats.form import Format
from geoapp.services.export_formats.made_file import pieces_of

TEXT_HEIGHT_M = 2.0
_FORBIDDEN = re.compile(r'[<>/\\":;?*|=`,\s]+')


def make(connection: Connection, wanted: Wanted, folder: Path) -> tuple[Path, int]:
    """``<layer>.dxf`` (R2010); degrees become the town's plane system."""
    path = folder / f"{wanted.layer.id}.dxf"
    system = crs.OUTPUT[int(crs.PLANE)] if wanted.writing.crs.geographic else wanted.writing.crs
    document = ezdxf.new("R2010", setup=["styles"])
    document.header["$INSUNITS"] = 6
    space, title = document.modelspace(), _layer_name(wanted.layer.title)
    document.layers.add(f"{title}_编号", color=7)
    labels = {s.code: _layer_name(f"{title}_{s.label}") for s in wanted.layer.statuses}
    for n, name in enumerate(dict.fromkeys(labels.values())):
        document.layers.add(name, color=1 + n % 6)
    names = [f.name for f in rows.fields(wanted.layer)]
    key, status = names.index(wanted.layer.key) + 1, names.index("status") + 1
    count = 0
    for batch in rows.read(connection, wanted, system):
        for row in batch:
            count += 1
            shape = shapely.from_wkb(bytes(row[-1]))
            _draw(space, shape, labels[row[status]])
            place = shapely.point_on_surface(shape)
            text = space.add_text(str(row[key]), height=TEXT_HEIGHT_M, dxfattribs={"layer": f"{title}_编号"})
            text.set_placement((place.x, place.y), align=ezdxf.enums.TextEntityAlignment.MIDDLE_CENTER)
    document.saveas(path)
    return path, count


def _draw(space: Any, shape: Any, layer: str) -> None:
    attributes = {"layer": layer}
    for part in getattr(shape, "geoms", [shape]):
        if part.geom_type == "Point":
            space.add_point((part.x, part.y), dxfattribs=attributes)
        elif part.geom_type == "LineString":
            space.add_lwpolyline(part.coords, dxfattribs=attributes)
        else:
            for ring in (part.exterior, *part.interiors):
                space.add_lwpolyline(list(ring.coords)[:-1], close=True, dxfattribs=attributes)


def _layer_name(text: str) -> str:
    return _FORBIDDEN.sub("-", text)


FORMAT = Format(
    ("dxf",), "CAD 图形 DXF", "image/vnd.dxf", pieces_of(make), order=50,
    about="闭合多段线与编号文字，按状态分层；未选平面坐标系时用 3° 带 117E。",
)  # fmt: skip
