"""The workflow asked about real rows: which steps are open, and which are refused and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from geoapp.layer import Layer
from geoapp.workflow import Hold, Machine, Standing, StepProblem


@dataclass(frozen=True, slots=True)
class Step:
    """A status one could go to from here; ``problem`` when it is refused now."""

    code: str
    problem: StepProblem | None


def machine(layer: Layer) -> Machine:
    """The layer's graph."""
    titles = {name: layer.column_title(name) for name in layer.columns_by_name}
    following = {s.code: s.next for s in layer.statuses}
    return Machine(following, {s.code: s.label for s in layer.statuses}, layer.workflow, titles)


def refused_steps(
    session: Session,
    layer: Layer,
    layers: Mapping[str, Layer],
    rows: Sequence[Mapping[str, Any]],
    changes: Mapping[int, Mapping[str, Any]],
    note: str,
) -> dict[int, StepProblem]:
    """Refused status changes by id. ``rows`` hold the present values, ``changes`` the new ones; one query a reference."""
    wanted = [row for row in rows if "status" in changes.get(row["id"], {})]
    if not wanted:
        return {}
    graph = machine(layer)
    after = {row["id"]: {**row, **{k: v for k, v in changes[row["id"]].items() if k != "status"}} for row in wanted}
    stands = parents_of(session, layer, layers, list(after.values()))
    held = held_by(session, layer, layers, list(after.values()))
    found = {}
    for row in wanted:
        values = after[row["id"]]
        parents = {c: stands[c].get(values.get(c)) for c in stands}
        problem = graph.refused(
            {**values, "status": row["status"]},
            changes[row["id"]]["status"],
            note,
            parents,
            held.get(row[layer.key], ()),
        )
        if problem:
            found[row["id"]] = problem
    return found


def open_steps(session: Session, layer: Layer, layers: Mapping[str, Layer], row: Mapping[str, Any]) -> list[Step]:
    """The declared next statuses of a feature, each with what stands in its way."""
    graph = machine(layer)
    stands = parents_of(session, layer, layers, [row])
    parents = {c: stands[c].get(row.get(c)) for c in stands}
    held = held_by(session, layer, layers, [row]).get(row[layer.key], ())
    return [Step(code, graph.refused(row, code, "-", parents, held)) for code in graph.following.get(row["status"], ())]


def held_by(
    session: Session, layer: Layer, layers: Mapping[str, Layer], rows: Sequence[Mapping[str, Any]]
) -> dict[Any, list[Hold]]:
    """The declared holds that stand for each of some features, by key: one query a hold."""
    found: dict[Any, list[Hold]] = {}
    keys = {row[layer.key] for row in rows}
    for hold in layer.workflow.holds:
        t = layers[hold.layer].table.c
        wanted = select(t[hold.by]).where(t[hold.by].in_(keys), t.status.in_(hold.within)).distinct()
        for key in session.execute(wanted).scalars():
            found.setdefault(key, []).append(hold)
    return found


def parents_of(
    session: Session, layer: Layer, layers: Mapping[str, Layer], rows: Sequence[Mapping[str, Any]]
) -> dict[str, dict[Any, str]]:
    """Status of the referenced features, by reference column and key, for the columns that guards look at."""
    found: dict[str, dict[Any, str]] = {}
    for column in {guard.column for guard in layer.workflow.guards}:
        asked = sorted({g.where.column for g in layer.workflow.guards if g.column == column and g.where})
        parent = layers[layer.reference_by_column[column].layer]
        keys = {row.get(column) for row in rows} - {None}
        t = parent.table.c
        standing = session.execute(
            select(t[parent.key], t.status, *(t[n] for n in asked)).where(t[parent.key].in_(keys))
        )
        found[column] = {row[0]: Standing(row[1], dict(zip(asked, row[2:], strict=True))) for row in standing}
    return found
