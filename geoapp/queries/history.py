"""The ledger of one feature."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from geoapp.orm import Change, LayerRevision


def of_feature(layer_id: str, feature_id: int, limit: int = 500) -> Select[Any]:
    """Changes of one feature, newest first; ``moved`` tells whether the outline changed."""
    return (
        select(
            Change.version, Change.kind, Change.by, Change.at, Change.effective_on, Change.note, Change.status,
            Change.properties, Change.operation_id, (Change.geom_version == Change.version).label("moved"),
        )
        .where(Change.layer == layer_id, Change.feature_id == feature_id)
        .order_by(Change.version.desc())
        .limit(limit)
    )  # fmt: skip


def revisions() -> Select[str, int, int]:
    """(layer, revision, n) of every layer."""
    return select(LayerRevision.layer, LayerRevision.revision, LayerRevision.n)
