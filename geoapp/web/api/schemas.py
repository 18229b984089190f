"""JSON Schemas of columns and features, made from the declarations."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Date, DateTime, Integer, Numeric

from geoapp.layer import Layer
from geoapp.queries.geojson import properties_of
from geoapp.queries.reader import Reader
from geoapp.services.export_formats.geojson import field
from geoapp.web.api import asked
from geoapp.web.i18n import gettext

Schema = dict[str, Any]


def column(layer: Layer, name: str) -> Schema:
    """One property: type, title, unit and the values it may have."""
    told = field(layer, name)
    found: Schema = {"title": gettext(told["title"]), **_type(layer, name)}
    if "unit" in told:
        found["x-ogc-unit"] = told["unit"]
    if name == "status":
        found["enum"] = [s.code for s in layer.statuses]
    elif name in layer.columns_by_name and "choices" in layer.columns_by_name[name].info:
        found["enum"] = list(layer.columns_by_name[name].info["choices"])
    return found


def _type(layer: Layer, name: str) -> Schema:
    if name not in layer.columns_by_name:
        return {"type": "string"}
    kind = layer.columns_by_name[name].type
    if isinstance(kind, Boolean):
        return {"type": "boolean"}
    if isinstance(kind, Integer):
        return {"type": "integer"}
    if isinstance(kind, Numeric):
        return {"type": "number"}
    if isinstance(kind, DateTime):
        return {"type": "string", "format": "date-time"}
    return {"type": "string", "format": "date"} if isinstance(kind, Date) else {"type": "string"}


def geometry_format(layer: Layer) -> str:
    """``geometry-multipolygon`` and the like, of OGC API – Features Part 3."""
    return f"geometry-{layer.geometry_type.lower()}"


def queryables(layer: Layer, reader: Reader) -> Schema:
    """Properties for filters; the outline is asked for by ``bbox``."""
    outline = {"title": gettext("图形"), "x-ogc-role": "primary-geometry", "format": geometry_format(layer)}
    return {**{name: column(layer, name) for name in asked.queryables(layer, reader)}, "geom": outline}


def returnables(layer: Layer, _reader: Reader) -> Schema:
    """Properties of a feature as it is answered."""
    found = {name: column(layer, name) for name in properties_of(layer)}
    found[layer.key]["x-ogc-role"] = "id-alias"
    outline = {"title": gettext("图形"), "x-ogc-role": "primary-geometry", "format": geometry_format(layer)}
    return {"id": {"title": gettext("内部编号"), "type": "integer", "x-ogc-role": "id"}, **found, "geometry": outline}


def nullable(layer: Layer, name: str) -> bool:
    """Whether a property may be null."""
    known = layer.columns_by_name.get(name)
    if known is None:
        return name != "status_label"
    return bool(known.nullable)


def properties(layer: Layer) -> Schema:
    """The ``properties`` member in the dialect of OpenAPI 3.0."""
    found = {}
    for name in properties_of(layer):
        made = column(layer, name)
        if nullable(layer, name):
            made["nullable"] = True
            if "enum" in made:
                made["enum"] = [*made["enum"], None]
        found[name] = made
    return {"type": "object", "required": list(found), "properties": found}
