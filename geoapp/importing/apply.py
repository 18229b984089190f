"""Writes a plan: one operation, one transaction, all or nothing."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from geoapp.importing.plan import Changed, ImportPlan
from geoapp.layer import Layer
from geoapp.services import write
from geoapp.services.write import Deed, Edit


def apply(session: Session, layer: Layer, plan: ImportPlan, deed: Deed) -> int | None:
    """Write added and changed rows; returns the operation, None when there was nothing to write.

    Raises StaleFeature when somebody changed a row since the plan, InvalidEdit when the database refuses a value; the
    caller's transaction then holds nothing.
    """
    if not plan.added and not plan.changed:
        return None
    session.execute(text("SET LOCAL statement_timeout = 0"))
    written = write.begin(session, layer, deed)
    if plan.added:
        write.create(session, layer, plan.added, deed, written)
    if plan.changed:
        write.revise(session, layer, [_edit(row) for row in plan.changed], deed, written)
    return written.operation_id


def _edit(row: Changed) -> Edit:
    changes = {name: new for name, (_, new) in row.fields.items()}
    if row.outline is not None:
        changes["geom"] = row.outline
    return Edit(row.id, changes, row.version)
