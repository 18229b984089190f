"""Addresses of lists, cards and maps: readable, and the same state wherever they lead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlencode

from flask import request

from geoapp.layer import Layer
from geoapp.web import asof

Query = Mapping[str, str]


def absolute(path: str, query: Query | None = None) -> str:
    """A path of this service under the prefix it is served at, with the parameters that have a value; the past stays the past."""
    given = {name: text for name, text in {**asof.kept(), **(query or {})}.items() if text}
    return request.script_root + path + ("?" + urlencode(given, safe=",-:~/") if given else "")


def with_pairs(path: str, pairs: Iterable[tuple[str, str]]) -> str:
    """A path with parameters that may stand more than once, taken as they are."""
    given = urlencode(list(pairs), safe=",-:~/")
    return request.script_root + path + (f"?{given}" if given else "")


def to_print(layer: Layer, query: Query | None = None) -> str:
    """The page that prints a layer's features on paper."""
    return absolute("/print", {"layer": layer.id, **(query or {})})


def of_list(layer: Layer, query: Query | None = None) -> str:
    return absolute(f"/{layer.path}", query)


def of_card(layer: Layer, key: str) -> str:
    return absolute(f"/{layer.path}/{quote(str(key), safe='/')}")


def of_classes(layer: Layer, keys: Iterable[str], query: Query | None = None) -> str:
    """The list of some legend classes under further conditions."""
    return of_list(layer, {**(query or {}), "status": ",".join(keys)})


def on_map(layer: Layer, query: Query | None = None, key: str = "") -> str:
    """The map with a filtered layer, or with one feature chosen."""
    if key:
        return absolute("/map", {"sel": f"{layer.id}/{key}"})
    return absolute("/map", {"layers": layer.id, **(query or {})})
