"""Loads the demonstration town: files through the users' own import path, then two years of dated work.

Dates are moved by whole weeks so that the last event lies in the last seven days; order, spacing and weekdays stay.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Date, select, text
from sqlalchemy.orm import Session

from geoapp.layer import Layer
from geoapp.registry import Layers
from geoapp.services import write
from geoapp.services.write import TOWN_TIME, Deed, Edit

Progress = Callable[[str, int, int], None]
LoadFile = Callable[[Session, Layer, Path, Deed, timedelta], int]
"""The import path, handed in by the caller: (session, layer, file, deed, shift of its dates) → features created."""


@dataclass(frozen=True, slots=True)
class Event:
    """One dated change of one feature."""

    layer: str
    key: str
    at: datetime
    effective_on: date
    status: str
    by: str
    note: str
    changes: tuple[tuple[str, Any], ...] = field(default=())

    @property
    def batch(self) -> tuple[Any, ...]:
        return self.layer, self.at, self.effective_on, self.by, self.note


def events(path: Path) -> list[Event]:
    """The history file in order of time."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Event(
                row["layer"],
                row["key"],
                datetime.fromisoformat(row["at"]),
                date.fromisoformat(row["effective_on"]),
                row["status"],
                row["by"],
                row["note"],
                tuple(sorted(json.loads(row["changes"] or "{}").items())),
            )
            for row in csv.DictReader(file)
        ]


def seeded(session: Session) -> bool:
    """Whether any layer holds a feature or ever did."""
    return bool(session.execute(text("SELECT EXISTS (SELECT 1 FROM change)")).scalar())


def seed(session: Session, layers: Layers, folder: Path, load: LoadFile, progress: Progress) -> int:
    """Load every layer's file and replay the history in one transaction; returns the number of features.

    ``session`` must be the owner's: it alone may date operations in the past.
    """
    history = events(folder / "history.csv")
    shift = _shift(history)
    begun = (history[0].at if history else datetime.now(TOWN_TIME)) + shift - timedelta(days=1)
    count = 0
    for layer in layers.in_write_order():
        path = folder / f"{layer.id}.geojson"
        if path.exists():
            deed = Deed("admin", "import", f"演示数据 {path.name}", effective_on=begun.date(), at=begun)
            count += load(session, layer, path, deed, shift)
            progress(layer.title, count, count)
    _replay(session, layers, history, shift, progress)
    session.execute(text("ANALYZE"))
    return count


def _shift(history: Sequence[Event]) -> timedelta:
    if not history:
        return timedelta()
    yesterday = datetime.now(TOWN_TIME).date() - timedelta(days=1)
    return timedelta(weeks=(yesterday - history[-1].at.astimezone(TOWN_TIME).date()).days // 7)


def _replay(session: Session, layers: Layers, history: Sequence[Event], shift: timedelta, progress: Progress) -> None:
    keys = {layer.id: _ids(session, layer) for layer in layers.values()}
    done = 0
    for batch in _batches(history):
        layer, first = layers[batch[0].layer], batch[0]
        edits = [Edit(keys[layer.id][e.key], _changes(layer, e, shift)) for e in batch]
        deed = Deed(
            first.by, "edit" if len(batch) == 1 else "bulk", first.note, first.effective_on + shift, first.at + shift
        )
        write.revise(session, layer, edits, deed)
        done += len(batch)
        progress("历史", done, len(history))


def _batches(history: Sequence[Event]) -> Iterator[list[Event]]:
    """Neighbouring events of one sitting; a feature that moves twice in it starts a new batch."""
    for _, sitting in groupby(history, key=lambda e: e.batch):
        batch: list[Event] = []
        for event in sitting:
            if any(event.key == e.key for e in batch[-500:]):
                yield batch
                batch = []
            batch.append(event)
        yield batch


def _ids(session: Session, layer: Layer) -> Mapping[str, int]:
    rows = session.execute(select(layer.table.c[layer.key], layer.table.c.id))
    return {str(key): feature_id for key, feature_id in rows}


def _changes(layer: Layer, event: Event, shift: timedelta) -> dict[str, Any]:
    changes = {name: typed(layer, name, value, shift) for name, value in event.changes}
    return {**changes, "status": event.status} if event.status else changes


def typed(layer: Layer, name: str, value: Any, shift: timedelta) -> Any:
    """A JSON value as the column's own type; dates move with the history."""
    if value is not None and isinstance(layer.table.c[name].type, Date):
        return date.fromisoformat(value) + shift
    return value
