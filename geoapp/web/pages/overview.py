"""The first page: headline figures, progress of the parents, distribution of statuses, what was lately done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import render_template

from geoapp.db import session
from geoapp.layer import Figure, Layer, Rollup
from geoapp.queries.filtering import EVERYTHING
from geoapp.queries.reader import Right
from geoapp.services import chronicle, document, progress, sources
from geoapp.services.progress import ParentProgress
from geoapp.services.totals import ClassTotals, Total, class_totals
from geoapp.web import context
from geoapp.web.access import access, current_reader
from geoapp.web.i18n import gettext
from geoapp.web.pages.table import revisions


@dataclass(frozen=True, slots=True)
class Headline:
    """One figure and the layer whose list stands behind it."""

    layer: Layer
    figure: Figure
    total: Total


@dataclass(frozen=True, slots=True)
class Strip:
    """Parents with a planned weight, the least advanced first."""

    parent: Layer
    rollup: Rollup
    child: Layer
    items: list[ParentProgress]


@access(Right.VIEW)
def overview() -> str:
    """The town at a glance; every number leads to the rows behind it."""
    counters = revisions()
    layers = context.layers()
    return render_template(
        "overview.html",
        title=gettext("总览"),
        headlines=[_headline(x, figure, counters) for x in layers.values() for figure in x.figures],
        strips=[_strip(x, rollup, counters) for x in layers.values() for rollup in x.rollups if rollup.target],
        spreads=[(x, _totals(x, counters)) for x in layers.values() if x.weight],
        deeds=chronicle.recent(session(), layers),
        facts=document.facts(),
        document=document.title(),
        sources=sources.declared(),
        empty=not any(counters[x].n for x in layers),
    )


def _totals(layer: Layer, counters: Mapping[str, Any], weight: str = "") -> ClassTotals:
    return class_totals(session(), layer, EVERYTHING, current_reader(), counters[layer.id].revision, weight)


def _headline(layer: Layer, figure: Figure, counters: Mapping[str, Any]) -> Headline:
    return Headline(layer, figure, _totals(layer, counters, figure.weight).of(figure.classes))


def _strip(parent: Layer, rollup: Rollup, counters: Mapping[str, Any]) -> Strip:
    child = context.layers()[rollup.child]
    shares = progress.everywhere(session(), child, rollup, current_reader(), counters[child.id].revision)
    return Strip(parent, rollup, child, progress.parents(session(), parent, rollup, shares))
