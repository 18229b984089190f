"""Folium's outside links, rewritten to our own copies. An unknown link stops the page instead of leaving the house."""

from __future__ import annotations

from typing import Any

from branca.element import CssLink, Element, Figure, JavascriptLink

ASSETS: dict[str, str | None] = {
    "https://cdn.jsdelivr.net/npm/leaflet@1.9.3/dist/leaflet.js": "leaflet/leaflet.js",
    "https://cdn.jsdelivr.net/npm/leaflet@1.9.3/dist/leaflet.css": "leaflet/leaflet.css",
    "https://code.jquery.com/jquery-3.7.1.min.js": None,
    "https://cdn.jsdelivr.net/npm/bootstrap@5.2.2/dist/js/bootstrap.bundle.min.js": None,
    "https://cdnjs.cloudflare.com/ajax/libs/Leaflet.awesome-markers/2.0.2/leaflet.awesome-markers.js": None,
    "https://cdn.jsdelivr.net/npm/bootstrap@5.2.2/dist/css/bootstrap.min.css": None,
    "https://netdna.bootstrapcdn.com/bootstrap/3.0.0/css/bootstrap-glyphicons.css": None,
    "https://cdn.jsdelivr.net/npm/@fortawesome/fontawesome-free@6.2.0/css/all.min.css": None,
    "https://cdnjs.cloudflare.com/ajax/libs/Leaflet.awesome-markers/2.0.2/leaflet.awesome-markers.css": None,
    "https://cdn.jsdelivr.net/gh/python-visualization/folium/folium/templates/leaflet.awesome.rotate.min.css": None,
}
"""Folium's link → file below ``/static/vendor``; None drops it: our pages use no jQuery, Bootstrap or marker icons."""

VENDOR = "/static/vendor/"


class OfflineHeader(Element):
    """A page head that lets only local links in. Raises KeyError for a link that has no copy of ours."""

    def add_child(self, child: Any, name: str | None = None, index: int | None = None) -> Any:
        if isinstance(child, (JavascriptLink, CssLink)) and not child.url.startswith("/"):
            local = ASSETS[child.url]
            if local is None:
                return self
            child.url = VENDOR + local
        return super().add_child(child, name=name, index=index)


class OfflineFigure(Figure):
    """Folium's root element with our head."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        header = OfflineHeader()
        header._parent = self
        for name, child in self.header._children.items():
            header.add_child(child, name=name)
        self.header = header
