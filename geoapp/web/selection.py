"""What people chose on the map: pasted numbers become ids, and the exact sum of a selection."""

from __future__ import annotations

import difflib
from typing import Any

from flask import Blueprint, Response, jsonify, request
from sqlalchemy import func, null, select

from geoapp import db
from geoapp.errors import BadRequest
from geoapp.layer import Layer
from geoapp.queries.reader import Right
from geoapp.web import context
from geoapp.web.access import access

bp = Blueprint("selection", __name__)
MOST = 20_000
NEAREST = 3
PREFIX = 3


@bp.post("/selection.json")
@access(Right.VIEW)
def selection() -> Response:
    """``{"layer", "ids": […]}`` or ``{"layer", "keys": […]}`` → ids, count, weight, box and what was not found."""
    asked = request.get_json(silent=True)
    if not isinstance(asked, dict):
        raise BadRequest("请求应为 JSON 对象")
    layer = context.layers().get_or_404(str(asked.get("layer", "")))
    ids, keys = asked.get("ids") or [], asked.get("keys") or []
    if not isinstance(ids, list) or not isinstance(keys, list) or len(ids) + len(keys) > MOST:
        raise BadRequest("一次最多选 {n} 个", n=MOST)
    if not all(isinstance(i, int) and not isinstance(i, bool) and abs(i) < 1 << 62 for i in ids):
        raise BadRequest("ids 应为整数")
    texts = list(dict.fromkeys(str(key).strip().replace("\x00", "")[:60] for key in keys))
    t = layer.table.c
    rows = db.session().execute(_found(layer).where(t[layer.key].in_(texts) if keys else t.id.in_(ids))).all()
    known = {row.key for row in rows}
    weight = sum(row.weight or 0 for row in rows)
    return jsonify(
        ids=[row.id for row in rows],
        n=len(rows),
        weight=f"{weight:.2f}",
        bbox=_box(rows) if keys else None,
        missing=[{"text": text, "nearest": _nearest(layer, text)} for text in texts if text not in known][:200],
    )


def _found(layer: Layer) -> Any:
    t = layer.table.c
    weight = t[layer.weight] if layer.weight else null()
    corners = (func.ST_XMin(t.geom), func.ST_YMin(t.geom), func.ST_XMax(t.geom), func.ST_YMax(t.geom))
    boxed = [c.label(name) for c, name in zip(corners, ("w", "s", "e", "n"), strict=True)]
    return select(t.id, t[layer.key].label("key"), weight.label("weight"), *boxed).order_by(t.id)


def _box(rows: Any) -> list[float] | None:
    if not rows:
        return None
    return [min(r.w for r in rows), min(r.s for r in rows), max(r.e for r in rows), max(r.n for r in rows)]


def _nearest(layer: Layer, text: str) -> list[str]:
    """Keys that look most like a mistyped one."""
    column = layer.table.c[layer.key]
    begun = select(column).where(column.startswith(text[:PREFIX], autoescape=True)).order_by(column).limit(MOST)
    return difflib.get_close_matches(text, list(db.session().execute(begun).scalars()), NEAREST, 0.6)
