"""Features of a collection: the database writes their text, this module wraps it."""

from __future__ import annotations

import gzip
import json
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from psycopg.adapt import Buffer, Loader

from geoapp.db import database, session
from geoapp.errors import NotFound
from geoapp.layer import Layer
from geoapp.queries.filtering import EVERYTHING
from geoapp.queries.geojson import Wanted, Writing, one_statement, page_statement
from geoapp.queries.past import applied
from geoapp.queries.reader import Right
from geoapp.web import asof, context
from geoapp.web.access import access, current_reader
from geoapp.web.api import answers, asked
from geoapp.web.api.answers import GEOJSON, HTML, JSON, address, link
from geoapp.web.api.asked import Page
from geoapp.web.api.blueprint import bp
from geoapp.web.i18n import gettext

ZIP_FROM = 4096


class _Bytes(Loader):
    """Text as it came over the wire: it goes out again without being decoded."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


def ask(statement: str, parameters: dict[str, Any]) -> tuple[Any, ...] | None:
    """One row of a statement, texts as bytes, outside any transaction."""
    engine = database().read.execution_options(isolation_level="AUTOCOMMIT", past=asof.past())
    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        with raw.cursor() as cursor:
            cursor.adapters.register_loader("text", _Bytes)
            row: tuple[Any, ...] | None = cursor.execute(applied(connection, statement), parameters).fetchone()
            return row


@bp.get("/collections/<layer_id>/items")
@access(Right.VIEW)
def items(layer_id: str) -> Response:
    """A page of features in the order of their ids."""
    layer, layers, reader = context.layers().get_or_404(layer_id), context.layers(), current_reader()
    wanted = asked.page(layer, layers, request.args, reader, session())
    session().rollback()
    statement, parameters = page_statement(Wanted(layer, layers, wanted.where, reader, wanted.writing))
    row = ask(statement, {**parameters, "after": wanted.after, "limit": wanted.limit})
    matched, left, returned, last, text = row or (0, 0, 0, None, None)
    more = returned == wanted.limit and (left is None or left > returned)
    head = {
        "type": "FeatureCollection",
        "title": gettext(layer.title),
        "timeStamp": answers.now(),
        "numberMatched": matched or 0,
        "numberReturned": returned,
        "links": _page_links(layer, wanted, last if more else None),
    }
    opened = answers.dumped(head)[:-1] + b', "features": ['
    body = opened + (text or b"") + b"]}"
    if answers.wants_page():
        return _items_page(layer, body)
    return _written(body, wanted.writing)


def _page_links(layer: Layer, wanted: Page, last: int | None) -> list[answers.Link]:
    found = answers.here(GEOJSON)
    if last is not None:
        kept = {k: request.args.getlist(k) for k in request.args if k != "after"}
        query = [(k, v) for k, values in kept.items() for v in values]
        f = "html" if answers.wants_page() else "json"
        query = [(k, v) for k, v in query if k != "f"] + [("after", str(last)), ("f", f)]
        href = f"{request.base_url}?{urlencode(query)}"
        found.append(link("next", href, HTML if f == "html" else GEOJSON, gettext("下一页")))
    found.append(link("collection", address(f"/collections/{layer.id}"), JSON, gettext(layer.title)))
    return found


def _items_page(layer: Layer, body: bytes) -> Response:
    found = json.loads(body)
    following = next((x["href"] for x in found["links"] if x["rel"] == "next"), None)
    steps = answers.trail((gettext("图层"), "/collections"), (gettext(layer.title), f"/collections/{layer.id}"))
    title = gettext("{title}的要素", title=gettext(layer.title))
    return answers.page("api/items.html", title, document=found, layer=layer, following=following, trail=steps)


@bp.get("/collections/<layer_id>/items/<int:feature_id>")
@access(Right.VIEW)
def item(layer_id: str, feature_id: int) -> Response:
    """One feature; its ETag is its version."""
    layer = context.layers().get_or_404(layer_id)
    writing = asked.one(request.args)
    version, text = feature_text(layer, feature_id, writing)
    etag = f'"{version}"'
    path = f"/collections/{layer.id}/items/{feature_id}"
    links = [
        *answers.here(GEOJSON),
        link("collection", address(f"/collections/{layer.id}"), JSON, gettext(layer.title)),
        link("version-history", address(f"{path}/history"), JSON, gettext("历史")),
    ]
    body = text[:-1] + b', "links": ' + answers.dumped(links) + b"}"
    if answers.wants_page():
        found = json.loads(body)
        steps = answers.trail((gettext("图层"), "/collections"), (gettext(layer.title), f"/collections/{layer.id}"))
        title = str(found["properties"].get(layer.label_column) or feature_id)
        return answers.page("api/item.html", title, document=found, layer=layer, trail=steps)
    response = _written(body, writing)
    response.headers["ETag"] = etag
    response.make_conditional(request)
    return response


def feature_text(layer: Layer, feature_id: int, writing: Writing) -> tuple[int, bytes]:
    """Version and GeoJSON text of one feature as this reader may see it; raises NotFound."""
    row: tuple[Any, ...] | None = None
    if feature_id < 1 << 63:
        wanted = Wanted(layer, context.layers(), EVERYTHING, current_reader(), writing)
        row = ask(one_statement(wanted), {"id": feature_id})
    if row is None:
        raise NotFound("{title}中没有编号为 {id} 的要素", title=layer.title, id=feature_id)
    return row[0], row[1]


def _written(body: bytes, writing: Writing) -> Response:
    """GeoJSON with the CRS it is in, zipped when that is asked for and worth it."""
    response = Response(mimetype=GEOJSON)
    if len(body) > ZIP_FROM and "gzip" in request.headers.get("Accept-Encoding", ""):
        body = gzip.compress(body, 1, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
    response.set_data(body)
    response.headers["Content-Crs"] = f"<{asked.uri_of(writing)}>"
    return answers.finished(response)
