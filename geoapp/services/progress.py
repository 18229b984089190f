"""How far the parents of a layer have come: the work under each, by legend class, done and planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from geoapp.layer import Layer, Rollup
from geoapp.queries import counts
from geoapp.queries.filtering import EVERYTHING, Filter
from geoapp.queries.reader import Reader
from geoapp.services.totals import ClassTotals, Total, cache_key, class_totals, kept


@dataclass(frozen=True, slots=True)
class Share:
    """Counted children and those of them that are done, by legend class."""

    by_class: Mapping[str, Total]
    done: Total
    all: Total
    weighted: bool

    @property
    def ratio(self) -> Decimal | None:
        """Done of all, by weight where there is one, else by number; None when there is nothing to do."""
        part, whole = (self.done.weight, self.all.weight) if self.weighted else (self.done.n, self.all.n)
        return Decimal(part) / Decimal(whole) if whole else None


@dataclass(frozen=True, slots=True)
class ParentProgress:
    """A parent and its share; ``target`` is the planned weight."""

    key: str
    label: str
    status: str
    share: Share
    target: Decimal | None


@dataclass(frozen=True, slots=True)
class Group:
    """One line of a breakdown: children that share a value of another reference; ``key`` None where it is empty."""

    key: str | None
    label: str
    share: Share


def share_of(rollup: Rollup, found: Mapping[str, Total]) -> Share:
    """A share from totals by legend class."""
    done = sum((found[key] for key in rollup.done if key in found), Total())
    return Share(found, done, sum(found.values(), Total()), bool(rollup.weight))


def by_parent(
    session: Session, child: Layer, rollup: Rollup, where: Filter, reader: Reader, revision: int, by: str = ""
) -> Mapping[str, Share]:
    """The share of every parent that has counted children, by its key; ``by`` groups by another column instead."""
    column = by or rollup.by
    key = cache_key(session, child, revision, where, reader, (column, rollup))
    shares: dict[str, Share] | None = kept.get(key)
    if shares is None:
        found: dict[str, dict[str, Total]] = {}
        for parent, code, n, weight in session.execute(counts.by_parent(child, column, rollup.weight, where, reader)):
            legend = child.class_of.get(code)
            classes, name = found.setdefault(parent, {}), legend.key if legend else ""
            classes[name] = classes.get(name, Total()) + Total(n, Decimal(weight))
        shares = {parent: share_of(rollup, classes) for parent, classes in found.items()}
        kept.put(key, shares)
    return shares


def empty(rollup: Rollup) -> Share:
    """The share of a parent without children."""
    return share_of(rollup, {})


def parents(session: Session, parent: Layer, rollup: Rollup, shares: Mapping[str, Share]) -> list[ParentProgress]:
    """Every parent, the least advanced first; those without children last."""
    t = parent.table.c
    target = t[rollup.target] if rollup.target else t.id
    rows = session.execute(select(t[parent.key], t[parent.label_column], t.status, target).order_by(t[parent.key]))
    found = [
        ParentProgress(key, label, status, shares.get(key) or empty(rollup), planned if rollup.target else None)
        for key, label, status, planned in rows
    ]
    return sorted(found, key=lambda p: (p.share.ratio is None, p.share.ratio or 0))


def blocking(child: Layer, rollup: Rollup) -> tuple[str, ...]:
    """Legend classes that stand in the way: drawn with a pattern, so that they are seen, and not done."""
    return tuple(c.key for c in child.legend_classes if c.pattern != "plain" and c.key not in rollup.done)


def under(rollup: Rollup, key: str) -> Filter:
    """The children of one parent."""
    return Filter(equals=((rollup.by, (key,)),))


def of_parent(session: Session, child: Layer, rollup: Rollup, key: str, reader: Reader, revision: int) -> ClassTotals:
    """Totals of one parent's children by legend class, those that do not count apart."""
    return class_totals(session, child, under(rollup, key), reader, revision, rollup.weight)


def breakdown(
    session: Session, layers: Mapping[str, Layer], rollup: Rollup, by: str, key: str, reader: Reader, revision: int
) -> list[Group]:
    """One parent's children grouped by another of their references, the largest first, those without one last."""
    child = layers[rollup.child]
    where = under(rollup, key)
    shares = by_parent(session, child, rollup, where, reader, revision, by)
    labels = _labels(session, layers, child, by, list(shares))
    found = [Group(code, labels.get(code, code), share) for code, share in shares.items()]
    found.sort(key=lambda g: (-g.share.all.weight, -g.share.all.n, g.label))
    rest = _rest(rollup, of_parent(session, child, rollup, key, reader, revision), shares)
    return [*found, Group(None, "", rest)] if rest.all.n else found


def _rest(rollup: Rollup, totals: ClassTotals, shares: Mapping[str, Share]) -> Share:
    left = dict(totals.by_class)
    for share in shares.values():
        for key, part in share.by_class.items():
            before = left.get(key, Total())
            left[key] = Total(before.n - part.n, before.weight - part.weight)
    return share_of(rollup, left)


def _labels(
    session: Session, layers: Mapping[str, Layer], child: Layer, by: str, keys: Sequence[Any]
) -> Mapping[str, str]:
    reference = child.reference_by_column.get(by)
    if reference is None or not keys:
        return {}
    parent = layers[reference.layer]
    t = parent.table.c
    named = select(t[parent.key], t[reference.label]).where(t[parent.key].in_(keys))
    return {key: label for key, label in session.execute(named)}  # noqa: C416 — rows are no pairs to dict()


def everywhere(session: Session, child: Layer, rollup: Rollup, reader: Reader, revision: int) -> Mapping[str, Share]:
    """The shares of all parents at once, for a strip or a table."""
    return by_parent(session, child, rollup, EVERYTHING, reader, revision)
