"""Maps on paper: what to print, on which sheet, and the PDF."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from geoapp.db import session
from geoapp.errors import BadRequest, GeoAppError, InvalidEdit
from geoapp.layer import Layer
from geoapp.queries import history
from geoapp.queries.filtering import conditions
from geoapp.queries.reader import Right
from geoapp.services import access_log, cards, sources
from geoapp.services.printing import document, ground
from geoapp.services.printing.document import CARDS, SHEETS, TOGETHER, Order, Words
from geoapp.services.printing.paper import SCALES, SIZES, Paper
from geoapp.services.write import TOWN_TIME
from geoapp.web import asof, context, params
from geoapp.web.access import access, current_reader
from geoapp.web.i18n import gettext, in_chinese
from geoapp.web.pages import links, shown

bp = Blueprint("printing", __name__)
P = ParamSpec("P")
T = TypeVar("T")
MOST = 3000
OWN = (
    "layer", "key", "paper", "turn", "scale", "each", "title", "drawn_by", "checked_by", "points", "with", *asof.NAMES, "basis",
)  # fmt: skip
NO_OTHERS = "none"
LONGEST = 60


@bp.get("/print")
@access(Right.VIEW)
def page() -> ResponseReturnValue:
    """Choose the sheet; below, what it will be."""
    layer, paper = _layer(), _paper()
    problem, plan, status = "", None, 200
    try:
        plan = document.planned(session(), current_reader(), _order(layer))
    except GeoAppError as error:
        problem, status = _told(error), error.status
    kept = [(k, v) for k, v in request.args.items(multi=True) if v and k not in OWN]
    return render_template(
        "print.html", title=gettext("制图"), layer=layer, layers=context.layers(), sizes=SIZES, scales=SCALES, plan=plan,
        problem=problem, kept=kept, args=request.args, pdf=_again("/print.pdf"), paper=paper, past_kept=asof.kept(),
        drawn=[x.id for x in ground.layers_drawn(context.layers(), layer, _drawn())], cards=CARDS, again=_again,
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
    name = request.args.get("key") or f"{layer.title}-{len(order.ids)}"
    safe = "".join(c for c in name if c.isalnum() or c in "-_.")[:60]
    file = quote(f"{safe or layer.id}-{order.paper.name}.pdf")
    answer.headers["Content-Disposition"] = f"attachment; filename=\"{layer.id}.pdf\"; filename*=UTF-8''{file}"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _layer() -> Layer:
    layers = context.layers()
    first = next((x for x in layers.values() if x.rollups), next(iter(layers.values())))
    return layers.get_or_404(request.args.get("layer") or first.id)


def _paper() -> Paper:
    name = request.args.get("paper") or "A3"
    if name not in SIZES:
        raise BadRequest("paper 应为：{known}", known="、".join(SIZES))
    upright = request.args.get("turn") == "portrait" or request.args.get("each") == CARDS
    return Paper(name, landscape=not upright)  # a card stands: its history lies below map and facts


def _drawn() -> tuple[str, ...] | None:
    """Layers ticked in the form; None when the address does not say."""
    given = [part for text in request.args.getlist("with") for part in text.split(",") if part]
    unknown = [part for part in given if part != NO_OTHERS and part not in context.layers()]
    if unknown:
        raise BadRequest("没有图层“{name}”", name=unknown[0][:40])
    return tuple(part for part in given if part != NO_OTHERS) if given else None


def _order(layer: Layer) -> Order:
    args = request.args
    problems = params.Problems()
    params.only_known(args, (*params.filter_names(layer), *OWN), problems)
    problems.raise_any()
    params.no_nul(args)
    scale, each = args.get("scale", ""), args.get("each", TOGETHER)
    if scale and (not scale.isascii() or not scale.isdigit() or int(scale) not in SCALES):
        raise BadRequest("scale 应为：{known}", known="、".join(str(s) for s in SCALES))
    if each not in (TOGETHER, SHEETS, CARDS):
        raise BadRequest("each 应为：{known}", known="、".join((SHEETS, CARDS)))
    return Order(
        layer, _ids(layer), _paper(), int(scale) if scale else None, each, _text("title"), _text("drawn_by"),
        _text("checked_by"), args.get("points", "1") != "0", _drawn(),
    )  # fmt: skip


def _text(name: str) -> str:
    return " ".join(request.args.get(name, "").split())[:LONGEST]


def _ids(layer: Layer) -> tuple[int, ...]:
    """One named feature, or all that the filter keeps."""
    layers, reader = context.layers(), current_reader()
    if request.args.get("key"):
        return (cards.find(session(), layer, layers, reader, request.args["key"].strip())["id"],)
    where = params.layer_filter(layer, layers, request.args, reader, session())
    wanted = select(layer.table.c.id).where(conditions(layer, where, reader)).order_by(layer.table.c.id).limit(MOST + 1)
    found = tuple(session().execute(wanted).scalars())
    if len(found) > MOST:
        raise BadRequest("一张图最多 {n} 个，请先筛选", n=MOST)
    return found


def words() -> Words:
    """How values are written on sheets, and what stands at their foot: official sheets are Chinese for every reader."""
    return Words(
        _chinese(shown.value), _chinese(shown.title), _chinese(shown.deed_label),
        _chinese(lambda at: shown.formatted("moment", at)), _town(), datetime.now(TOWN_TIME).date(), _chinese(_lines),
    )  # fmt: skip


def _chinese(told: Callable[P, T]) -> Callable[P, T]:
    @wraps(told)
    def inner(*args: P.args, **kwargs: P.kwargs) -> T:
        with in_chinese():
            return told(*args, **kwargs)

    return inner


def _town() -> str:
    town = context.town()
    return f"{town.county}{town.name}"


def _lines(own: Session, layer: Layer, drawn: Sequence[Layer]) -> tuple[str, ...]:
    """Coordinate system, source, warning, review number, day and printer."""
    past, now = asof.past(), datetime.now(TOWN_TIME)
    moment = past.moment.astimezone(TOWN_TIME) if past else now
    counters = {row.layer: row.revision for row in own.execute(history.revisions())}
    revision = counters.get(layer.id, 0)
    found = [
        gettext("坐标系：2000 国家大地坐标系，高斯克吕格 3° 带第 39 带；面积为平面面积"),
        gettext("来源：{town}一张图，{layer}台账第 {n} 次记录", town=_town(), layer=gettext(layer.title), n=revision),
    ]
    if sources.invented(own, drawn):
        found.append(gettext("含演示数据，虚构，不得作为依据"))
    found.append(gettext("审图号：无（内部用图，不得公开）"))
    state = gettext("数据截至 {moment}", moment=shown.formatted("moment", moment))
    day = shown.formatted("date", now.date())
    return (*found, state, gettext("{day} 由 {name} 打印", day=day, name=current_reader().name or gettext("系统")))


def _again(path: str, **changed: str) -> str:
    """This page's choice at another address or with some of it changed."""
    pairs = [(k, v) for k, v in request.args.items(multi=True) if v and k != "lang" and k not in changed]
    return links.with_pairs(path, [*pairs, *changed.items()])


def _told(error: GeoAppError) -> str:
    if isinstance(error, InvalidEdit):
        return "；".join(shown.tell(why) for why in error.fields.values())
    if isinstance(error, BadRequest) and error.problems:
        return "；".join(str(p) for p in error.problems)
    return gettext(error.message, **error.values)
