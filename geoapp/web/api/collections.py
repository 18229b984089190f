"""The layers as collections: description, queryables and schema of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, request

from geoapp import crs
from geoapp.layer import Layer
from geoapp.queries.reader import Right
from geoapp.web import context
from geoapp.web.access import access, current_reader
from geoapp.web.api import answers, asked, schemas
from geoapp.web.api.answers import GEOJSON, HTML, JSON, REL, SCHEMA, address, link
from geoapp.web.api.blueprint import bp
from geoapp.web.i18n import gettext


@bp.get("/collections")
@access(Right.VIEW)
def collections() -> Response:
    """Every layer."""
    asked.nothing_else(request.args)
    layers = list(context.layers().values())
    found = {
        "links": answers.here(JSON),
        "crs": list(asked.systems()),
        "collections": [described(layer) for layer in layers],
    }
    return answers.either(found, "api/collections.html", gettext("图层"), layers=layers, trail=answers.trail())


@bp.get("/collections/<layer_id>")
@access(Right.VIEW)
def collection(layer_id: str) -> Response:
    """One layer."""
    layer = context.layers().get_or_404(layer_id)
    asked.nothing_else(request.args)
    found = described(layer, answers.here(JSON))
    steps = answers.trail((gettext("图层"), "/collections"))
    return answers.either(found, "api/collection.html", gettext(layer.title), layer=layer, trail=steps)


def described(layer: Layer, own: Sequence[answers.Link] = ()) -> dict[str, Any]:
    """Members of a collection; ``own`` are its self and alternate links where it is answered by itself."""
    path = f"/collections/{layer.id}"
    title = gettext(layer.title)
    items, fields = gettext("{title}的要素", title=title), gettext("{title}的属性", title=title)
    links = own or [
        link("self", address(path, f="json"), JSON, title),
        link("alternate", address(path, f="html"), HTML, title),
    ]
    return {
        "id": layer.id,
        "title": title,
        "description": f"{title}：{'、'.join(gettext(layer.column_title(n)) for n in layer.card)}",
        "itemType": "feature",
        "extent": {
            "spatial": {"bbox": [context.town().extent.as_list()], "crs": crs.OGC_CRS84},
            "temporal": {"interval": [[None, None]], "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"},
        },
        "crs": list(asked.systems()),
        "storageCrs": crs.OUTPUT[crs.STORAGE].uri,
        "links": [
            *links,
            link("items", address(f"{path}/items", f="json"), GEOJSON, items),
            link("items", address(f"{path}/items", f="html"), HTML, items),
            link(f"{REL}queryables", address(f"{path}/queryables"), SCHEMA, gettext("可筛选的属性")),
            link(f"{REL}schema", address(f"{path}/schema"), SCHEMA, fields),
            link("describedby", address(f"{path}/schema"), SCHEMA, fields),
        ],
    }


@bp.get("/collections/<layer_id>/queryables")
@access(Right.VIEW)
def queryables(layer_id: str) -> Response:
    """JSON Schema of what this reader may filter by."""
    return _schema(layer_id, schemas.queryables, "queryables", gettext("可筛选的属性"))


@bp.get("/collections/<layer_id>/schema")
@access(Right.VIEW)
def schema(layer_id: str) -> Response:
    """JSON Schema of a feature's properties."""
    return _schema(layer_id, schemas.returnables, "schema", gettext("属性"))


def _schema(layer_id: str, make: Any, name: str, title: str) -> Response:
    layer = context.layers().get_or_404(layer_id)
    asked.nothing_else(request.args)
    found = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address(f"/collections/{layer.id}/{name}"),
        "title": gettext(layer.title),
        "type": "object",
        "properties": make(layer, current_reader()),
        "additionalProperties": False,
    }
    steps = answers.trail((gettext("图层"), "/collections"), (gettext(layer.title), f"/collections/{layer.id}"))
    return answers.either(found, "api/schema.html", title, SCHEMA, layer=layer, trail=steps)
