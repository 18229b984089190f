"""What a request that changes something carries: geometry, versions, dates, reasons."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pyproj
import shapely
from flask import request
from sqlalchemy.exc import OperationalError

from geoapp import crs
from geoapp.errors import BadRequest, InvalidEdit, MissingVersion
from geoapp.layer import Layer
from geoapp.said import said
from geoapp.services.write import Deed
from geoapp.web.access import current_reader

NOTE_LENGTH = 500
MOST_POINTS = 200_000
DEADLOCK = ("40P01", "40001")


def if_match() -> int:
    """The version of ``If-Match: "3"``; raises MissingVersion (428) without, BadRequest for another form."""
    given = request.headers.get("If-Match", "").strip()
    if not given:
        raise MissingVersion('请带上 If-Match，例如 If-Match: "3"，值为读到的版本号')
    found = re.fullmatch(r'(?:W/)?"?(\d{1,9})"?', given)
    if not found:
        raise BadRequest('If-Match 应为版本号，例如 "3"')
    return int(found[1])


def deed(kind: str, given: Any) -> Deed:
    """Who does it and why; ``note`` and ``effective_on`` from a form or JSON object."""
    note = str(given.get("note") or "").replace("\x00", "").strip()
    if len(note) > NOTE_LENGTH:
        raise InvalidEdit({"note": said("最多 {n} 个字", n=NOTE_LENGTH)})
    text = str(given.get("effective_on") or "").strip()
    try:
        effective_on = date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidEdit({"effective_on": said("应为日期，如 2026-06-30")}) from None
    return Deed(current_reader().name, kind, note, effective_on)


def json_object() -> dict[str, Any]:
    """The body as a JSON object; raises BadRequest."""
    try:
        found = json.loads(request.get_data(cache=False) or b"null")
    except (ValueError, RecursionError):
        raise BadRequest("请求内容不是有效的 JSON") from None
    if not isinstance(found, dict):
        raise BadRequest("请求应为 JSON 对象")
    return found


def geometry(layer: Layer, given: Any) -> bytes:
    """A GeoJSON geometry in ``Content-Crs`` (default CRS84) as WKB in the storage CRS; raises InvalidEdit."""
    if not isinstance(given, dict):
        raise InvalidEdit({"geom": said("缺少图形")})
    try:
        shape = shapely.force_2d(shapely.from_geojson(json.dumps(given)))
    except (shapely.errors.GEOSException, ValueError, TypeError):
        raise InvalidEdit({"geom": said("不是有效的 GeoJSON 图形")}) from None
    return outline(layer, shape, _content_srid())


def outline(layer: Layer, shape: Any, srid: int) -> bytes:
    """A shape in a CRS the service reads, as WKB in the storage CRS, checked; raises InvalidEdit."""
    if shapely.get_num_coordinates(shape) > MOST_POINTS:
        raise InvalidEdit({"geom": said("图形的点过多")})
    if srid not in (crs.STORAGE, crs.WGS84):
        to = pyproj.Transformer.from_crs(srid, int(crs.STORAGE), always_xy=True)
        shape = shapely.transform(shape, to.transform, interleaved=False)
    kind = layer.geometry_type.removeprefix("MULTI")
    if shape.is_empty or shape.geom_type.upper().removeprefix("MULTI") != kind:
        raise InvalidEdit({"geom": said("图形应为 {kind}", kind=layer.geometry_type)})
    if not shape.is_valid:
        raise InvalidEdit({"geom": said("图形无效：{why}", why=shapely.is_valid_reason(shape))})
    wkb: bytes = shapely.to_wkb(shape)
    return wkb


def _content_srid() -> int:
    given = request.headers.get("Content-Crs", "").strip().strip("<>")
    if not given or given.endswith("CRS84"):
        return int(crs.WGS84)
    number = given.rpartition("/")[2].upper().removeprefix("EPSG:")
    if number.isdigit() and int(number) in crs.OUTPUT:
        return int(number)
    raise BadRequest("Content-Crs 不支持 {given}", given=given[:80])


def deadlocked(error: OperationalError) -> bool:
    """Two writers waited for each other: the same request may simply be tried again."""
    return getattr(error.orig, "sqlstate", "") in DEADLOCK
