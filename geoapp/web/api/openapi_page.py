"""The description of the interface, for programs and for people."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from geoapp.queries.reader import Right
from geoapp.web.access import access, current_reader
from geoapp.web.api import answers, asked, openapi
from geoapp.web.api.answers import OPENAPI
from geoapp.web.api.blueprint import bp
from geoapp.web.i18n import gettext


@bp.get("/openapi")
@access(Right.VIEW)
def description() -> Response:
    """OpenAPI 3.0 as JSON, or a page made of it."""
    asked.nothing_else(request.args)
    found = openapi.document(current_reader())
    if not answers.wants_page():
        return answers.document(found, OPENAPI)
    return answers.page("api/openapi.html", gettext("接口文档"), groups=_told(found), trail=answers.trail())


def _told(found: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Operations by tag, their parameters resolved."""
    groups: dict[str, list[dict[str, Any]]] = {"": []}
    titles = {"": gettext("入口"), **{tag["name"]: tag["description"] for tag in found["tags"]}}
    shared = found["components"]["parameters"]
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            given = [shared[p["$ref"].rpartition("/")[2]] if "$ref" in p else p for p in operation["parameters"]]
            told = {"method": method.upper(), "path": path, "summary": operation["summary"], "parameters": given}
            groups.setdefault(operation.get("tags", [""])[0], []).append(told)
    return [(titles[tag], operations) for tag, operations in groups.items()]
