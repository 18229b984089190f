"""The landing page and the conformance declaration."""

from __future__ import annotations

from flask import Response, request

from geoapp.queries.reader import Right
from geoapp.web import context
from geoapp.web.access import access
from geoapp.web.api import answers, asked
from geoapp.web.api.answers import HTML, JSON, OPENAPI, REL, address, link
from geoapp.web.api.blueprint import bp
from geoapp.web.i18n import gettext

_SPEC = "http://www.opengis.net/spec/"
CONFORMANCE = (
    f"{_SPEC}ogcapi-common-1/1.0/conf/core",
    f"{_SPEC}ogcapi-common-2/1.0/conf/collections",
    f"{_SPEC}ogcapi-features-1/1.0/conf/core",
    f"{_SPEC}ogcapi-features-1/1.0/conf/geojson",
    f"{_SPEC}ogcapi-features-1/1.0/conf/html",
    f"{_SPEC}ogcapi-features-1/1.0/conf/oas30",
    f"{_SPEC}ogcapi-features-2/1.0/conf/crs",
    f"{_SPEC}ogcapi-features-3/1.0/conf/queryables",
    f"{_SPEC}ogcapi-features-3/1.0/conf/queryables-query-parameters",
    f"{_SPEC}ogcapi-features-4/1.0/conf/create-replace-delete",
    f"{_SPEC}ogcapi-features-4/1.0/conf/update",
    f"{_SPEC}ogcapi-features-4/1.0/conf/optimistic-locking-etags",
)


@bp.get("/")
@access(Right.VIEW)
def landing() -> Response:
    """Where everything is."""
    asked.nothing_else(request.args)
    town = context.town()
    found = {
        "title": gettext("{town}征地一张图", town=town.name),
        "description": gettext("地块、红线、村庄等图层的 OGC API – Features 接口，可在 QGIS 与 GDAL 中直接连接。"),
        "extent": {"spatial": {"bbox": [town.extent.as_list()]}},
        "links": [
            *answers.here(JSON),
            link("service-desc", address("/openapi", f="json"), OPENAPI, "OpenAPI 3.0"),
            link("service-doc", address("/openapi", f="html"), HTML, gettext("接口文档")),
            link("conformance", address("/conformance"), JSON, gettext("符合性声明")),
            link(f"{REL}conformance", address("/conformance"), JSON, gettext("符合性声明")),
            link("data", address("/collections"), JSON, gettext("图层")),
            link(f"{REL}data", address("/collections"), JSON, gettext("图层")),
        ],
    }
    return answers.either(found, "api/landing.html", str(found["title"]), layers=list(context.layers().values()))


@bp.get("/conformance")
@access(Right.VIEW)
def conformance() -> Response:
    """Which parts of the standards hold."""
    asked.nothing_else(request.args)
    found = {"conformsTo": list(CONFORMANCE), "links": answers.here(JSON)}
    title = gettext("符合性声明")
    return answers.either(found, "api/conformance.html", title, trail=answers.trail())
