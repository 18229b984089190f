"""Reports of a period: opening + came − left + corrections = closing, or no report at all.

Opening, movement and closing come from the ledger by separate statements; a coarser level must equal the sum of the finer one.
Corrections are entries recorded in the period about a day before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from geoapp.errors import Conflict, NotFound
from geoapp.layer import Layer
from geoapp.queries import balance
from geoapp.report_tables import Report
from geoapp.said import said
from geoapp.services.write import TOWN_TIME

KINDS = {"day": said("日报"), "week": said("周报"), "month": said("月报"), "quarter": said("季报")}
Place = tuple[str | None, ...]


@dataclass(slots=True)
class Amount:
    """Features and their weight."""

    n: int = 0
    weight: Decimal = Decimal(0)

    def add(self, n: int, weight: Any) -> None:
        self.n += n
        self.weight += Decimal(weight)

    def __iadd__(self, other: Amount) -> Amount:
        self.add(other.n, other.weight)
        return self


@dataclass(slots=True)
class Cell:
    """One place and legend class through the period."""

    opening: Amount = field(default_factory=Amount)
    came: Amount = field(default_factory=Amount)
    left: Amount = field(default_factory=Amount)
    corrected: Amount = field(default_factory=Amount)
    closing: Amount = field(default_factory=Amount)

    @property
    def off(self) -> tuple[int, Decimal]:
        """What is missing for the sum to be right: (0, 0) in a right report."""
        n = self.opening.n + self.came.n - self.left.n + self.corrected.n - self.closing.n
        weight = self.opening.weight + self.came.weight - self.left.weight + self.corrected.weight - self.closing.weight
        return n, weight

    def __iadd__(self, other: Cell) -> Cell:
        for name in ("opening", "came", "left", "corrected", "closing"):
            mine: Amount = getattr(self, name)
            mine += getattr(other, name)
        return self


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days of the town, both included."""

    kind: str
    first: date
    last: date

    @property
    def since(self) -> datetime:
        """The last moment before the period."""
        return _end(self.first - timedelta(days=1))

    @property
    def until(self) -> datetime:
        return _end(self.last)

    @property
    def before(self) -> date:
        return self.first - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Found:
    """A reckoned report: cells by place and legend class."""

    layer: Layer
    level: tuple[str, ...]
    period: Period
    cells: Mapping[tuple[Place, str], Cell]
    revision: int

    @property
    def places(self) -> list[Place]:
        return sorted({place for place, _ in self.cells}, key=lambda p: tuple((v is None, _natural(v)) for v in p))

    def of(self, place: Place | None = None, look: str | None = None) -> Cell:
        """The sum over a place, a class, both or everything."""
        total = Cell()
        for (at, key), cell in self.cells.items():
            if (place is None or at == place) and (look is None or key == look):
                total += cell
        return total

    def silent(self) -> list[Place]:
        """Places with features but without an entry in the period."""
        found = []
        for place in self.places:
            cell = self.of(place)
            if cell.opening.n and not (cell.came.n or cell.left.n or cell.corrected.n or cell.corrected.weight):
                found.append(place)
        return found


def period(kind: str, day: date) -> Period:
    """The day, ISO week, month or quarter that holds a day."""
    if kind == "week":
        first = day - timedelta(days=day.weekday())
        return Period(kind, first, first + timedelta(days=6))
    if kind in ("month", "quarter"):
        month = day.month if kind == "month" else (day.month - 1) // 3 * 3 + 1
        first = day.replace(month=month, day=1)
        following = first.replace(day=28) + timedelta(days=4 if kind == "month" else 66)
        return Period(kind, first, following.replace(day=1) - timedelta(days=1))
    return Period("day", day, day)


def reckon(session: Session, layer: Layer, level: Sequence[str], over: Period) -> Found:
    """The report; raises Conflict with the difference when the sums do not meet."""
    cells = _cells(session, layer, level, over)
    for (place, look), cell in cells.items():
        if any(cell.off):
            raise Conflict(
                "报表不平：{place} {look} 差 {n} 条、{weight}。没有出报表，请先核对操作记录",
                place=" ".join(str(v) for v in place), look=look, n=cell.off[0], weight=cell.off[1],
            )  # fmt: skip
    revision = session.execute(text("SELECT revision FROM layer_revision WHERE layer = :l"), {"l": layer.id}).scalar()
    found = Found(layer, tuple(level), over, cells, int(revision or 0))
    for coarser in layer.report_levels:
        if coarser != tuple(level) and set(coarser) < set(level):
            _sums_to_parent(session, found, coarser)
    return found


def _cells(session: Session, layer: Layer, level: Sequence[str], over: Period) -> dict[tuple[Place, str], Cell]:
    cells: dict[tuple[Place, str], Cell] = {}

    def cell(row: Any) -> Cell:
        look = layer.class_of.get(row.code)
        return cells.setdefault((tuple(json.loads(row.place)), look.key if look else ""), Cell())

    for name, moment in (("opening", over.since), ("closing", over.until)):
        for row in session.execute(*balance.standing(layer, level, moment)):
            getattr(cell(row), name).add(row.n, row.weight)
    for row in session.execute(*balance.movement(layer, level, over.since, over.until, over.first)):
        if row.late:
            cell(row).corrected.add(row.came - row.went, row.came_weight - row.went_weight)
        else:
            cell(row).came.add(row.came, row.came_weight)
            cell(row).left.add(row.went, row.went_weight)
    return {key: c for key, c in cells.items() if c.opening.n or c.closing.n or c.came.n or c.left.n or c.corrected.n}


def _sums_to_parent(session: Session, found: Found, coarser: tuple[str, ...]) -> None:
    """The finer level summed up equals the coarser one reckoned by itself."""
    at = [found.level.index(name) for name in coarser]
    summed: dict[tuple[Place, str], Cell] = {}
    for (place, look), cell in found.cells.items():
        total = summed.setdefault((tuple(place[i] for i in at), look), Cell())
        total += cell
    for key, whole in _cells(session, found.layer, coarser, found.period).items():
        parts = summed.get(key, Cell())
        if (parts.opening, parts.closing) != (whole.opening, whole.closing):
            raise Conflict(
                "下级之和与上级不符：{place} {look} 差 {n} 条。没有出报表",
                place=" ".join(str(v) for v in key[0]), look=key[1], n=whole.closing.n - parts.closing.n,
            )  # fmt: skip


def body(found: Found) -> dict[str, Any]:
    """Everything a report says, as plain values in a fixed order: the same ledger gives the same text for ever."""
    order = {c.key: n for n, c in enumerate(found.layer.legend_classes)}
    cells = sorted(
        found.cells.items(), key=lambda kv: (json.dumps(kv[0][0], ensure_ascii=False), order.get(kv[0][1], 99))
    )
    return {
        "layer": found.layer.id, "level": list(found.level), "kind": found.period.kind,
        "first_day": found.period.first.isoformat(), "last_day": found.period.last.isoformat(),
        "cells": [
            {"place": list(place), "class": look, **{n: _amount(getattr(cell, n)) for n in ("opening", "came", "left", "corrected", "closing")}}
            for (place, look), cell in cells
        ],
    }  # fmt: skip


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of a report's content."""
    return hashlib.sha256(
        json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()


def freeze(session: Session, found: Found, by: str) -> Report:
    """Hand the report in; Conflict while its period still runs, or when it was handed in already with the same figures."""
    if found.period.until > datetime.now(UTC):
        raise Conflict("这一期到 {day} 才结束，结束后再定稿", day=found.period.last.isoformat())
    content = body(found)
    sha256 = digest(content)
    level = "+".join(found.level)
    same = select(Report).where(
        Report.layer == found.layer.id, Report.kind == found.period.kind, Report.level == level,
        Report.first_day == found.period.first, Report.sha256 == sha256,
    )  # fmt: skip
    twin = session.execute(same.limit(1)).scalar_one_or_none()
    if twin is not None:
        raise Conflict("这一期已经定稿（第 {id} 号），数字相同", id=twin.id)
    made = Report(
        layer=found.layer.id, kind=found.period.kind, level=level, first_day=found.period.first, last_day=found.period.last,
        revision=found.revision, body=content, sha256=sha256, by=by,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def find(session: Session, report_id: int) -> Report:
    """A handed-in report; NotFound."""
    found = session.get(Report, report_id) if 0 < report_id < 1 << 62 else None
    if found is None:
        raise NotFound("没有第 {id} 号报表", id=report_id)
    return found


def thawed(report: Report, layer: Layer) -> Found:
    """A handed-in report as it was."""
    cells = {
        (tuple(c["place"]), c["class"]): Cell(*(Amount(c[n]["n"], Decimal(c[n]["weight"])) for n in ("opening", "came", "left", "corrected", "closing")))
        for c in report.body["cells"]
    }  # fmt: skip
    over = Period(report.kind, report.first_day, report.last_day)
    return Found(layer, tuple(report.body["level"]), over, cells, report.revision)


@dataclass(frozen=True, slots=True)
class Later:
    """A closing figure of a handed-in report that reads otherwise by what is known now."""

    place: Place
    look: str
    then: Amount
    now: Amount


def corrected_since(session: Session, report: Report, layer: Layer) -> list[Later]:
    """Closing figures "as then known" that differ from those "as now corrected" for the same day."""
    was = thawed(report, layer)
    now: dict[tuple[Place, str], Amount] = {}
    for row in session.execute(*balance.true_standing(layer, was.level, report.last_day)):
        look = layer.class_of.get(row.code)
        now.setdefault((tuple(json.loads(row.place)), look.key if look else ""), Amount()).add(row.n, row.weight)
    found = []
    for key in sorted({*was.cells, *now}, key=lambda k: (json.dumps(k[0]), k[1])):
        then, today = was.cells.get(key, Cell()).closing, now.get(key, Amount())
        if then != today:
            found.append(Later(*key, then, today))
    return found


def same_again(session: Session, report: Report, layer: Layer) -> bool:
    """Whether reckoning a handed-in report anew from the ledger gives the same bytes."""
    over = Period(report.kind, report.first_day, report.last_day)
    return digest(body(reckon(session, layer, tuple(report.body["level"]), over))) == report.sha256


def handed_in(session: Session, layer: Layer, limit: int = 100) -> list[Report]:
    """The latest handed-in reports of a layer."""
    wanted = select(Report).where(Report.layer == layer.id).order_by(Report.first_day.desc(), Report.id.desc())
    return list(session.execute(wanted.limit(limit)).scalars())


def names(
    session: Session, layers: Mapping[str, Layer], layer: Layer, level: Iterable[str]
) -> dict[str, dict[str, str]]:
    """Column → code → readable name, for the references of a level."""
    found: dict[str, dict[str, str]] = {}
    for column in level:
        reference = layer.reference_by_column.get(column)
        if reference is not None:
            parent = layers[reference.layer]
            t = parent.table.c
            found[column] = {str(r[0]): str(r[1]) for r in session.execute(select(t[parent.key], t[reference.label]))}
    return found


def _amount(given: Amount) -> dict[str, Any]:
    return {"n": given.n, "weight": str(given.weight.normalize() + 0)}


def _end(day: date) -> datetime:
    following = datetime.combine(day + timedelta(days=1), time(), TOWN_TIME)
    return (following - timedelta(microseconds=1)).astimezone(UTC)


def _natural(value: str | None) -> tuple[int, str]:
    return (int(value), "") if value is not None and value.isdigit() else (0, value or "")
