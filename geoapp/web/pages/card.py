"""One feature's page: the card, its history and, for a parent, the progress of the work under it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from geoapp.db import session
from geoapp.layer import Layer, Rollup
from geoapp.queries.filtering import Filter
from geoapp.queries.paging import Window
from geoapp.queries.reader import Right
from geoapp.services import attachments, cards, chronicle, deadlines, family, overlays, pace, progress, tables
from geoapp.services import steps as workflow_steps
from geoapp.services.chronicle import Entry
from geoapp.services.pace import Course
from geoapp.services.progress import Group, Share
from geoapp.services.tables import TablePage
from geoapp.services.totals import ClassTotals
from geoapp.services.write import TOWN_TIME
from geoapp.web import asof, context
from geoapp.web.access import access, current_reader
from geoapp.web.pages.table import revisions, vary

BLOCKERS = 10
"""Rows of the list of what stands in the way."""


@dataclass(frozen=True, slots=True)
class Work:
    """The children of one layer under this feature."""

    rollup: Rollup
    child: Layer
    totals: ClassTotals
    share: Share
    query: Mapping[str, str]
    breakdowns: Mapping[str, list[Group]]
    blocking: tuple[str, ...]
    blockers: TablePage
    course: Course | None = None
    """Progress week by week; None in the panel and where nothing counts as done."""


@access(Right.VIEW)
def card(layer_id: str, key: str) -> ResponseReturnValue:
    """The card as a page, as the map's panel, or as JSON."""
    layer, layers, reader = context.layers()[layer_id], context.layers(), current_reader()
    row = cards.find(session(), layer, layers, reader, key)
    _record(layer, row)
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return vary(jsonify(dict(row.items())))
    panel = request.headers.get("X-Fragment") == "panel"
    entries = chronicle.of_feature(session(), layer, row["id"], reader)
    html = render_template(
        "partials/card.html" if panel else "card.html",
        panel=panel,
        title=str(row[layer.label_column]),
        layer=layer,
        row=row,
        bbox=cards.bbox_text(row["bbox"]),
        groups=cards.groups(layer, whole=not panel),
        steps=cards.steps(layer, row["status"], chronicle.reached(entries)),
        deadlines=deadlines.of_row(layer, row),
        family=family.of_feature(session(), layer, row["id"]),
        open_steps=workflow_steps.open_steps(session(), layer, layers, row) if reader.may(Right.EDIT) else None,
        entries=entries,
        names=_names(layer, entries),
        files=attachments.of_feature(session(), layer, row["id"], reader, asof.past()),
        remarks=[] if panel or not reader.personal else attachments.remarks(session(), layer, row["id"], asof.past()),
        may_add=attachments.may_add(reader, asof.past()),
        phases=attachments.PHASES,
        overlay=None if panel else overlays.of_feature(session(), layers, layer, row["id"]),
        outline=None if panel else cards.drawing(session(), layer, row["id"]),
        works=_works(layer, row[layer.key], brief=panel),
        target=_target,
    )
    return vary(Response(html))


def _works(layer: Layer, key: str, *, brief: bool) -> list[Work]:
    counters = revisions() if layer.rollups else {}
    return [_work(rollup, key, counters[rollup.child].revision, brief=brief) for rollup in layer.rollups]


def _work(rollup: Rollup, key: str, revision: int, *, brief: bool) -> Work:
    layers, reader = context.layers(), current_reader()
    child = layers[rollup.child]
    totals = progress.of_parent(session(), child, rollup, key, reader, revision)
    others = [] if brief else [r.column for r in child.references if r.column != rollup.by]
    breakdowns = {by: progress.breakdown(session(), layers, rollup, by, key, reader, revision) for by in others}
    blocking = progress.blocking(child, rollup)
    share = progress.share_of(rollup, totals.by_class)
    there = not brief and any(totals.by_class[k].n for k in blocking)
    blockers = _blockers(child, rollup, key, blocking) if there else TablePage((), None, None)
    course = None
    if rollup.done and not brief:
        moment = asof.past().moment.astimezone(TOWN_TIME) if asof.past() else datetime.now(TOWN_TIME)  # type: ignore[union-attr]
        course = pace.courses(session(), child, rollup, revision, moment.date()).get(key)
    return Work(rollup, child, totals, share, {rollup.by: key}, breakdowns, blocking, blockers, course)


def _blockers(child: Layer, rollup: Rollup, key: str, blocking: tuple[str, ...]) -> TablePage:
    codes = tuple(code for k in blocking for code in child.legend_codes[k])
    equals = progress.under(rollup, key).equals
    if child.legend_by == "status":
        where = Filter(tuple(c for c in codes if c not in child.uncounted), equals)
    else:
        where = Filter(equals=(*equals, (child.legend_by, codes)))
    view = Window(child.status_date or child.key, limit=BLOCKERS)
    return tables.page(session(), child, context.layers(), where, current_reader(), view)


def _target(layer: Layer, row: Mapping[str, Any], rollup: Rollup) -> Any:
    return row[rollup.target] if rollup.target else None


def _names(layer: Layer, entries: list[Entry]) -> dict[str, dict[str, str]]:
    """Readable names of the references that the history mentions."""
    found: dict[str, dict[str, str]] = {}
    for column, reference in layer.reference_by_column.items():
        codes = {v for e in entries for d in e.differences if d.column == column for v in (d.old, d.new) if v}
        if codes:
            parent = context.layers()[reference.layer]
            t = parent.table.c
            query = select(t[parent.key], t[reference.label]).where(t[parent.key].in_(codes))
            found[column] = {code: label for code, label in session().execute(query)}  # noqa: C416 — rows are no pairs to dict()
    return found


def _record(layer: Layer, row: Mapping[str, Any]) -> None:
    """Who read a person's name unmasked is written down."""
    if current_reader().personal and any(row[name] for name in layer.personal):
        from geoapp.services import access_log

        access_log.record(session(), current_reader(), "card", f"{layer.id}/{row[layer.key]}", 1, True)
        session().commit()
