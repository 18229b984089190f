"""What moved between two moments, out of the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from geoapp.layer import Layer
from geoapp.orm import Change


def steps(layer: Layer, since: datetime, until: datetime) -> Select[Any]:
    """(from status, to status, features): the status at both moments of every feature that changed between them."""
    before = (
        select(Change.status)
        .where(Change.layer == layer.id, Change.at <= since)
        .order_by(Change.version.desc())
        .limit(1)
    )
    touched = (
        select(Change.feature_id, func.max(Change.version).label("version"))
        .where(Change.layer == layer.id, Change.at > since, Change.at <= until)
        .group_by(Change.feature_id)
        .subquery()
    )
    last = (
        select(Change.feature_id, Change.status, Change.kind)
        .join(touched, (Change.feature_id == touched.c.feature_id) & (Change.version == touched.c.version))
        .where(Change.layer == layer.id)
        .subquery()
    )
    found = before.where(Change.feature_id == last.c.feature_id).correlate(last).scalar_subquery()
    moved = select(
        found.label("was"), last.c.status.label("now"), last.c.kind.label("kind"), last.c.feature_id.label("id")
    ).subquery()
    return (
        select(moved.c.was, moved.c.now, moved.c.kind, func.count().label("n"), func.array_agg(moved.c.id).label("ids"))
        .group_by(moved.c.was, moved.c.now, moved.c.kind)
        .order_by(func.count().desc())
    )
