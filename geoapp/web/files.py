"""Photos, scans and remarks of features: brought, shown through the access checks, struck out and put back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

from flask import Blueprint, current_app, jsonify, redirect, render_template, request, send_file
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from geoapp.db import session
from geoapp.errors import BadRequest, Forbidden, GeoAppError, InvalidEdit, NotFound, TooLarge
from geoapp.file_tables import Attachment
from geoapp.layer import Layer
from geoapp.queries.reader import Right
from geoapp.services import access_log, attachments, cards, pictures
from geoapp.services.editing import Editing
from geoapp.web import context
from geoapp.web.access import access, current_reader
from geoapp.web.editing import wants_json
from geoapp.web.i18n import gettext
from geoapp.web.pages import links

bp = Blueprint("files", __name__)
MOST_AT_ONCE = 20


@bp.record
def _pages_of_layers(state: BlueprintSetupState) -> None:
    for layer in state.app.extensions["layers"].values():
        named: dict[str, Any] = {"defaults": {"layer_id": layer.id}}
        path = f"/{layer.path}/<path:key>"
        state.add_url_rule(f"{path}/files", "add", add, methods=["POST"], **named)
        state.add_url_rule(f"{path}/remarks", "remark", remark, methods=["POST"], **named)


@access(Right.EDIT)
def add(layer_id: str, key: str) -> ResponseReturnValue:
    """Keep the files of a form; all or none."""
    layer, row = _found(layer_id, key)
    given = [f for f in request.files.getlist("file") if f.filename]
    try:
        if not 0 < len(given) <= MOST_AT_ONCE:
            raise BadRequest("请选择 1 到 {n} 个文件", n=MOST_AT_ONCE)
        form = request.form
        made = [
            attachments.add(
                _editing(layer),
                row,
                _home(),
                cast(BinaryIO, f.stream),
                f.filename or "",
                form.get("phase", ""),
                form.get("caption", ""),
            )
            for f in given
        ]
    except (InvalidEdit, TooLarge, BadRequest, Forbidden) as error:
        session().rollback()
        if wants_json():
            raise
        return _refused(layer, key, error), error.status
    session().commit()
    if wants_json():
        return jsonify(files=[_json(f) for f in made]), 201
    return redirect(links.of_card(layer, key) + "#files", 303)


@access(Right.EDIT)
def remark(layer_id: str, key: str) -> ResponseReturnValue:
    """Write a remark."""
    layer, row = _found(layer_id, key)
    try:
        made = attachments.remark(_editing(layer), row, request.form.get("text", ""))
    except (InvalidEdit, Forbidden) as error:
        session().rollback()
        if wants_json():
            raise
        return _refused(layer, key, error), error.status
    session().commit()
    if wants_json():
        return jsonify(id=made.id), 201
    return redirect(links.of_card(layer, key) + "#remarks", 303)


@bp.get("/files/<int:file_id>")
@access(Right.VIEW)
def show(file_id: int) -> ResponseReturnValue:
    """A photo without the camera's data; ``?original=1`` the file as it came, for those who see personal values."""
    found = attachments.find(session(), file_id, current_reader())
    original = found.kind != "photo" or request.args.get("original") == "1"
    if not original:
        return _send(found, "view")
    if not current_reader().personal:
        raise Forbidden("原图含拍摄地点等信息，您的账号没有查看权限")
    access_log.record(session(), current_reader(), "file", f"{found.layer}/{found.feature_id}/{found.id}", 1, True)
    return _send(found, "original")


@bp.get("/files/<int:file_id>/thumb")
@access(Right.VIEW)
def thumb(file_id: int) -> ResponseReturnValue:
    """A small picture of a photo."""
    found = attachments.find(session(), file_id, current_reader())
    if found.kind != "photo":
        raise NotFound("没有这个文件")
    return _send(found, "thumb")


@bp.post("/files/<int:file_id>/remove")
@access(Right.EDIT)
def remove(file_id: int) -> ResponseReturnValue:
    """Strike a file out; its bytes stay and it can come back."""
    return _struck(file_id, back=False)


@bp.post("/files/<int:file_id>/restore")
@access(Right.EDIT)
def restore(file_id: int) -> ResponseReturnValue:
    """Put a struck-out file back."""
    return _struck(file_id, back=True)


def _struck(file_id: int, *, back: bool) -> ResponseReturnValue:
    found = attachments.find(session(), file_id, current_reader())
    layer = context.layers().get_or_404(found.layer)
    row = cards.find_by_id(session(), layer, context.layers(), current_reader(), found.feature_id)
    attachments.strike_out(_editing(layer), row, found, back=back)
    session().commit()
    if wants_json():
        return jsonify(id=found.id, removed=not back)
    return redirect(links.of_card(layer, row[layer.key]) + "#files", 303)


def _found(layer_id: str, key: str) -> tuple[Layer, Mapping[str, Any]]:
    layer = context.layers()[layer_id]
    return layer, cards.find(session(), layer, context.layers(), current_reader(), key)


def _editing(layer: Layer) -> Editing:
    return Editing(session(), layer, context.layers(), current_reader())


def _home() -> Path:
    return Path(current_app.extensions["settings"].home)


def _send(file: Attachment, part: str) -> ResponseReturnValue:
    path = pictures.place(_home(), file.sha256, part)
    if not path.is_file():
        raise NotFound("文件不在存储里，请从备份恢复 attachments 文件夹")
    original = part == "original"
    answer = send_file(
        path, mimetype=file.media_type if original else "image/jpeg", as_attachment=original, download_name=file.name if current_reader().personal else f"{file.id}.jpg",
        conditional=True, etag=f"{file.sha256}-{part}", max_age=0,
    )  # fmt: skip
    answer.headers["Cache-Control"] = "private, no-cache" if original else "private, max-age=86400"
    return answer


def _json(file: Attachment) -> dict[str, Any]:
    return {
        "id": file.id, "name": file.name, "kind": file.kind, "size": file.size, "sha256": file.sha256,
        "taken_at": file.taken_at.isoformat() if file.taken_at else None, "lon": file.lon, "lat": file.lat,
    }  # fmt: skip


def _refused(layer: Layer, key: str, error: GeoAppError) -> str:
    if isinstance(error, InvalidEdit):
        detail = "；".join(gettext(getattr(w, "text", w), **getattr(w, "values", {})) for w in error.fields.values())
    else:
        detail = gettext(error.message, **error.values)
    return render_template("refused.html", title=gettext(error.title), layer=layer, key=key, detail=detail, rule="")
