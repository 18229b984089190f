"""OGC API – Features Part 4: create, replace, update and remove features, each with the version the editor saw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request

from geoapp.db import session
from geoapp.errors import BadRequest, NotFound
from geoapp.layer import Layer
from geoapp.queries.reader import Right
from geoapp.services import bulk_edit, values, write
from geoapp.services.editing import Editing
from geoapp.services.write import Written
from geoapp.web import context, deeds
from geoapp.web.access import access, current_reader
from geoapp.web.api import answers, asked
from geoapp.web.api.answers import address
from geoapp.web.api.blueprint import bp
from geoapp.web.api.items import feature_text
from geoapp.web.i18n import gettext

EXTRA = ("note", "effective_on")
"""Members of a body besides the layer's columns: why, and when it was true."""


def editing(layer: Layer) -> Editing:
    return Editing(session(), layer, context.layers(), current_reader())


@bp.post("/collections/<layer_id>/items")
@access(Right.EDIT)
def create(layer_id: str) -> Response:
    """A new feature from a GeoJSON Feature: 201 with its address."""
    layer = context.layers().get_or_404(layer_id)
    asked.nothing_else(request.args)
    body = deeds.json_object()
    changes, said_more = _columns(layer, body)
    row = {**values.parsed(layer, changes), "geom": deeds.geometry(layer, body.get("geometry"))}
    editing(layer).fits([row])
    written = write.create(session(), layer, [row], deeds.deed("edit", said_more))
    session().commit()
    answer = _saved(layer, written.ids[0], 201, written)
    answer.headers["Location"] = address(f"/collections/{layer.id}/items/{written.ids[0]}")
    return answer


@bp.put("/collections/<layer_id>/items/<int:feature_id>")
@access(Right.EDIT)
def replace(layer_id: str, feature_id: int) -> Response:
    """Every writable column anew: what the body leaves out becomes empty."""
    layer = context.layers().get_or_404(layer_id)
    version, body = deeds.if_match(), deeds.json_object()
    changes, said_more = _columns(layer, body)
    empty = {n: None for n in layer.writable if n != layer.status_date and n not in ("status", layer.key)}
    found = values.parsed(layer, {**empty, **changes})
    found["geom"] = deeds.geometry(layer, body.get("geometry"))
    return _revised(layer, feature_id, found, version, said_more)


@bp.patch("/collections/<layer_id>/items/<int:feature_id>")
@access(Right.EDIT)
def update(layer_id: str, feature_id: int) -> Response:
    """Some columns anew. ``Prefer: merge`` accepts an older version when nobody changed the same columns since."""
    layer = context.layers().get_or_404(layer_id)
    version, body = deeds.if_match(), deeds.json_object()
    changes, said_more = _columns(layer, body)
    found = values.parsed(layer, changes)
    if body.get("geometry") is not None:
        found["geom"] = deeds.geometry(layer, body["geometry"])
    return _revised(layer, feature_id, found, version, said_more, merge="merge" in request.headers.get("Prefer", ""))


@bp.delete("/collections/<layer_id>/items/<int:feature_id>")
@access(Right.EDIT)
def remove(layer_id: str, feature_id: int) -> Response:
    """Out of the live layer; the ledger keeps it, and undoing the operation brings it back."""
    layer = context.layers().get_or_404(layer_id)
    version = deeds.if_match()
    asked.nothing_else(request.args, *EXTRA)
    editing(layer).removable(feature_id)
    written = write.remove(session(), layer, {feature_id: version}, deeds.deed("remove", request.args))
    session().commit()
    answer = answers.finished(Response(status=204))
    answer.headers["Operation"] = str(written.operation_id)
    return answer


@bp.post("/collections/<layer_id>/bulk")
@access(Right.EDIT)
def bulk(layer_id: str) -> Response:
    """Many features to the same values: ``{"ids"|"filter", "changes", "note", "effective_on", "dry_run"}``; ``back`` allows
    earlier statuses."""
    layer = context.layers().get_or_404(layer_id)
    body = deeds.json_object()
    ids = bulk_edit.ids_of(session(), layer, context.layers(), current_reader(), body)
    given = body.get("changes")
    if not isinstance(given, dict) or not given:
        raise BadRequest("changes 应为要修改的列")
    changes = values.parsed(layer, given)
    if layer.key in changes:
        raise BadRequest("不能把多条记录的编号改成同一个")
    if body.get("dry_run"):
        plan = editing(layer).plan(ids, changes, str(body.get("note") or "") if body.get("back") else "")
        return answers.document(bulk_edit.told(plan, gettext))
    plan = editing(layer).bulk(ids, changes, deeds.deed("bulk", body), back=bool(body.get("back")))
    session().commit()
    found = bulk_edit.told(plan, gettext)
    if plan.written:
        found |= {"operation": plan.written.operation_id, "undo": f"/ops/{plan.written.operation_id}/undo"}
    return answers.document(found)


def _revised(
    layer: Layer,
    feature_id: int,
    found: Mapping[str, Any],
    version: int,
    said_more: Mapping[str, Any],
    *,
    merge: bool = False,
) -> Response:
    if feature_id >= 1 << 63:
        raise NotFound("{title}中没有编号为 {id} 的要素", title=layer.title, id=feature_id)
    written = editing(layer).one(feature_id, found, version, deeds.deed("edit", said_more), merge=merge)
    session().commit()
    return _saved(layer, feature_id, 200, written)


def _saved(layer: Layer, feature_id: int, status: int, written: Written) -> Response:
    version, text = feature_text(layer, feature_id, asked.one(request.args))
    answer = answers.finished(Response(text, status=status, mimetype=answers.GEOJSON))
    answer.headers["ETag"] = f'"{version}"'
    answer.headers["Operation"] = str(written.operation_id)
    return answer


def _columns(layer: Layer, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns of a GeoJSON Feature or of a flat object, and the words about the edit."""
    flat = body.get("properties") if isinstance(body.get("properties"), dict) else body
    given = dict(flat or {})
    more = {n: body.get(n, given.get(n)) for n in EXTRA if n not in layer.columns_by_name}
    known = {n: v for n, v in given.items() if n not in more and not _derived(layer, n)}
    return known, more


def _derived(layer: Layer, name: str) -> bool:
    """Members that reading adds and writing ignores: whole features may be sent back as they came."""
    shown = {
        "type",
        "id",
        "geometry",
        "properties",
        "links",
        "bbox",
        "status_label",
        "version",
        "updated_at",
        "updated_by",
    }
    kept = name in layer.columns_by_name and name not in layer.writable
    return name in shown or kept or (name.endswith("_name") and name.removesuffix("_name") in layer.reference_by_column)
