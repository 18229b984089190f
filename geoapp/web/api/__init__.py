"""OGC API – Features, Parts 1 (core) and 2 (CRS), made from the layer declarations."""

from geoapp.web.api import collections, edit, geometry, history, items, landing, openapi_page, outlines
from geoapp.web.api.blueprint import bp

__all__ = ["bp", "collections", "edit", "geometry", "history", "items", "landing", "openapi_page", "outlines"]
