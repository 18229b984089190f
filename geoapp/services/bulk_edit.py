"""What a bulk request names: ids, keys or a filter; and its plan told in JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from geoapp.errors import BadRequest
from geoapp.layer import Layer
from geoapp.queries.filtering import Filter, conditions
from geoapp.queries.reader import Reader
from geoapp.services.editing import BulkPlan

MOST = 20_000


def ids_of(
    session: Session,
    layer: Layer,
    layers: Mapping[str, Layer],
    reader: Reader,
    body: Mapping[str, Any],
    where: Filter | None = None,
) -> list[int]:
    """The features a request means; raises BadRequest for none or too many."""
    given = body.get("ids")
    if given is not None:
        if not isinstance(given, list) or not all(type(i) is int and 0 <= i < 1 << 62 for i in given):
            raise BadRequest("ids 应为整数列表")
        found = list(dict.fromkeys(given))
    else:
        found = _filtered(session, layer, reader, body.get("filter"), where)
    if not found:
        raise BadRequest("没有选中任何记录")
    if len(found) > MOST:
        raise BadRequest("一次最多修改 {n} 条，请分批", n=MOST)
    return found


def _filtered(session: Session, layer: Layer, reader: Reader, given: Any, where: Filter | None) -> list[int]:
    """``filter`` maps columns to a value or a list of values, statuses by code."""
    t = layer.table.c
    if where is not None:
        wanted = select(t.id).where(conditions(layer, where, reader))
    else:
        if not isinstance(given, dict) or not given:
            raise BadRequest("请给出 ids 或 filter")
        unknown = [
            n for n in given if n not in (*layer.filters, "status") or (n in layer.personal and not reader.personal)
        ]
        if unknown:
            raise BadRequest("filter 不能用 {name}", name=str(unknown[0])[:40])
        listed = {n: v if isinstance(v, list) else [v] for n, v in given.items()}
        wanted = select(t.id).where(*(t[n].in_(v) for n, v in listed.items()))
    return list(session.execute(wanted.order_by(t.id).limit(MOST + 1)).scalars())


def told(plan: BulkPlan, words: Callable[..., str]) -> dict[str, Any]:
    """The plan for the caller, reasons in the reader's language."""
    return {
        "can": len(plan.ids),
        "weight": f"{plan.weight:.2f}",
        "cannot": [
            {"id": r.id, "key": r.key, "why": words(getattr(r.why, "text", r.why), **getattr(r.why, "values", {}))}
            for r in plan.refused
        ],
    }
