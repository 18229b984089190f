"""Answers of the OGC interface: JSON or a page, with the links the standard wants."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, render_template, request

from geoapp.web.i18n import current_language, gettext

JSON = "application/json"
GEOJSON = "application/geo+json"
HTML = "text/html"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
REL = "http://www.opengis.net/def/rel/ogc/1.0/"

Link = dict[str, str]


def root() -> str:
    """Address of the landing page, without the last slash."""
    return request.url_root + "api"


def address(path: str, **query: Any) -> str:
    """Absolute address below the landing page."""
    given = {k: v for k, v in query.items() if v is not None}
    return root() + path + ("?" + urlencode(given) if given else "")


def link(rel: str, href: str, media: str, title: str) -> Link:
    return {"rel": rel, "href": href, "type": media, "title": title, "hreflang": current_language()}


def here(media: str) -> list[Link]:
    """``self`` and ``alternate`` of the present address: the one being answered comes first."""
    kept = [(k, v) for k, v in request.args.items(multi=True) if k != "f"]
    base = request.base_url
    made = {f: base + "?" + urlencode([*kept, ("f", f)]) for f in ("json", "html")}
    found = [("json", media, gettext("本页，JSON")), ("html", HTML, gettext("本页，网页"))]
    if wants_page():
        found.reverse()
    return [link("self" if n == 0 else "alternate", made[f], kind, title) for n, (f, kind, title) in enumerate(found)]


def wants_page() -> bool:
    """Whether HTML is asked for: by ``f``, or by an Accept header that prefers it."""
    f = request.args.get("f")
    if f:
        return f == "html"
    accepted = request.accept_mimetypes
    found = accepted.best_match([JSON, GEOJSON, OPENAPI.partition(";")[0], SCHEMA, HTML])
    return found == HTML and accepted[HTML] > accepted[JSON]


def now() -> str:
    """RFC 3339 with Z."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def document(found: Mapping[str, Any], media: str = JSON) -> Response:
    """A JSON answer with exactly this media type."""
    return finished(Response(dumped(found), content_type=media))


def dumped(found: Any) -> bytes:
    """JSON in UTF-8, members in the order given."""
    return json.dumps(found, ensure_ascii=False).encode()


def page(template: str, title: str, **values: Any) -> Response:
    """An HTML answer; ``trail`` are the (title, address) steps that lead to it."""
    kept = [(k, v) for k, v in request.args.items(multi=True) if k != "f"]
    values |= {"as_json": urlencode([*kept, ("f", "json")]), "api_root": root()}
    return finished(Response(render_template(template, title=title, **values), mimetype=HTML))


def either(found: Mapping[str, Any], template: str, title: str, media: str = JSON, **values: Any) -> Response:
    """The same document as JSON or as a page."""
    if wants_page():
        return page(template, title, document=found, **values)
    return document(found, media)


def finished(response: Response) -> Response:
    """One address, several answers, and for each reader their own."""
    response.headers["Vary"] = "Accept, Accept-Encoding, Authorization, Cookie"
    response.headers.setdefault("Cache-Control", "private, no-cache")
    return response


def trail(*steps: tuple[str, str]) -> Sequence[tuple[str, str]]:
    """Steps from the landing page down, as (title, address)."""
    return [("API", address("/")), *((title, address(path)) for title, path in steps)]
