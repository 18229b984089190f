"""What was done in the town: every operation, what it changed, and its undoing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from geoapp.db import session
from geoapp.errors import Conflict, NotFound
from geoapp.orm import Change, Operation
from geoapp.queries.reader import Right
from geoapp.services import chronicle, undo
from geoapp.web import context
from geoapp.web.access import access, current_reader
from geoapp.web.editing import wants_json
from geoapp.web.i18n import gettext

bp = Blueprint("ops", __name__)
PAGE = 50
ROWS = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list: the operation, how many features, the undoing one."""

    operation: Operation
    n: int
    undone_by: int | None


@bp.get("/ops")
@access(Right.VIEW)
def operations() -> str:
    """Operations, newest first, paged by id; ``by=`` keeps one person's, ``me`` one's own."""
    before = request.args.get("before", "")
    wanted = select(Operation).order_by(Operation.id.desc()).limit(PAGE + 1)
    if before.isdigit() and len(before) < 18:
        wanted = wanted.where(Operation.id < int(before))
    by = request.args.get("by", "").replace("\x00", "")
    by = current_reader().name if by == "me" else by
    if by:
        wanted = wanted.where(Operation.by == by)
    found = [o for o in session().execute(wanted).scalars() if o.layer in context.layers()]
    rows = _rows(found[:PAGE])
    more = found[PAGE - 1].id if len(found) > PAGE else None
    return render_template(
        "ops.html", title=gettext("操作记录"), rows=rows, more=more, by=by, mine=by == current_reader().name
    )


@bp.get("/ops/<int:operation_id>")
@access(Right.VIEW)
def operation(operation_id: int) -> ResponseReturnValue:
    """What one operation changed, feature by feature, before and after."""
    found = _one(operation_id)
    layer = context.layers()[found.layer]
    changes = _changes(found.id)
    entries = chronicle.of_operation(session(), layer, changes, current_reader())
    return render_template(
        "op.html", title=gettext("操作 {id}", id=found.id), row=_rows([found])[0], layer=layer, entries=entries, shown=ROWS,
        may_undo=current_reader().may(Right.EDIT) and (found.by == current_reader().name or current_reader().may(Right.ADMIN)),
        touched=(),
    )  # fmt: skip


@bp.post("/ops/<int:operation_id>/undo")
@access(Right.EDIT)
def undo_operation(operation_id: int) -> ResponseReturnValue:
    """Undo it; with ``only=untouched`` the features that nobody changed since."""
    found = _one(operation_id)
    only = (request.form.get("only") or request.args.get("only")) == "untouched"
    try:
        written = undo.undo(session(), context.layers(), found.id, current_reader(), untouched_only=only)
    except Conflict as error:
        if wants_json() or "touched" not in error.extra:
            raise
        session().rollback()
        page = render_template(
            "op.html", title=gettext("操作 {id}", id=found.id), row=_rows([found])[0], layer=context.layers()[found.layer],
            entries=[], shown=ROWS, may_undo=True, touched=error.extra["touched"],
        )  # fmt: skip
        return page, 409
    session().commit()
    if wants_json():
        return jsonify(
            operation=written.operation_id, n=len(written.ids), ids=written.ids[:ROWS], layer=found.layer,
            undo=f"/ops/{written.operation_id}/undo",
        )  # fmt: skip
    return redirect(f"/ops/{written.operation_id}", 303)


def _one(operation_id: int) -> Operation:
    found = session().get(Operation, operation_id) if operation_id < 1 << 62 else None
    if found is None or found.layer not in context.layers():
        raise NotFound("没有操作 {id}", id=operation_id)
    return found


def _rows(found: Sequence[Operation]) -> list[Row]:
    ids = [o.id for o in found]
    each = select(Change.operation_id, func.count()).where(Change.operation_id.in_(ids)).group_by(Change.operation_id)
    counted = {row[0]: row[1] for row in session().execute(each)}
    undone = undo.undone_by(session(), ids)
    return [Row(o, counted.get(o.id, 0), undone.get(o.id)) for o in found]


def _changes(operation_id: int) -> list[Any]:
    wanted = select(Change).where(Change.operation_id == operation_id).order_by(Change.feature_id).limit(ROWS)
    return list(session().execute(wanted).scalars())
