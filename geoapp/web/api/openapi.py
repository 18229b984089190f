"""The OpenAPI 3.0 document: every path, parameter and status of the interface, with nothing outside it referred to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from geoapp.layer import Layer
from geoapp.queries.reader import Reader, Right
from geoapp.web import context, params
from geoapp.web.api import answers, asked, openapi_edit, schemas
from geoapp.web.api.answers import GEOJSON, HTML, JSON, OPENAPI, SCHEMA
from geoapp.web.i18n import gettext

Node = dict[str, Any]
PROBLEM = "application/problem+json"
VERSION = "1.0.0"
LINK: Node = {
    "type": "object",
    "required": ["href", "rel"],
    "properties": {name: {"type": "string"} for name in ("href", "rel", "type", "title", "hreflang")},
}


def document(reader: Reader) -> Node:
    """The interface as this reader may use it."""
    paths: Node = {
        "/": _get("landing", gettext("入口"), {JSON: _ref("document")}),
        "/conformance": _get("conformance", gettext("符合性声明"), {JSON: _ref("conformance")}),
        "/openapi": _get("openapi", gettext("接口文档"), {OPENAPI: {"type": "object"}}),
        "/collections": _get("collections", gettext("图层"), {JSON: _ref("document")}),
    }
    for layer in context.layers().values():
        paths |= _layer_paths(layer, reader)
    return {
        "openapi": "3.0.3",
        "info": {"title": gettext("{town}征地一张图", town=context.town().name), "version": VERSION},
        "servers": [{"url": answers.root()}],
        "tags": [{"name": x.id, "description": gettext(x.title)} for x in context.layers().values()],
        "security": [{"basic": []}, {"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "parameters": _parameters(),
            "headers": {
                "Content-Crs": {"description": gettext("坐标系 URI，尖括号括起"), "schema": {"type": "string"}}
            },
            "responses": _problems(),
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "session"},
            },
        },
    }


def _layer_paths(layer: Layer, reader: Reader) -> Node:
    base, title = f"/collections/{layer.id}", gettext(layer.title)
    number = {"type": "integer", "minimum": 0, "format": "int64"}
    feature_id = {"name": "featureId", "in": "path", "required": True, "schema": number}
    paging = [_ref_parameter(n) for n in asked.PAGING]
    crs_header = {"Content-Crs": {"$ref": "#/components/headers/Content-Crs"}}
    item_headers = {**crs_header, "ETag": {"schema": {"type": "string"}}}
    features, feature = {GEOJSON: _collection_schema(layer)}, {GEOJSON: _feature_schema(layer)}
    one, listed = gettext("一个要素"), gettext("{title}的要素", title=title)
    made = {
        "": _get(layer.id, title, {JSON: _ref("collection")}),
        "/queryables": _get(f"{layer.id}.queryables", gettext("可筛选的属性"), {SCHEMA: {"type": "object"}}),
        "/schema": _get(f"{layer.id}.schema", gettext("属性"), {SCHEMA: {"type": "object"}}),
        "/items": _get(f"{layer.id}.items", listed, features, [*paging, *_filters(layer, reader)], crs_header),
        "/items/{featureId}": _get(f"{layer.id}.item", one, feature, [feature_id, _ref_parameter("crs")], item_headers),
        "/items/{featureId}/history": _get(
            f"{layer.id}.history", gettext("历史"), {JSON: _ref("history")}, [feature_id]
        ),
    }
    made["/items/{featureId}"]["get"]["responses"]["304"] = {"description": gettext("没有变化")}
    for node in made.values():
        node["get"]["tags"] = [layer.id]
        node["get"]["responses"]["404"] = {"$ref": "#/components/responses/NotFound"}
    if reader.may(Right.EDIT):
        for path, methods in openapi_edit.paths(layer).items():
            made[path] = {**made.get(path, {}), **methods}
    return {base + path: node for path, node in made.items()}


def _get(
    operation: str, summary: str, content: Node, parameters: Sequence[Node] = (), headers: Node | None = None
) -> Node:
    answer: Node = {
        "description": summary,
        "content": {media: {"schema": s} for media, s in content.items()} | {HTML: {"schema": {"type": "string"}}},
    }
    if headers:
        answer["headers"] = headers
    errors = {"400": "BadRequest", "401": "NotLoggedIn", "403": "Forbidden", "500": "ServerError", "503": "Busy"}
    responses = {status: {"$ref": f"#/components/responses/{name}"} for status, name in errors.items()}
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "parameters": [*parameters, _ref_parameter("f"), _ref_parameter("lang")],
            "responses": {"200": answer, **responses},
        }
    }


def _filters(layer: Layer, reader: Reader) -> list[Node]:
    """Queryables and the filters that our own pages have too."""
    listed = [n for n in params.filter_names(layer) if n not in ("bbox",)]
    found = [_listed(n, _title(layer, n)) for n in listed if n not in layer.personal or reader.personal]
    for name in asked.queryables(layer, reader):
        if name not in listed:
            made = schemas.column(layer, name)
            title = made.pop("title")
            found.append({"name": name, "in": "query", "required": False, "description": title, "schema": made})
    return found


def _title(layer: Layer, name: str) -> str:
    if name == "q":
        return gettext("文字或拼音，按词头搜索")
    if name == "ids":
        return gettext("内部编号，逗号分开")
    return gettext("{title}，可写多个，逗号分开", title=gettext(layer.column_title(name)))


def _listed(name: str, title: str) -> Node:
    return {
        "name": name, "in": "query", "required": False, "description": title,
        "style": "form", "explode": False, "schema": {"type": "array", "items": {"type": "string"}},
    }  # fmt: skip


def _parameters() -> Node:
    numbers = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
    system = {"type": "string", "format": "uri", "enum": list(asked.systems())}
    default = next(iter(asked.systems()))
    limit = {"type": "integer", "minimum": 1, "maximum": asked.MAX_LIMIT, "default": asked.DEFAULT_LIMIT}
    told = (
        ("limit", gettext("一页最多几个要素，超过上限按上限算"), limit),
        ("after", gettext("从这个内部编号之后开始，由 next 链接给出"), {"type": "integer", "minimum": 0}),
        ("bbox", gettext("范围：四个数，或带高程的六个数"), numbers),
        ("bbox-crs", gettext("bbox 的坐标系"), {**system, "default": default}),
        ("crs", gettext("回答的坐标系，轴序依其定义"), {**system, "default": default}),
        ("datetime", gettext("更新时间（updated_at）：时刻，或 起/止，一端可写 .."), {"type": "string"}),
        ("f", gettext("格式"), {"type": "string", "enum": list(asked.FORMATS)}),
        ("lang", gettext("语言"), {"type": "string", "enum": ["zh", "en"]}),
    )
    return {
        name: {
            "name": name, "in": "query", "required": False, "description": text,
            "style": "form", "explode": False, "schema": schema,
        }
        for name, text, schema in told
    }  # fmt: skip


def _schemas() -> Node:
    strings = {"type": "array", "items": {"type": "string"}}
    links = {"type": "array", "items": _ref("link")}
    change = {"type": "object", "properties": {"version": {"type": "integer"}, "properties": {"type": "object"}}}
    return {
        "link": LINK,
        "document": {"type": "object", "required": ["links"], "properties": {"links": links}},
        "conformance": {"type": "object", "required": ["conformsTo"], "properties": {"conformsTo": strings}},
        "collection": {
            "type": "object",
            "required": ["id", "links"],
            "properties": {"id": {"type": "string"}, "title": {"type": "string"}, "links": links, "crs": strings},
        },
        "history": {
            "type": "object",
            "required": ["id", "changes"],
            "properties": {"id": {"type": "integer"}, "changes": {"type": "array", "items": change}, "links": links},
        },
        "geometry": {
            "type": "object",
            "required": ["type", "coordinates"],
            "properties": {"type": {"type": "string"}, "coordinates": {"type": "array", "items": {}}},
        },
        "problem": {
            "type": "object",
            "properties": {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "errors": strings,
            },
        },
    }


def _problems() -> Node:
    told = {
        "BadRequest": gettext("参数有误"),
        "NotLoggedIn": gettext("请先登录"),
        "Forbidden": gettext("没有权限"),
        "NotFound": gettext("没有找到"),
        "ServerError": gettext("服务出错"),
        "Busy": gettext("服务繁忙，请稍后再试"),
        **openapi_edit.problems(),
    }
    content = {PROBLEM: {"schema": _ref("problem")}, HTML: {"schema": {"type": "string"}}}
    return {name: {"description": text, "content": content} for name, text in told.items()}


def _feature_schema(layer: Layer) -> Node:
    return {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "integer", "format": "int64"},
            "geometry": _ref("geometry"),
            "properties": schemas.properties(layer),
            "links": {"type": "array", "items": _ref("link")},
        },
    }


def _collection_schema(layer: Layer) -> Node:
    return {
        "type": "object",
        "required": ["type", "features"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "timeStamp": {"type": "string", "format": "date-time"},
            "numberMatched": {"type": "integer", "minimum": 0},
            "numberReturned": {"type": "integer", "minimum": 0},
            "links": {"type": "array", "items": _ref("link")},
            "features": {"type": "array", "items": _feature_schema(layer)},
        },
    }


def _ref(name: str) -> Node:
    return {"$ref": f"#/components/schemas/{name}"}


def _ref_parameter(name: str) -> Node:
    return {"$ref": f"#/components/parameters/{name}"}
