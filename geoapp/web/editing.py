"""Forms that change one feature, with and without scripts: its status, its columns, and whose value wins in a conflict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from geoapp.db import session
from geoapp.errors import BadRequest, Conflict, Forbidden, GeoAppError, InvalidEdit, StaleFeature
from geoapp.layer import Layer
from geoapp.queries.reader import Right
from geoapp.services import cards, values
from geoapp.services.editing import Editing
from geoapp.services.write import Written
from geoapp.web import context, deeds, fields
from geoapp.web.access import access, current_reader
from geoapp.web.i18n import gettext
from geoapp.web.pages import links

bp = Blueprint("editing", __name__)
WORDS = ("csrf_token", "version", "note", "effective_on", "next")


@bp.record
def _pages_of_layers(state: BlueprintSetupState) -> None:
    for layer in state.app.extensions["layers"].values():
        named: dict[str, Any] = {"defaults": {"layer_id": layer.id}}
        path = f"/{layer.path}/<path:key>"
        state.add_url_rule(f"{path}/status", "status", change_status, methods=["POST"], **named)
        state.add_url_rule(f"{path}/edit", "form", edit_form, methods=["GET"], **named)
        state.add_url_rule(f"{path}/edit", "save", save, methods=["POST"], **named)


def wants_json() -> bool:
    """A script asks; a form without one wants a page."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


@access(Right.EDIT)
def change_status(layer_id: str, key: str) -> ResponseReturnValue:
    """One step of the workflow: ``status``, ``version``, ``note``, ``effective_on``."""
    layer, row = _found(layer_id, key)
    status = values.parsed(layer, {"status": request.form.get("status", "")})
    try:
        written = _revised(layer, row["id"], status)
    except (Conflict, StaleFeature, InvalidEdit, Forbidden) as error:
        if wants_json():
            raise
        return _card_again(layer, key, error), error.status
    return _done(layer, row, key, written)


@access(Right.EDIT)
def edit_form(layer_id: str, key: str) -> ResponseReturnValue:
    """Every column that may be changed."""
    layer, row = _found(layer_id, key)
    return _form_page(layer, row, {}, None)


@access(Right.EDIT)
def save(layer_id: str, key: str) -> ResponseReturnValue:
    """Save the form; a conflict shows mine, theirs and what it was, for each column."""
    layer, row = _found(layer_id, key)
    given = {n: v for n, v in request.form.items() if n not in WORDS and n in layer.writable}
    try:
        parsed = values.parsed(layer, given)
        changed = {n: v for n, v in parsed.items() if str(v or "") != request.form.get(f"was:{n}", "\0")}
        written = _revised(layer, row["id"], changed)
    except (Conflict, StaleFeature, InvalidEdit, Forbidden) as error:
        if wants_json():
            raise
        return _form_page(layer, row, given, error), error.status
    return _done(layer, row, str(changed.get(layer.key, key)), written)


def _found(layer_id: str, key: str) -> tuple[Layer, Mapping[str, Any]]:
    layer = context.layers()[layer_id]
    return layer, cards.find(session(), layer, context.layers(), current_reader(), key)


def _revised(layer: Layer, feature_id: int, changes: Mapping[str, Any]) -> Written:
    text = request.form.get("version", "")
    if not text.isdigit() or len(text) > 9:
        raise BadRequest("缺少版本号，请刷新页面后重试")
    editing = Editing(session(), layer, context.layers(), current_reader())
    written = editing.one(feature_id, changes, int(text), deeds.deed("edit", request.form), merge=True)
    session().commit()
    return written


def _done(layer: Layer, row: Mapping[str, Any], key: str, written: Written) -> ResponseReturnValue:
    if wants_json():
        now = cards.find(session(), layer, context.layers(), current_reader(), key)
        return jsonify(
            id=row["id"], key=key, version=now["version"], status=now["status"],
            operation=written.operation_id if written.ids else None,
            undo=f"/ops/{written.operation_id}/undo" if written.ids else None,
        )  # fmt: skip
    target = request.form.get("next", "")
    return redirect(
        target if target.startswith("/") and not target.startswith("//") else links.of_card(layer, key), 303
    )


def _card_again(layer: Layer, key: str, error: GeoAppError) -> str:
    session().rollback()
    return render_template(
        "refused.html", title=gettext(error.title), layer=layer, key=key, detail=gettext(error.message, **error.values),
        rule=error.extra.get("rule", ""),
    )  # fmt: skip


def _form_page(layer: Layer, row: Mapping[str, Any], given: Mapping[str, str], error: GeoAppError | None) -> str:
    session().rollback()
    now = cards.find(session(), layer, context.layers(), current_reader(), row[layer.key])
    conflicts = {c["field"]: c for c in error.extra.get("conflicts", ())} if isinstance(error, StaleFeature) else {}
    return render_template(
        "edit.html", title=gettext("修改 {key}", key=row[layer.key]), layer=layer, row=now,
        fields=fields.editable(layer, context.layers(), session(), whole=True), given=given, conflicts=conflicts,
        problems=error.fields if isinstance(error, InvalidEdit) else {},
        problem=gettext(error.message, **error.values) if error and not isinstance(error, InvalidEdit) else "",
    )  # fmt: skip
