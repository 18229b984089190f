"""Cutting and joining features, for scripts and the map alike."""

from __future__ import annotations

import json
from typing import Any

import shapely
from flask import Response

from geoapp.db import session
from geoapp.errors import BadRequest, InvalidEdit
from geoapp.layer import Layer
from geoapp.queries.reader import Right
from geoapp.said import said
from geoapp.services import dividing, values
from geoapp.services.write import Written
from geoapp.web import context, deeds
from geoapp.web.access import access
from geoapp.web.api import answers
from geoapp.web.api.blueprint import bp
from geoapp.web.api.edit import editing


@bp.post("/collections/<layer_id>/items/<int:feature_id>/split")
@access(Right.EDIT)
def split(layer_id: str, feature_id: int) -> Response:
    """Cut along ``{"line": GeoJSON LineString, "note"}`` with If-Match; ``dry_run`` tells the parts' areas and writes nothing."""
    layer = context.layers().get_or_404(layer_id)
    version, body = deeds.if_match(), deeds.json_object()
    if body.get("dry_run"):
        return answers.document(dividing.preview(editing(layer), _id(feature_id), version, _line(body.get("line"))))
    made = dividing.split(editing(layer), _id(feature_id), version, _line(body.get("line")), deeds.deed("split", body))
    return _done(layer, made)


@bp.post("/collections/<layer_id>/merge")
@access(Right.EDIT)
def merge(layer_id: str) -> Response:
    """Join ``{"features": [{"id", "version"}, …], "key", "changes", "note"}``; the first keeps its number."""
    layer = context.layers().get_or_404(layer_id)
    body = deeds.json_object()
    given, key = body.get("changes") or {}, body.get("key")
    if not isinstance(given, dict) or not (key is None or isinstance(key, str)):
        raise BadRequest("changes 应为要修改的列")
    versions = _versions(body.get("features"))
    made = dividing.merge(editing(layer), versions, deeds.deed("merge", body), key, values.parsed(layer, given))
    return _done(layer, made)


def _done(layer: Layer, written: Written) -> Response:
    session().commit()
    number = written.operation_id
    return answers.document({"ids": written.ids, "layer": layer.id, "operation": number, "undo": f"/ops/{number}/undo"})


def _id(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 1 << 63:
        raise BadRequest("编号应为整数")
    return value


def _versions(given: Any) -> dict[int, int]:
    if not isinstance(given, list) or not all(isinstance(f, dict) for f in given):
        raise BadRequest("features 应为 id 和 version 的列表")
    return {_id(f.get("id")): _id(f.get("version")) for f in given}


def _line(given: Any) -> Any:
    try:
        line = shapely.force_2d(shapely.from_geojson(json.dumps(given)))
    except (shapely.errors.GEOSException, ValueError, TypeError):
        raise InvalidEdit({"line": said("不是有效的 GeoJSON 图形")}) from None
    if line.geom_type != "LineString" or line.is_empty or not 2 <= len(line.coords) <= 1000:
        raise InvalidEdit({"line": said("应为一条折线")})
    return line
