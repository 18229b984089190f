"""The page on which anybody may report with photo and place, and the one on which officers decide."""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import Any, BinaryIO, cast

from flask import Blueprint, current_app, redirect, render_template, request, send_file
from flask.typing import ResponseReturnValue

from geoapp.db import session
from geoapp.errors import BadRequest, Conflict, Forbidden, GeoAppError, InvalidEdit, NotFound, TooLarge, TooMany
from geoapp.layer import Layer
from geoapp.queries.reader import Right
from geoapp.services import pictures, reshaping, tips, values
from geoapp.services.editing import Editing
from geoapp.services.tips import Given
from geoapp.web import context, fields
from geoapp.web.access import access, current_reader
from geoapp.web.attempts import Attempts
from geoapp.web.i18n import gettext

bp = Blueprint("tips", __name__)
TRIES_AN_HOUR = 20
"""Of one address, refused ones included: looking at a photo costs."""


@bp.get("/tips/new")
@access(Right.PUBLIC)
def form() -> str:
    """The form, for a phone first; no account is needed."""
    return _form()


@bp.post("/tips")
@access(Right.PUBLIC)
def bring() -> ResponseReturnValue:
    """Keep a report; it is shown to nobody outside."""
    layer, photo = _layer(), request.files.get("file")
    given = Given(
        request.form.get("text", ""), request.form.get("place", "").replace("\x00", ""), request.form.get("contact", "").replace("\x00", ""),
        *(_number(request.form.get(n, "")) for n in ("lon", "lat")),
    )  # fmt: skip
    file = (cast(BinaryIO, photo.stream), photo.filename or "photo") if photo and photo.filename else None
    try:
        _attempts().note(_source())
        made = tips.bring(session(), layer, given, file, _home(), _source(), context.town().extent)
    except (InvalidEdit, TooLarge, TooMany) as error:
        session().rollback()
        return _form(_told(error), request.form), error.status
    session().commit()
    return render_template(
        "tips_new.html",
        title=gettext(layer.intake.title) if layer.intake else "",
        layer=layer,
        done=made.id,
        problem="",
        given={},
    ), 201


@bp.get("/tips")
@access(Right.EDIT)
def page() -> str:
    """Reports that wait, and those decided lately."""
    return _list()


@bp.get("/tips/<int:tip_id>/photo")
@access(Right.EDIT)
def photo(tip_id: int) -> ResponseReturnValue:
    """The photo of a report, without the camera's data."""
    found = tips.find(session(), tip_id)
    path = pictures.place(_home(), found.photo, "view") if found.photo else None
    if path is None or not path.is_file():
        raise NotFound("没有这个文件")
    return send_file(path, mimetype="image/jpeg", max_age=0)


@bp.post("/tips/<int:tip_id>/take")
@access(Right.EDIT)
def take(tip_id: int) -> ResponseReturnValue:
    """Make a case of it."""
    tip = tips.find(session(), tip_id)
    layer = context.layers().get_or_404(tip.layer)
    editing = Editing(session(), layer, context.layers(), current_reader())
    given = {n: v for n, v in request.form.items() if n in layer.writable and v != ""}
    try:
        made = tips.take_up(editing, tip, values.parsed(layer, given), _home())
    except (InvalidEdit, Conflict, Forbidden) as error:
        session().rollback()
        return _list(_told(error)), error.status
    session().commit()
    key = (
        session()
        .execute(layer.table.select().with_only_columns(layer.table.c[layer.key]).where(layer.table.c.id == made))
        .scalar_one()
    )
    return redirect(f"/{layer.path}/{key}", 303)


@bp.post("/tips/<int:tip_id>/refuse")
@access(Right.EDIT)
def refuse(tip_id: int) -> ResponseReturnValue:
    """Turn it down."""
    try:
        tips.refuse(session(), tips.find(session(), tip_id), current_reader().name, request.form.get("reason", ""))
    except (InvalidEdit, Conflict) as error:
        session().rollback()
        return _list(_told(error)), error.status
    session().commit()
    return redirect("/tips", 303)


def _layer() -> Layer:
    wanted = request.values.get("layer", "")
    taking = [x for x in context.layers().values() if x.intake]
    found = next((x for x in taking if x.id == wanted), taking[0] if taking and not wanted else None)
    if found is None:
        raise NotFound("没有可以举报的内容")
    return found


def _form(problem: str = "", given: Any = None) -> str:
    layer = _layer()
    title = gettext(layer.intake.title) if layer.intake else ""
    return render_template("tips_new.html", title=title, layer=layer, done=0, problem=problem, given=given or {})


def _list(problem: str = "") -> str:
    waiting = tips.listed(session())
    layers = context.layers()
    asked = {x.id: _needed(x) for x in layers.values() if x.intake}
    places = {t.id: _places(layers[t.layer], t) for t in waiting if t.layer in layers and t.lon is not None}
    return render_template(
        "tips.html", title=gettext("举报受理"), waiting=waiting, decided=[*tips.listed(session(), "taken", 20), *tips.listed(session(), "refused", 20)],
        problem=problem, asked=asked, places=places, layers=layers,
    )  # fmt: skip


def _needed(layer: Layer) -> list[dict[str, Any]]:
    """The columns an officer must still fill in."""
    intake = layer.intake
    known = {layer.key, "status", *(intake.fields if intake else ()), intake.found_on if intake else ""}
    listed = fields.editable(layer, context.layers(), session())
    return [
        f
        for f in listed
        if not f["nullable"] and f["name"] not in known and layer.table.c[f["name"]].server_default is None
    ]


def _places(layer: Layer, tip: Any) -> dict[str, str]:
    import shapely

    editing = Editing(session(), layer, context.layers(), current_reader())
    return reshaping.places(editing, context.layers(), shapely.Point(tip.lon, tip.lat))


def _attempts() -> Attempts:
    found: Attempts = current_app.extensions.setdefault("tip_attempts", Attempts(TRIES_AN_HOUR, 3600))
    return found


def _number(text: str) -> float | None:
    try:
        return float(text) if text.strip() else None
    except ValueError:
        raise BadRequest("坐标应为经纬度") from None


def _source() -> str:
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, f"tip {request.remote_addr}".encode(), "sha256").hexdigest()[:32]


def _home() -> Path:
    return Path(current_app.extensions["settings"].home)


def _told(error: GeoAppError) -> str:
    if isinstance(error, InvalidEdit):
        return "；".join(gettext(getattr(w, "text", w), **getattr(w, "values", {})) for w in error.fields.values())
    return gettext(error.message, **error.values)
