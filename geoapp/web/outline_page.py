"""The outline as a list of corner points, to be corrected by typing: works without scripts."""

from __future__ import annotations

from typing import Any

import shapely
from flask import Blueprint, redirect, render_template, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from geoapp import crs
from geoapp.db import session
from geoapp.errors import BadRequest, Conflict, GeoAppError, InvalidEdit, StaleFeature
from geoapp.layer import Layer
from geoapp.queries.reader import Right
from geoapp.services import cards, coordinates, outlines, plane
from geoapp.services.editing import Editing
from geoapp.web import context, deeds
from geoapp.web.access import access, current_reader
from geoapp.web.i18n import gettext
from geoapp.web.pages import links

bp = Blueprint("outline", __name__)


@bp.record
def _pages_of_layers(state: BlueprintSetupState) -> None:
    for layer in state.app.extensions["layers"].values():
        if "POLYGON" in layer.geometry_type:
            path, named = f"/{layer.path}/<path:key>/outline", {"layer_id": layer.id}
            state.add_url_rule(path, "form", form, methods=["GET"], defaults=named)
            state.add_url_rule(path, "save", save, methods=["POST"], defaults=named)


@access(Right.EDIT)
def form(layer_id: str, key: str) -> ResponseReturnValue:
    """The points of the outline, X north and Y east with zone, a blank row between rings."""
    layer = context.layers()[layer_id]
    row = cards.find(session(), layer, context.layers(), current_reader(), key)
    return _page(layer, row, _rows(_shape(layer, row["id"])), None, None)


@access(Right.EDIT)
def save(layer_id: str, key: str) -> ResponseReturnValue:
    """Check the typed points, or save them as the new outline."""
    layer = context.layers()[layer_id]
    row = cards.find(session(), layer, context.layers(), current_reader(), key)
    typed, version = request.form.get("points", ""), request.form.get("version", "")
    if not version.isdigit() or len(version) > 9:
        raise BadRequest("缺少版本号，请刷新页面后重试")
    try:
        shape = coordinates.outline(typed, context.town().extent)
        if "check" in request.form:
            found = outlines.check(session(), layer, row["id"], shape, context.town().extent)
            return _page(layer, row, typed, found, None)
        geom = deeds.outline(layer, shape, int(crs.STORAGE))
        editing = Editing(session(), layer, context.layers(), current_reader())
        editing.one(row["id"], {"geom": geom}, int(version), deeds.deed("edit", request.form), merge=True)
    except (InvalidEdit, Conflict, StaleFeature) as error:
        session().rollback()
        return _page(layer, row, typed, None, error), error.status
    session().commit()
    return redirect(links.of_card(layer, key), 303)


def _shape(layer: Layer, feature_id: int) -> Any:
    found = session().execute(
        text(f"SELECT ST_AsBinary(geom) FROM {layer.table.name} WHERE id = :id"), {"id": feature_id}
    )
    return shapely.from_wkb(bytes(found.scalar_one()))


def _rows(shape: Any) -> str:
    flat = plane.moved(shape, crs.STORAGE, crs.PLANE_PREFIXED)
    rings = [ring for part in shapely.get_parts(flat) for ring in (part.exterior, *part.interiors)]
    return "\n\n".join("\n".join(f"{y:.4f},{x:.4f}" for x, y in ring.coords) for ring in rings)


def _page(layer: Layer, row: Any, points: str, check: Any, error: GeoAppError | None) -> str:
    return render_template(
        "outline_edit.html", title=gettext("修改图形 {key}", key=row[layer.key]), layer=layer, row=row, points=points, check=check,
        problems=list(error.fields.values()) if isinstance(error, InvalidEdit) else [error.message.format(**error.values)] if error else [],
        outline=cards.drawing(session(), layer, row["id"]), legend=None,
    )  # fmt: skip
