"""Outlines looked at before they are saved: a drawn one checked, a typed list of points read."""

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
from geoapp.services import coordinates, outlines, reshaping
from geoapp.services.reshaping import Reshaped
from geoapp.web import context, deeds
from geoapp.web.access import access
from geoapp.web.api import answers
from geoapp.web.api.blueprint import bp
from geoapp.web.api.edit import editing

LONGEST = 1_000_000


@bp.post("/collections/<layer_id>/check-geometry")
@access(Right.EDIT)
def check_geometry(layer_id: str) -> Response:
    """Area, faults, overlaps and gaps of ``{"geometry": GeoJSON, "id": of the feature it belongs to}``."""
    layer = context.layers().get_or_404(layer_id)
    body = deeds.json_object()
    return answers.document(_checked(layer, body.get("id"), _shape(body.get("geometry"))))


@bp.post("/collections/<layer_id>/parse-coordinates")
@access(Right.EDIT)
def parse_coordinates(layer_id: str) -> Response:
    """The outline of ``{"text": rows of points}`` with its check; each wrong row is named."""
    layer = context.layers().get_or_404(layer_id)
    body = deeds.json_object()
    text = body.get("text")
    if not isinstance(text, str) or len(text) > LONGEST:
        raise BadRequest("text 应为坐标列表")
    shape = coordinates.outline(text, context.town().extent)
    found = {"geometry": shapely.geometry.mapping(shape)} | _checked(layer, body.get("id"), shape)
    return answers.document(found)


@bp.post("/collections/<layer_id>/outlines")
@access(Right.EDIT)
def reshape(layer_id: str) -> Response:
    """Several outlines in one operation: ``{"features": [{"id", "version", "geometry"}, …], "note", "dry_run"}``.

    With ``dry_run`` each is checked against its neighbours as they would be; nothing is written.
    """
    layer = context.layers().get_or_404(layer_id)
    body = deeds.json_object()
    given = body.get("features")
    if not isinstance(given, list) or not given or not all(isinstance(f, dict) for f in given):
        raise BadRequest("features 应为 id、version 和 geometry 的列表")
    changed = [
        Reshaped(_number(f.get("id")), _number(f.get("version")), _stored(layer, f.get("geometry"))) for f in given
    ]
    if body.get("dry_run"):
        return answers.document({"checks": reshaping.check(editing(layer), changed, context.town().extent)})
    written = reshaping.save(editing(layer), changed, deeds.deed("edit", body))
    session().commit()
    number = written.operation_id
    return answers.document(
        {
            "ids": written.ids,
            "layer": layer.id,
            "operation": number,
            "undo": f"/ops/{number}/undo" if written.ids else None,
        }
    )


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 1 << 63:
        raise BadRequest("编号应为整数")
    return value


def _stored(layer: Layer, given: Any) -> Any:
    """A drawn outline as it would be kept."""
    return shapely.from_wkb(deeds.geometry(layer, given))


def _checked(layer: Layer, feature_id: Any, shape: Any) -> dict[str, Any]:
    if feature_id is not None and (not isinstance(feature_id, int) or not 0 < feature_id < 1 << 63):
        raise BadRequest("编号应为整数")
    found = outlines.check(session(), layer, feature_id, shape, context.town().extent)
    return (
        found
        if feature_id is not None
        else found | {"within": reshaping.places(editing(layer), context.layers(), shape)}
    )


def _shape(given: Any) -> Any:
    try:
        shape = shapely.force_2d(shapely.from_geojson(json.dumps(given)))
    except (shapely.errors.GEOSException, ValueError, TypeError):
        raise InvalidEdit({"geom": said("不是有效的 GeoJSON 图形")}) from None
    if shape.is_empty or "Polygon" not in shape.geom_type or shapely.get_num_coordinates(shape) > deeds.MOST_POINTS:
        raise InvalidEdit({"geom": said("图形应为面")})
    if not shapely.is_valid_input(shape) or max(map(abs, shape.bounds)) > 180:
        raise InvalidEdit({"geom": said("坐标应为经纬度")})
    return shape
