"""The writing half of the OpenAPI document: Part 4 of OGC API – Features, bulk changes and work on outlines."""

from __future__ import annotations

from typing import Any

from geoapp.layer import Layer
from geoapp.web.api import schemas
from geoapp.web.api.answers import GEOJSON, JSON
from geoapp.web.i18n import gettext

Node = dict[str, Any]
FEATURE_ID: Node = {
    "name": "featureId", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0, "format": "int64"},
}  # fmt: skip
STATED: Node = {
    "note": {"type": "string"},
    "effective_on": {"type": "string", "format": "date"},
}
"""Why, and when it was true on the ground."""


def paths(layer: Layer) -> dict[str, Node]:
    """Path below the collection → method → operation."""
    whole, some = _feature(layer, whole=True), _feature(layer, whole=False)
    ids = {"type": "array", "items": {"type": "integer"}}
    versions: Node = {"type": "object", "properties": {"id": {"type": "integer"}, "version": {"type": "integer"}}}
    changes = {"type": "object", "additionalProperties": True}
    bulk = {
        "ids": ids,
        "filter": changes,
        "changes": changes,
        "dry_run": {"type": "boolean"},
        "back": {"type": "boolean"},
    }
    outline = {"geometry": _geometry(), "id": {"type": "integer"}}
    return {
        "/items": {"post": _write(layer, "create", gettext("新增一个要素"), whole, made="201")},
        "/items/{featureId}": {
            "put": _write(layer, "replace", gettext("整个替换"), whole, one=True),
            "patch": _write(layer, "update", gettext("修改部分属性或图形"), some, one=True),
            "delete": _write(layer, "remove", gettext("删除，可撤销"), None, one=True, made="204"),
        },
        "/items/{featureId}/split": {
            "post": _write(layer, "split", gettext("沿一条线分割"), _object({"line": _geometry(), "dry_run": {"type": "boolean"}, **STATED}, "line"), one=True)
        },
        "/merge": {
            "post": _write(
                layer, "merge", gettext("合并"),
                _object({"features": {"type": "array", "items": versions}, "key": {"type": "string"}, "changes": changes, **STATED}, "features"),
            )
        },
        "/bulk": {"post": _write(layer, "bulk", gettext("批量修改"), _object({**bulk, **STATED}, "changes"))},
        "/outlines": {
            "post": _write(
                layer, "reshape", gettext("几个图形一起改，公共边同动"),
                _object({"features": {"type": "array", "items": _object({**versions["properties"], "geometry": _geometry()}, "id", "version", "geometry")}, "dry_run": {"type": "boolean"}, **STATED}, "features"),
            )
        },
        "/check-geometry": {"post": _write(layer, "checkGeometry", gettext("保存前检查图形"), _object(outline, "geometry"))},
        "/parse-coordinates": {
            "post": _write(
                layer, "parseCoordinates", gettext("读取坐标列表"), _object({"text": {"type": "string"}, "id": {"type": "integer"}}, "text")
            )
        },
    }  # fmt: skip


def _feature(layer: Layer, *, whole: bool) -> Node:
    """The body of a write: properties people may set, with why and when beside them."""
    columns = {name: {**schemas.column(layer, name), "nullable": True} for name in layer.writable}
    found: Node = {"geometry": _geometry(), "properties": {"type": "object", "properties": {**columns, **STATED}}}
    if whole:
        return _object({"type": {"type": "string", "enum": ["Feature"]}, **found}, "geometry", "properties")
    return {"type": "object", "properties": {**columns, **STATED, **found}}


def _geometry() -> Node:
    return {"$ref": "#/components/schemas/geometry"}


def _object(properties: Node, *required: str) -> Node:
    return {"type": "object", "required": list(required), "properties": properties}


def _write(layer: Layer, name: str, summary: str, body: Node | None, *, one: bool = False, made: str = "200") -> Node:
    parameters: list[Node] = []
    errors = {
        "400": "BadRequest",
        "401": "NotLoggedIn",
        "403": "Forbidden",
        "404": "NotFound",
        "409": "Conflict",
        "422": "Invalid",
    }
    if one:
        match = {
            "name": "If-Match",
            "in": "header",
            "required": True,
            "description": gettext('见到的版本，如 "3"'),
            "schema": {"type": "string"},
        }
        parameters = [FEATURE_ID, match]
        errors |= {"412": "Stale", "428": "VersionRequired"}
    answer: Node = {"description": summary}
    if made != "204":
        answer["content"] = {
            GEOJSON if made == "201" or name in ("replace", "update") else JSON: {"schema": {"type": "object"}}
        }
    if one and made != "204":
        answer["headers"] = {"ETag": {"schema": {"type": "string"}}}
    found: Node = {
        "operationId": f"{layer.id}.{name}",
        "tags": [layer.id],
        "summary": summary,
        "parameters": parameters,
        "responses": {made: answer} | {s: {"$ref": f"#/components/responses/{n}"} for s, n in errors.items()},
    }
    if body is not None:
        found["requestBody"] = {"required": True, "content": {JSON: {"schema": body}}}
    return found


def problems() -> dict[str, str]:
    """Names of the refusals that only writing meets, with what they mean."""
    return {
        "Conflict": gettext("规则不允许，或后来又改过"),
        "Invalid": gettext("某些值不对，逐项列出"),
        "Stale": gettext("之后有人改过，附双方的值"),
        "VersionRequired": gettext("缺少 If-Match"),
    }
