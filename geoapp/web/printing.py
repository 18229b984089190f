"""Maps on paper: what to print, on which sheet, and the PDF."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from geoapp.db import session
from geoapp.errors import BadRequest, GeoAppError, InvalidEdit
from geoapp.layer import Layer
from geoapp.queries.filtering import conditions
from geoapp.queries.reader import Right
from geoapp.services import access_log, cards, sources
from geoapp.services.printing import document
from geoapp.services.printing.document import Order, Words
from geoapp.services.printing.paper import SCALES, SIZES, Paper
from geoapp.services.write import TOWN_TIME
from geoapp.web import asof, context, params
from geoapp.web.access import access, current_reader
from geoapp.web.i18n import gettext
from geoapp.web.pages import shown

bp = Blueprint("printing", __name__)
MOST = 3000
OWN = (
    "layer",
    "key",
    "paper",
    "turn",
    "scale",
    "each",
    "title",
    "drawn_by",
    "checked_by",
    "points",
    "asof",
    "as_of",
    "basis",
)
LONGEST = 60


@bp.get("/print")
@access(Right.VIEW)
def page() -> ResponseReturnValue:
    """Choose the sheet; below, what it will be."""
    layer = _layer()
    problem, plan, status = "", None, 200
    n = 0
    try:
        order = _order(layer)
        plan = document.planned(session(), order)
        n = plan[1]
    except GeoAppError as error:
        problem, status = _told(error), error.status
    kept = {k: v for k, v in request.args.items() if v and k not in OWN}
    return render_template(
        "print.html", title=gettext("制图"), layer=layer, layers=context.layers(), sizes=SIZES, scales=SCALES, plan=plan, n=n,
        problem=problem, kept=kept, args=request.args, pdf="/print.pdf?" + urlencode([(k, v) for k, v in request.args.items() if v]),
        frame=_paper().frame, paper=_paper(),
    ), status  # fmt: skip


@bp.get("/print.pdf")
@access(Right.VIEW)
def pdf() -> Response:
    """The sheet, in EPSG:4548 and true to scale; who printed what is written down when names are on it."""
    layer = _layer()
    order = _order(layer)
    body = document.make(session(), context.layers(), current_reader(), order, words())
    if current_reader().personal and layer.personal:
        subject = request.full_path.rstrip("?")[:500]
        access_log.record(session(), current_reader(), "print", subject, len(order.ids), True)
    answer = Response(body, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = 'attachment; filename="map.pdf"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _layer() -> Layer:
    layers = context.layers()
    first = next((x for x in layers.values() if x.rollups), next(iter(layers.values())))
    return layers.get_or_404(request.args.get("layer") or first.id)


def _paper() -> Paper:
    name = request.args.get("paper", "A3")
    if name not in SIZES:
        raise BadRequest("paper 应为：{known}", known="、".join(SIZES))
    return Paper(name, request.args.get("turn", "landscape") != "portrait")


def _order(layer: Layer) -> Order:
    args = request.args
    problems = params.Problems()
    params.only_known(args, (*params.filter_names(layer), *OWN), problems)
    problems.raise_any()
    scale = args.get("scale", "")
    if scale and (not scale.isdigit() or int(scale) not in SCALES):
        raise BadRequest("scale 应为：{known}", known="、".join(str(s) for s in SCALES))
    return Order(
        layer, _ids(layer), _paper(), int(scale) if scale else None, args.get("each") == "1", _text("title"),
        _text("drawn_by"), _text("checked_by"), args.get("points", "1") != "0",
    )  # fmt: skip


def _text(name: str) -> str:
    return request.args.get(name, "").replace("\x00", "").strip()[:LONGEST]


def _ids(layer: Layer) -> tuple[int, ...]:
    """One named feature, or all that the filter keeps."""
    layers, reader = context.layers(), current_reader()
    if request.args.get("key"):
        return (cards.find(session(), layer, layers, reader, request.args["key"])["id"],)
    where = params.layer_filter(layer, layers, request.args, reader, session())
    wanted = select(layer.table.c.id).where(conditions(layer, where, reader)).order_by(layer.table.c.id).limit(MOST + 1)
    found = tuple(session().execute(wanted).scalars())
    if len(found) > MOST:
        raise BadRequest("一张图最多 {n} 个，请先筛选", n=MOST)
    return found


def words() -> Words:
    """How values are written on sheets, and what stands at their foot."""
    town, past = context.town(), asof.past()
    now = datetime.now(TOWN_TIME)
    lines = [gettext("坐标系：2000 国家大地坐标系，高斯克吕格 3° 带第 39 带；面积为平面面积")]
    if sources.synthetic():
        lines.append(gettext("含演示数据，虚构，不得作为依据"))
    lines.append(gettext("审图号：无。仅供内部使用，不得公开"))
    moment = past.moment.astimezone(TOWN_TIME) if past else now
    state = gettext(
        "数据截至 {moment}，打印人 {name}", moment=shown.formatted("moment", moment), name=current_reader().name
    )
    return Words(shown.value, shown.title, f"{town.county}{town.name}", now.date(), (*lines, state))


def _told(error: GeoAppError) -> str:
    if isinstance(error, InvalidEdit):
        return "；".join(gettext(getattr(w, "text", w), **getattr(w, "values", {})) for w in error.fields.values())
    if isinstance(error, BadRequest) and error.problems:
        return "；".join(str(p) for p in error.problems)
    return gettext(error.message, **error.values)
