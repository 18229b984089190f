"""Base maps from one place: a caching proxy for Tianditu or a local tile server, and our own plain context.

The token never reaches the page, the page never asks another host, and when the source is silent a 204 leaves the map usable.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import urllib.request
from pathlib import Path
from urllib.error import URLError

from flask import Blueprint, Response, request

from geoapp.errors import NotFound
from geoapp.queries.reader import Right
from geoapp.towns import SEED_FOLDER
from geoapp.web import context, params
from geoapp.web.access import access

bp = Blueprint("basemap", __name__)
TIMEOUT_S = 4
LIMIT_BYTES = 2 * 2**20
MAGIC = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}
TIANDITU = (
    "https://t{s}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}&STYLE=default"
    "&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={token}"
)
CONTEXT = ("places.geojson", "water_roads.geojson", "town.geojson")


@bp.get("/basemap/context.json")
@access(Right.VIEW)
def plain_context() -> Response:
    """Place names, water and roads of the plain base map, from our own data."""
    parts = [f'"{name.partition(".")[0]}":{(SEED_FOLDER / name).read_text(encoding="utf-8")}' for name in CONTEXT]
    response = Response("{" + ",".join(parts) + "}", mimetype="application/json")
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:16])
    response.make_conditional(request)
    return response


@bp.get("/basemap/<name>/<int:z>/<int:x>/<int:y>")
@access(Right.VIEW)
def tile(name: str, z: int, x: int, y: int) -> Response:
    """One base map tile, kept on disk once fetched."""
    params.tile(z, x, y)
    url = _address(name, z, x, y)
    kept = context.settings().home / "basemap" / name / str(z) / str(x) / str(y)
    body = kept.read_bytes() if kept.exists() else _fetched(url, kept)
    kind = next((mime for magic, mime in MAGIC.items() if body.startswith(magic)), None)
    if kind is None:
        return Response(status=204)
    response = Response(body, mimetype=kind)
    response.headers["Cache-Control"] = "private, max-age=604800"
    return response


def _address(name: str, z: int, x: int, y: int) -> str:
    settings = context.settings()
    if settings.basemap == "tianditu" and name in ("vec", "cva", "img", "cia"):
        return TIANDITU.format(s=(x + y) % 8, layer=name, z=z, x=x, y=y, token=settings.tianditu_token)
    if settings.basemap.startswith("xyz:") and name == "xyz":
        return settings.basemap.removeprefix("xyz:").format(z=z, x=x, y=y)
    raise NotFound("没有底图“{name}”", name=name)


def _fetched(url: str, kept: Path) -> bytes:
    """The tile from its source; empty when the source does not answer with a picture in time."""
    asked = urllib.request.Request(url, headers={"User-Agent": "geoapp"})  # noqa: S310 - as below
    try:
        with urllib.request.urlopen(asked, timeout=TIMEOUT_S) as answer:  # noqa: S310 - the address is the operator's setting
            body: bytes = answer.read(LIMIT_BYTES)
    except (URLError, OSError, ValueError):
        return b""
    if any(body.startswith(magic) for magic in MAGIC):
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=kept.parent, delete=False) as file:
            file.write(body)
        os.replace(file.name, kept)
    return body
