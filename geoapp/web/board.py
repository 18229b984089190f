"""The big screen: the town, the slowest project and what is new, one after the other, without a click and without a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template
from sqlalchemy import func, select

from geoapp.db import session
from geoapp.layer import Layer, Rollup
from geoapp.queries.filtering import EVERYTHING
from geoapp.queries.reader import NOBODY, Right
from geoapp.services import chronicle, deadlines, pace, progress
from geoapp.services.pace import Course
from geoapp.services.progress import ParentProgress
from geoapp.services.totals import ClassTotals, class_totals
from geoapp.services.write import TOWN_TIME
from geoapp.web import context
from geoapp.web.access import access
from geoapp.web.i18n import gettext
from geoapp.web.pages.table import revisions

bp = Blueprint("board", __name__)
SHOWN = 16


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of parents with their progress and courses."""

    parent: Layer
    rollup: Rollup
    child: Layer
    items: list[ParentProgress]
    courses: Mapping[str | None, Course]
    due: Mapping[str, Any]
    box: Mapping[str, str]

    @property
    def worst(self) -> ParentProgress | None:
        """The slowest that has begun and is not done."""
        return next((p for p in self.items if p.share.ratio is not None and p.share.ratio < 1), None)


@bp.get("/board")
@access(Right.VIEW)
def board() -> str:
    """Everything the screen shows; the script only turns the scenes and fetches them anew."""
    layers, counters = context.layers(), revisions()
    works = [_work(x, rollup, counters) for x in layers.values() for rollup in x.rollups if rollup.target]
    totals = {x.id: _totals(x, counters) for x in layers.values()}
    now = datetime.now(TOWN_TIME)
    return render_template(
        "board.html", title=gettext("大屏"), works=works[:1], now=now,
        headlines=[(x, f, _totals(x, counters, f.weight).of(f.classes)) for x in layers.values() for f in x.figures],
        spreads=[(x, totals[x.id]) for x in layers.values() if x.weight and x.style.kind == "area"],
        deeds=chronicle.recent(session(), layers, 7), parent_layers=[x.id for x in layers.values() if x.style.kind in ("area", "outline", "boundary") and x.style.visible],
    )  # fmt: skip


def _totals(layer: Layer, counters: Mapping[str, Any], weight: str = "") -> ClassTotals:
    return class_totals(session(), layer, EVERYTHING, NOBODY, counters[layer.id].revision, weight)


def _work(parent: Layer, rollup: Rollup, counters: Mapping[str, Any]) -> Work:
    child = context.layers()[rollup.child]
    revision = counters[child.id].revision
    shares = progress.everywhere(session(), child, rollup, NOBODY, revision)
    items = progress.parents(session(), parent, rollup, shares)[:SHOWN]
    courses = pace.courses(session(), child, rollup, revision, datetime.now(TOWN_TIME).date())
    return Work(parent, rollup, child, items, courses, _due(parent), _boxes(parent))


def _due(parent: Layer) -> dict[str, Any]:
    """Parent key → days left of its nearest deadline."""
    columns = {c for clock in parent.workflow.clocks for c in (clock.since, clock.column) if c}
    t = parent.table.c
    rows = session().execute(select(t[parent.key], t.status, *(t[c] for c in sorted(columns)))).mappings()
    found = {}
    for row in rows:
        running = deadlines.of_row(parent, dict(row))
        if running:
            found[row[parent.key]] = running[0]
    return found


def _boxes(parent: Layer) -> dict[str, str]:
    """Parent key → bbox text with a margin, for the picture of its ground."""
    t = parent.table.c
    box = func.ST_Expand(t.geom, 0.001)
    rows = session().execute(
        select(t[parent.key], func.ST_XMin(box), func.ST_YMin(box), func.ST_XMax(box), func.ST_YMax(box))
    )
    return {row[0]: ",".join(f"{v:.6f}" for v in row[1:]) for row in rows}
