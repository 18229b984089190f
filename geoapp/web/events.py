"""``/events``: server-sent events of saved changes; ``/events.json``: the same by asking."""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Iterator

from flask import Blueprint, Response, current_app, jsonify, stream_with_context

from geoapp.queries.reader import Right
from geoapp.services.live import Live, Serving
from geoapp.web import context
from geoapp.web.access import access
from geoapp.web.tiles import revisions

bp = Blueprint("events", __name__)
BEAT_S = 15.0
LOOK_S = 0.5
"""How soon a stream notices that the service stops."""
LIFE_S = 300.0
"""A stream ends after this and the browser opens it anew: an ended session is noticed then at the latest."""


@bp.record_once
def _setup(state: object) -> None:
    app = state.app  # type: ignore[attr-defined]
    app.extensions["live"] = Live(app.extensions["database"])


@bp.get("/events")
@access(Right.VIEW)
def events() -> Response:
    """``data: {"layer", "revision"}`` for every save; a comment every 15 seconds keeps proxies awake."""
    response = Response(stream_with_context(_stream(current_app.extensions["live"])), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


@bp.get("/events.json")
@access(Right.VIEW)
def now() -> Response:
    """Every layer's revision, for browsers and proxies that cannot hold a stream."""
    return jsonify({layer: revisions().of(layer).number for layer in context.layers()})


def _stream(live: Live) -> Iterator[str]:
    until = time.monotonic() + LIFE_S
    with live.stream() as news:
        if news is None:
            yield "event: full\ndata: {}\n\n"
            return
        yield "retry: 3000\n\n"
        told_at = time.monotonic()
        while time.monotonic() < until and Serving.alive():
            try:
                layer, revision = news.get(timeout=LOOK_S)
            except queue.Empty:
                if time.monotonic() - told_at >= BEAT_S:
                    told_at = time.monotonic()
                    yield ": still here\n\n"
                continue
            yield f"data: {json.dumps({'layer': layer, 'revision': revision})}\n\n"
