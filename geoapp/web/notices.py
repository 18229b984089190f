"""Notices of a feature as Word documents."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response
from flask.blueprints import BlueprintSetupState

from geoapp.db import session
from geoapp.errors import NotFound
from geoapp.layer import Layer
from geoapp.overlay import Notice
from geoapp.queries.reader import Right
from geoapp.services import cards, notices
from geoapp.web import context
from geoapp.web.access import access, current_reader

bp = Blueprint("notices", __name__)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@bp.record
def _pages_of_layers(state: BlueprintSetupState) -> None:
    for layer in state.app.extensions["layers"].values():
        if layer.notices:
            named: dict[str, Any] = {"defaults": {"layer_id": layer.id}}
            state.add_url_rule(
                f"/{layer.path}/<path:key>/notices/<notice_id>.docx", "document", document, methods=["GET"], **named
            )


@access(Right.VIEW)
def document(layer_id: str, key: str, notice_id: str) -> Response:
    """The document; header ``Missing`` tells how many facts are left blank."""
    layer, layers = context.layers()[layer_id], context.layers()
    notice = _find(layer, notice_id)
    row = cards.find(session(), layer, layers, current_reader(), key)
    known = notices.facts(session(), layers, layer, row, notice, context.town())
    made = notices.make(notice, known, {n: layer.column_title(n) for n in layer.columns_by_name})
    answer = Response(made.content, mimetype=DOCX)
    name = quote(f"{row[layer.label_column]}_{notice.title.replace('{county}', '')}.docx")
    answer.headers["Content-Disposition"] = f"attachment; filename=\"{notice.id}.docx\"; filename*=UTF-8''{name}"
    answer.headers["Missing"] = str(len(made.missing))
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _find(layer: Layer, notice_id: str) -> Notice:
    """A declared notice; NotFound names those there are."""
    for notice in layer.notices:
        if notice.id == notice_id:
            return notice
    raise NotFound("没有这种文书，可用：{known}", known="、".join(n.id for n in layer.notices) or "—")
