"""My queue: what is late, due soon and disputed among the features I work on; one press to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template
from sqlalchemy import or_, select

from geoapp.db import session
from geoapp.layer import Layer
from geoapp.queries.items import shown_columns
from geoapp.queries.reader import Right
from geoapp.services import deadlines, scopes
from geoapp.services.deadlines import Deadline
from geoapp.web import context
from geoapp.web.access import access, current_reader
from geoapp.web.i18n import gettext

bp = Blueprint("queue", __name__)
SHOWN = 60


@dataclass(frozen=True, slots=True)
class Task:
    """A feature that waits for somebody, and its nearest deadline."""

    layer: Layer
    row: Mapping[str, Any]
    deadline: Deadline | None


@dataclass(frozen=True, slots=True)
class Pile:
    """One part of the queue with its whole number."""

    id: str
    title: str
    tasks: list[Task]

    @property
    def first(self) -> list[Task]:
        return self.tasks[:SHOWN]


@bp.get("/queue")
@access(Right.EDIT)
def queue() -> str:
    """Late, due within a week, disputed, running."""
    tasks = [task for layer in context.layers().values() if layer.workflow.clocks for task in _tasks(layer)]
    late = [t for t in tasks if t.deadline and t.deadline.late]
    soon = [t for t in tasks if t.deadline and t.deadline.soon]
    disputed = [t for t in tasks if t.row["status"] in t.layer.workflow.disputed]
    running = [t for t in tasks if t.deadline and not t.deadline.late and not t.deadline.soon]
    piles = [
        Pile("late", gettext("逾期"), late),
        Pile("soon", gettext("七天内到期"), soon),
        Pile("disputed", gettext("有争议"), disputed),
        Pile("running", gettext("办理中"), running),
    ]
    scope = scopes.of_reader(session(), current_reader())
    return render_template("queue.html", title=gettext("我的队列"), piles=piles, today=deadlines.today(), scope=scope)


def _tasks(layer: Layer) -> list[Task]:
    """Features of a layer with a running clock or a dispute, the most urgent first."""
    t, reader = layer.table.c, current_reader()
    clocks = layer.workflow.clocks
    within = sorted({code for clock in clocks for code in clock.within} | layer.workflow.disputed)
    columns = [*{c for clock in clocks for c in (clock.since, clock.column) if c}, *layer.list_columns]
    query = select(*shown_columns(layer, context.layers(), columns, reader)).where(t.status.in_(within))
    scope = scopes.of_reader(session(), reader)
    if scope:
        own = {r.column for r in layer.references} & set(scope)
        query = query.where(or_(False, *(t[c].in_(scope[c]) for c in sorted(own))))
    found = []
    for row in session().execute(query.order_by(t[layer.key])).mappings():
        running = deadlines.of_row(layer, dict(row))
        found.append(Task(layer, dict(row), running[0] if running else None))
    return sorted(
        found,
        key=lambda task: (task.deadline is None, task.deadline.due if task.deadline else None or deadlines.today()),
    )
