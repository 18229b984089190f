"""Reports of a day, week, month or quarter: live, handed in, and a handed-in one against what is known now."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from geoapp.db import session
from geoapp.errors import BadRequest, Conflict
from geoapp.layer import Layer
from geoapp.queries.reader import Right
from geoapp.services import report_files, reports
from geoapp.services.reports import Found, Period, Place
from geoapp.services.write import TOWN_TIME
from geoapp.web import context
from geoapp.web.access import access, current_reader
from geoapp.web.i18n import gettext
from geoapp.web.pages import links, shown

bp = Blueprint("reports", __name__)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("/reports")
@access(Right.VIEW)
def page() -> ResponseReturnValue:
    """The figures of a period; ``layer``, ``kind``, ``day`` and ``level`` choose it, ``f=json`` gives data."""
    layer, level, over = _asked()
    try:
        found, problem = reports.reckon(session(), layer, level, over), ""
    except Conflict as error:
        found, problem = None, gettext(error.message, **error.values)
    if request.args.get("f") == "json":
        if found is None:
            raise Conflict(problem)
        return jsonify(reports.body(found))
    return _page(layer, level, over, found, problem=problem), 200 if found else 409


@bp.get("/reports.xlsx")
@access(Right.VIEW)
def workbook() -> Response:
    """The same figures as a workbook."""
    layer, level, over = _asked()
    found = reports.reckon(session(), layer, level, over)
    named = _named(found)
    unit = layer.table.c[layer.weight].info.get("unit", "") if layer.weight else ""
    heads = [layer.column_title(c) for c in level]
    body = report_files.workbook(
        found, heads, {p: [named(c, v) for c, v in zip(level, p, strict=True)] for p in found.places}, unit
    )
    answer = Response(body, mimetype=XLSX)
    answer.headers["Content-Disposition"] = f'attachment; filename="report-{over.first:%Y%m%d}-{over.last:%Y%m%d}.xlsx"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@bp.post("/reports")
@access(Right.EDIT)
def hand_in() -> ResponseReturnValue:
    """Freeze the report of a period that is over."""
    layer, level, over = _asked(request.form)
    try:
        made = reports.freeze(session(), reports.reckon(session(), layer, level, over), current_reader().name)
    except Conflict as error:
        session().rollback()
        found = reports.reckon(session(), layer, level, over)
        return _page(layer, level, over, found, problem=gettext(error.message, **error.values)), 409
    session().commit()
    return redirect(f"/reports/{made.id}", 303)


@bp.get("/reports/<int:report_id>")
@access(Right.VIEW)
def handed_in(report_id: int) -> str:
    """A handed-in report as it was, whether it can be reckoned again to the same bytes, and what is known otherwise now."""
    report = reports.find(session(), report_id)
    layer = context.layers().get_or_404(report.layer)
    found = reports.thawed(report, layer)
    return _page(
        layer, found.level, found.period, found, report=report, again=reports.same_again(session(), report, layer),
        later=reports.corrected_since(session(), report, layer),
    )  # fmt: skip


def _asked(given: Any = None) -> tuple[Layer, tuple[str, ...], Period]:
    args = request.args if given is None else given
    layers = context.layers()
    reporting = [x for x in layers.values() if x.report_levels]
    first = next((x for x in reporting if x.levels), reporting[0])
    layer = layers.get_or_404(args.get("layer") or first.id)
    levels = {"+".join(level): level for level in layer.report_levels}
    if not levels:
        raise BadRequest("{title}没有可汇总的单位", title=layer.title)
    kind = args.get("kind") or "week"
    if kind not in reports.KINDS:
        raise BadRequest("kind 应为：{known}", known="、".join(reports.KINDS))
    usual = next(iter(levels)) if kind == "day" else list(levels)[min(1, len(levels) - 1)]
    wanted = args.get("level") or usual
    if wanted not in levels:
        raise BadRequest("level 应为：{known}", known="、".join(levels))
    text = args.get("day") or datetime.now(TOWN_TIME).date().isoformat()
    try:
        day = date.fromisoformat(text)
        if not 1990 < day.year < 2200:
            raise ValueError
    except ValueError:
        raise BadRequest("应为日期，如 2026-06-30") from None
    return layer, levels[wanted], reports.period(kind, day)


def _page(layer: Layer, level: tuple[str, ...], over: Period, found: Found | None, **more: Any) -> str:
    layers = context.layers()
    return render_template(
        "reports.html", title=gettext("报表"), layer=layer, level=level, over=over, found=found,
        reporting=[x for x in layers.values() if x.report_levels], levels=layer.report_levels, kinds=reports.KINDS,
        named=_named(found) if found else None, link=_link, frozen=reports.handed_in(session(), layer, 12),
        unit=shown.unit(layer, layer.weight), level_words=_level_words, now=datetime.now(TOWN_TIME).date(),
        **{"report": None, "again": None, "later": (), "problem": "", **more},
    )  # fmt: skip


def _level_words(layer: Layer, level: tuple[str, ...]) -> str:
    return " · ".join(gettext(layer.column_title(c)) for c in level)


def _named(found: Found) -> Any:
    names = reports.names(session(), context.layers(), found.layer, found.level)

    def readable(column: str, value: str | None) -> str:
        return names.get(column, {}).get(value or "", value or "—")

    return readable


def _link(layer: Layer, level: tuple[str, ...], place: Place | None, look: str, day: date) -> str:
    """The rows behind a figure: the list as it was at the end of a day."""
    query = {c: v for c, v in zip(level, place or (), strict=False) if v is not None}
    return links.absolute(
        f"/{layer.path}", {**query, "status": look, "asof": day.isoformat() if day < _today() else ""}
    )


def _today() -> date:
    return datetime.now(TOWN_TIME).date()
