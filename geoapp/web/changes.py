"""What moved between two days: by layer, from which status to which, with the features behind every figure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from geoapp.db import session
from geoapp.errors import BadRequest
from geoapp.layer import Layer
from geoapp.queries import changed
from geoapp.queries.reader import Right
from geoapp.web import asof, context
from geoapp.web.access import access
from geoapp.web.i18n import TOWN_TIME, gettext

bp = Blueprint("changes", __name__)
USUAL = timedelta(days=7)
LISTED = 400
"""Features that an address can carry."""


@dataclass(frozen=True, slots=True)
class Move:
    """Features of a layer that went from one status to another; ``was`` None for new ones, ``now`` None for removed ones."""

    was: str | None
    now: str | None
    n: int
    ids: list[int]


@bp.get("/changes")
@access(Right.VIEW)
def page() -> ResponseReturnValue:
    """``since`` and ``until`` are days of the town (their ends) or moments; a week up to now without them."""
    until = asof.moment(request.args["until"].strip()) if request.args.get("until", "").strip() else datetime.now(UTC)
    since = asof.moment(request.args["since"].strip()) if request.args.get("since", "").strip() else until - USUAL
    if since >= until:
        raise BadRequest("开始日期应早于结束日期")
    found = [(layer, moves(layer, since, until)) for layer in context.layers().values()]
    found = [(layer, listed) for layer, listed in found if listed]
    if request.args.get("f") == "json":
        return jsonify(
            since=since, until=until,
            layers={x.id: [{"from": m.was, "to": m.now, "n": m.n, "ids": m.ids} for m in listed] for x, listed in found},
        )  # fmt: skip
    return render_template(
        "changes.html", title=gettext("变化"), found=found, listed=LISTED, total=sum(m.n for _, listed in found for m in listed),
        since=since.astimezone(TOWN_TIME).date(), until=until.astimezone(TOWN_TIME).date(),
    )  # fmt: skip


def moves(layer: Layer, since: datetime, until: datetime) -> list[Move]:
    """The largest first."""
    rows: list[Any] = list(session().execute(changed.steps(layer, since, until)))
    return [
        Move(r.was, None if r.kind == "delete" else r.now, r.n, sorted(r.ids))
        for r in rows
        if r.was or r.kind != "delete"
    ]
