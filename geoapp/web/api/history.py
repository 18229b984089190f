"""The ledger of one feature, also of one that is no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request

from geoapp.db import session
from geoapp.errors import NotFound
from geoapp.layer import Layer
from geoapp.queries import history as ledger
from geoapp.queries.reader import Reader, Right
from geoapp.web import context
from geoapp.web.access import access, current_reader
from geoapp.web.api import answers, asked
from geoapp.web.api.answers import GEOJSON, JSON, address, link
from geoapp.web.api.blueprint import bp
from geoapp.web.i18n import gettext


@bp.get("/collections/<layer_id>/items/<int:feature_id>/history")
@access(Right.VIEW)
def history(layer_id: str, feature_id: int) -> Response:
    """Every version with who, when, why and the values it had, newest first."""
    layer = context.layers().get_or_404(layer_id)
    asked.nothing_else(request.args)
    rows = []
    if feature_id < 1 << 63:
        rows = list(session().execute(ledger.of_feature(layer.id, feature_id)).mappings())
    if not rows:
        raise NotFound("{title}中没有编号为 {id} 的要素", title=layer.title, id=feature_id)
    item = f"/collections/{layer.id}/items/{feature_id}"
    found = {
        "collection": layer.id,
        "id": feature_id,
        "numberReturned": len(rows),
        "changes": [_change(layer, row, current_reader()) for row in rows],
        "links": [*answers.here(JSON), link("item", address(item), GEOJSON, gettext("要素"))],
    }
    steps = answers.trail((gettext("图层"), "/collections"), (gettext(layer.title), f"/collections/{layer.id}"))
    return answers.either(found, "api/history.html", gettext("历史"), layer=layer, trail=steps)


def _change(layer: Layer, row: Mapping[Any, Any], reader: Reader) -> dict[str, Any]:
    return {
        "version": row["version"],
        "kind": row["kind"],
        "by": row["by"],
        "at": row["at"].isoformat(),
        "effective_on": row["effective_on"].isoformat(),
        "note": row["note"],
        "status": row["status"],
        "status_label": layer.status_by_code[row["status"]].label if row["status"] in layer.status_by_code else None,
        "geometry_changed": bool(row["moved"]),
        "operation": row["operation_id"],
        "properties": seen(layer, row["properties"], reader),
    }


def seen(layer: Layer, values: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    """Values of the ledger with names masked for those who may not read them, without what is no column any more."""
    hidden = frozenset() if reader.personal else layer.personal
    return {
        name: f"{str(value)[:1]}**" if name in hidden and value else value
        for name, value in values.items()
        if name in layer.columns_by_name
    }
