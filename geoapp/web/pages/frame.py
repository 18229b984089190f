"""The frame of every page: menu, reader, town, and whether anything shown is invented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request

from geoapp.services import sources
from geoapp.web import context
from geoapp.web.access import current_reader
from geoapp.web.i18n import gettext
from geoapp.web.pages import links


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One entry of the menu; ``current`` when the page shown belongs to it."""

    id: str
    title: str
    url: str
    current: bool


def menu() -> list[MenuItem]:
    """Map and overview, then the layers in their declared order."""
    here = request.path
    found = [
        MenuItem("map", gettext("一张图"), links.absolute("/map"), here == "/map"),
        MenuItem("overview", gettext("总览"), links.absolute("/"), here == "/"),
    ]
    for layer in context.layers().values():
        path = f"/{layer.path}"
        found.append(MenuItem(layer.id, gettext(layer.title), links.of_list(layer), here == path or here.startswith(f"{path}/")))
    return found


def context_of_request() -> dict[str, Any]:
    """Names that every template may use."""
    return {
        "nav": menu(),
        "reader": current_reader(),
        "town": context.town(),
        "synthetic": sources.synthetic(),
    }
