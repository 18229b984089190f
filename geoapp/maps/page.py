"""The map's constant frame, drawn by Folium: container, view, base maps, scale bar.

No stored text ever passes through Folium's templates, which do not escape; features arrive as vector tiles. Its script and
style are served as files of their own, so that the page needs no inline script.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import folium

from geoapp.maps.assets import VENDOR, OfflineFigure
from geoapp.towns import Town

MIN_ZOOM, MAX_ZOOM = 8, 22
FIRST_ZOOM = 12


@dataclass(frozen=True, slots=True)
class BaseMap:
    """A choice of base map: its tile layers in drawing order, each served by our own proxy."""

    id: str
    title: str
    tiles: tuple[str, ...]
    max_zoom: int = 18

    @property
    def variables(self) -> list[str]:
        """Names of Folium's tile layer variables in the page."""
        return [f"tile_layer_{name}" for name in self.tiles]


PLAIN = BaseMap("plain", "素图", ())
TIANDITU = (BaseMap("vec", "天地图 矢量", ("vec", "cva")), BaseMap("img", "天地图 影像", ("img", "cia")))
OWN = BaseMap("xyz", "本地底图", ("xyz",))


def base_maps(setting: str) -> list[BaseMap]:
    """The choices a ``GEOAPP_BASEMAP`` value gives; the plain one is always there."""
    if setting == "tianditu":
        return [PLAIN, *TIANDITU]
    return [PLAIN, OWN] if setting.startswith("xyz:") else [PLAIN]


class TownMap(folium.Map):
    """A Folium map that loads Leaflet from our own copy and nothing else."""

    default_js = [("leaflet", f"{VENDOR}leaflet/leaflet.js")]
    default_css = [("leaflet_css", f"{VENDOR}leaflet/leaflet.css")]

    def __init__(self, town: Town, maps: Sequence[BaseMap]) -> None:
        lon, lat = town.centre
        super().__init__(
            location=[round(lat, 5), round(lon, 5)],
            tiles=None,
            zoom_start=FIRST_ZOOM,
            zoom_control=False,
            prefer_canvas=True,
            min_zoom=MIN_ZOOM,
            max_zoom=MAX_ZOOM,
            attributionControl=True,
            zoomSnap=0.5,
        )
        self._id = "main"
        self.options["maxZoom"], self.options["minZoom"] = MAX_ZOOM, MIN_ZOOM
        for name, native in {n: m.max_zoom for m in maps for n in m.tiles}.items():
            self._add_tiles(name, native)

    def _add_tiles(self, name: str, native: int) -> None:
        tiles = folium.TileLayer(
            f"/basemap/{name}/{{z}}/{{x}}/{{y}}",
            attr=" ",
            name=name,
            show=False,
            max_zoom=MAX_ZOOM,
            max_native_zoom=native,
        )
        tiles._id = name
        tiles.add_to(self)


@dataclass(frozen=True, slots=True)
class Frame:
    """Folium's output, taken apart: markup for the page, script and style to serve as files."""

    html: str
    script: str
    style: str


def frame(town: Town, maps: Sequence[BaseMap]) -> Frame:
    """Draw the frame of a town's map."""
    figure = OfflineFigure()
    figure.add_child(TownMap(town, maps))
    figure.render()
    head = figure.header.render()
    scripts = re.findall(r"<script>(.*?)</script>", head, re.S)
    styles = re.findall(r"<style>(.*?)</style>", head, re.S)
    script = "\n".join([*scripts, figure.script.render()])
    return Frame(figure.html.render().strip(), _as_globals(script), _scoped("\n".join(styles)))


def _as_globals(script: str) -> str:
    """Folium's ``var`` statements already make globals in a classic script; only blank lines are trimmed."""
    return "\n".join(line.rstrip() for line in script.splitlines() if line.strip()) + "\n"


def _scoped(style: str) -> str:
    """Drop Folium's page-wide rules: our page has a layout of its own."""
    kept = re.sub(r"(html, body|#map)\s*\{[^}]*\}", "", style)
    return "\n".join(line.rstrip() for line in kept.splitlines() if line.strip()) + "\n"
