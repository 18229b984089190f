"""The table of a layer: filters, order, pages, totals; the same address as HTML and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from geoapp.db import session
from geoapp.layer import Layer, Reference, Rollup
from geoapp.queries import history
from geoapp.queries.reader import Right
from geoapp.services import progress, tables
from geoapp.services.progress import Share
from geoapp.services.tables import TablePage
from geoapp.services.totals import ClassTotals, class_totals
from geoapp.web import context
from geoapp.web.access import access, current_reader
from geoapp.web.i18n import gettext
from geoapp.web.pages import links
from geoapp.web.pages.state import State, read

MANY = 300
"""A reference with more choices than this is typed instead of picked."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter of the form: a list to pick from, or a text to type when ``options`` is empty."""

    name: str
    given: str
    options: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ProgressColumn:
    """How far each row's children of one layer have come, by the row's key."""

    rollup: Rollup
    child: Layer
    shares: Mapping[str, Share]
    none: Share


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of rows with its totals."""

    state: State
    page: TablePage
    totals: ClassTotals
    revision: int


def revisions() -> dict[str, Any]:
    """Every layer's counter, read in the session of the page so that a writer sees what he wrote."""
    return {row.layer: row for row in session().execute(history.revisions())}


@access(Right.VIEW)
def table(layer_id: str) -> ResponseReturnValue:
    """The rows of a layer under the address's filters."""
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return table_json(layer_id)
    layer = context.layers()[layer_id]
    counters = revisions()
    shown = _shown(layer, counters)
    reader = current_reader()
    html = render_template(
        "table.html",
        title=gettext(layer.title),
        layer=layer,
        state=shown.state,
        page=shown.page,
        totals=shown.totals,
        legend=class_totals(session(), layer, shown.state.without_classes, reader, shown.revision),
        sortable=tables.sortable(layer, reader, counters[layer.id].n),
        choices=[_choice(layer, name, shown.state) for name in _chosen_by_form(layer, reader)],
        columns=_progress_columns(layer, counters),
        empty=counters[layer.id].n == 0,
        export_url=links.absolute("/export", {"layer": layer.id, **shown.state.filters}),
    )
    return vary(Response(html))


@access(Right.VIEW)
def table_json(layer_id: str) -> Response:
    """The same rows as JSON, under the same filters and masks."""
    layer = context.layers()[layer_id]
    shown = _shown(layer, revisions())
    state, totals = shown.state, shown.totals
    return vary(
        jsonify(
            layer=layer.id,
            revision=shown.revision,
            total={"n": totals.total.n, "weight": f"{totals.total.weight:.2f}"},
            uncounted={"n": totals.uncounted.n, "weight": f"{totals.uncounted.weight:.2f}"},
            rows=[_json_row(layer, row) for row in shown.page.rows],
            previous=state.place("before", shown.page.previous) or None,
            next=state.place("after", shown.page.following) or None,
        )
    )


@access(Right.VIEW)
def table_geojson(layer_id: str) -> ResponseReturnValue:
    """The same filter as a GeoJSON download."""
    query = request.query_string.decode("ascii", "replace")
    return redirect(links.absolute(f"/export/{layer_id}.geojson") + (f"?{query}" if query else ""))


def vary(response: Response) -> Response:
    """One address, several answers: no cache may give one for the other."""
    response.headers["Vary"] = "X-Fragment, Accept, Cookie"
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _shown(layer: Layer, counters: Mapping[str, Any]) -> Shown:
    reader, layers = current_reader(), context.layers()
    state = read(layer, layers, reader, session(), counters[layer.id].n)
    revision = counters[layer.id].revision
    page = tables.page(session(), layer, layers, state.where, reader, state.window)
    return Shown(state, page, class_totals(session(), layer, state.where, reader, revision), revision)


def _chosen_by_form(layer: Layer, reader: Any) -> list[str]:
    """Filter columns of the form: not those the legend chooses, nor names the reader may not see."""
    wanted = ["status"] if layer.legend_by != "status" else []
    wanted += [r.column for r in layer.references if r.column not in layer.filters]
    wanted += [
        name for name in layer.filters if name != layer.legend_by and (reader.personal or name not in layer.personal)
    ]
    return wanted


def _choice(layer: Layer, name: str, state: State) -> Choice:
    given = ",".join("none" if v is None else str(v) for v in dict(state.where.equals).get(name, ()))
    if name == "status":
        return Choice(name, ",".join(state.single_statuses), [(s.code, gettext(s.label)) for s in layer.statuses])
    if name in layer.reference_by_column:
        return Choice(name, given, _parents(layer.reference_by_column[name], bool(layer.table.c[name].nullable)))
    labels = layer.table.c[name].info.get("choices", {})
    return Choice(name, given, [(code, gettext(label)) for code, label in labels.items()])


def _parents(reference: Reference, nullable: bool) -> list[tuple[str, str]]:
    parent = context.layers()[reference.layer]
    t = parent.table.c
    rows = session().execute(select(t[parent.key], t[reference.label]).order_by(t[parent.key]).limit(MANY + 1)).all()
    if len(rows) > MANY:
        return []
    return [(key, label) for key, label in rows] + ([("none", gettext("未填"))] if nullable else [])


def _progress_columns(layer: Layer, counters: Mapping[str, Any]) -> list[ProgressColumn]:
    found = []
    for rollup in layer.rollups:
        child = context.layers()[rollup.child]
        shares = progress.everywhere(session(), child, rollup, current_reader(), counters[child.id].revision)
        found.append(ProgressColumn(rollup, child, shares, progress.empty(rollup)))
    return found


def _json_row(layer: Layer, row: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in row.items() if name != "order_value"}
    found["status_label"] = gettext(layer.status_by_code[row["status"]].label)
    found["url"] = links.of_card(layer, row[layer.key])
    return found
