"""Vector tiles over HTTP. A tile in the cache costs no query at all."""

from __future__ import annotations

import gzip

from flask import Blueprint, Response, current_app, request

from geoapp.db import database, session
from geoapp.errors import BadRequest
from geoapp.queries import history
from geoapp.queries.reader import Right
from geoapp.services import tiles as tile_service
from geoapp.services.revisions import Revision, Revisions
from geoapp.services.tile_cache import TileCache
from geoapp.web import asof, context, params
from geoapp.web.access import access

bp = Blueprint("tiles", __name__)
IMMUTABLE = "private, max-age=31536000, immutable"
REVALIDATE = "private, no-cache"


@bp.record_once
def _setup(state: object) -> None:
    app = state.app  # type: ignore[attr-defined]
    app.extensions["revisions"] = Revisions(app.extensions["database"].read)
    app.extensions["tile_cache"] = TileCache()


def revisions() -> Revisions:
    """The layers' counters as this process knows them."""
    found: Revisions = current_app.extensions["revisions"]
    return found


@bp.get("/tiles/<layer_id>/<int:z>/<int:x>/<int:y>.mvt")
@access(Right.VIEW)
def tile(layer_id: str, z: int, x: int, y: int) -> Response:
    """One tile; ``v`` is the revision it was asked for and makes the answer immutable."""
    wanted = request.args.get("v", "")
    if wanted and not (wanted.isascii() and wanted.isdigit() and len(wanted) < 19):
        raise BadRequest("v 应为整数版本号")
    cache: TileCache = current_app.extensions["tile_cache"]
    packed = cache.get((layer_id, z, x, y, int(wanted))) if wanted and not asof.past() else None
    number = int(wanted) if wanted else 0
    if packed is None:
        packed, number = _made(cache, layer_id, z, x, y, number)
    kept = bool(wanted) and (number == int(wanted) or asof.past() is not None)
    return _answer(packed, f'"{layer_id}-{number}"', immutable=kept)


def now_of(layer_id: str) -> Revision:
    """A layer's counter in the database this moment, or at the moment the request asks for: a writer sees what he wrote."""
    rows = session().execute(history.revisions()).all()
    return next((Revision(row.revision, row.n) for row in rows if row.layer == layer_id), Revision())


def _made(cache: TileCache, layer_id: str, z: int, x: int, y: int, wanted: int) -> tuple[bytes, int]:
    layers = context.layers()
    layer = layers.get_or_404(layer_id)
    address = params.tile(z, x, y)
    revision = now_of(layer_id) if asof.past() else revisions().of(layer_id, wanted)
    key = (layer_id, z, x, y, revision.number)
    packed = cache.get(key)
    if packed is None:
        engine = database().read.execution_options(isolation_level="AUTOCOMMIT", past=asof.past())
        with engine.connect() as connection:
            made = tile_service.render(connection, layers, layer, address, revision, context.town().extent)
        packed = cache.put(key, made)
    return packed, revision.number


def _answer(packed: bytes, etag: str, *, immutable: bool) -> Response:
    if request.headers.get("If-None-Match") == etag:
        response = Response(status=304)
    elif not packed:
        response = Response(status=204)
    else:
        zipped = "gzip" in request.headers.get("Accept-Encoding", "")
        response = Response(
            packed if zipped else gzip.decompress(packed), mimetype="application/vnd.mapbox-vector-tile"
        )
        if zipped:
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = IMMUTABLE if immutable else REVALIDATE
    return response
