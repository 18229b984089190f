"""The hand-over package of what the filter keeps."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response, request

from geoapp.db import database, session
from geoapp.queries.reader import Right
from geoapp.services import access_log
from geoapp.services.handover import package
from geoapp.web import asof, context, params, printing
from geoapp.web.access import access, current_reader

bp = Blueprint("handover", __name__)


@bp.get("/handover/<layer_id>.zip")
@access(Right.EXPORT)
def download(layer_id: str) -> Response:
    """Point file, GeoJSON, workbook, map and signed check sheet; a 409 with the differences instead of a wrong package."""
    layer = context.layers().get_or_404(layer_id)
    problems = params.Problems()
    params.only_known(request.args, (*params.filter_names(layer), "asof", "as_of", "basis"), problems)
    where = params.layer_filter(layer, context.layers(), request.args, current_reader(), session(), problems)
    problems.raise_any()
    made = package.make(database(), context.layers(), layer, where, current_reader(), printing.words(), asof.past())
    unmasked = bool(layer.personal) and current_reader().personal
    access_log.record(session(), current_reader(), "handover", request.full_path.rstrip("?")[:500], made.n, unmasked)
    answer = Response(made.content, mimetype="application/zip")
    answer.headers["Content-Disposition"] = (
        f"attachment; filename=\"{layer.id}.zip\"; filename*=UTF-8''{quote(made.name)}"
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
