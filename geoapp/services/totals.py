"""Counts and sums by legend class under a filter: one answer for legend, tables, cards and overview.

An answer is kept for as long as the layer's revision stands, so that a page over a million rows costs one count a write.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from threading import Lock
from typing import Any

from sqlalchemy.orm import Session

from geoapp.layer import Layer
from geoapp.queries import counts
from geoapp.queries.filtering import Filter
from geoapp.queries.reader import Reader

KEPT = 1024
"""Answers kept in one process."""


@dataclass(frozen=True, slots=True)
class Total:
    """How many features, and the exact sum of their weight."""

    n: int = 0
    weight: Decimal = Decimal(0)

    def __add__(self, other: Total) -> Total:
        return Total(self.n + other.n, self.weight + other.weight)


@dataclass(frozen=True, slots=True)
class ClassTotals:
    """Totals of one layer under one filter.

    ``total`` and ``by_class`` leave out features in statuses that do not count; those stand apart in ``uncounted`` and
    ``uncounted_by_class``. Every legend class is present, with zeros when it has no feature.
    """

    total: Total
    uncounted: Total
    by_class: Mapping[str, Total] = field(default_factory=dict)
    uncounted_by_class: Mapping[str, Total] = field(default_factory=dict)

    def shown(self, key: str) -> Total:
        """Every drawn feature of a class, counted or not."""
        return self.by_class[key] + self.uncounted_by_class[key]

    def of(self, keys: tuple[str, ...]) -> Total:
        """Counted features of some classes together; of all when none is named."""
        if not keys:
            return self.total
        return sum((self.by_class[key] for key in keys), Total())


class Kept:
    """A bounded memory of answers; the least recently asked one leaves first. Safe among threads."""

    def __init__(self, size: int = KEPT) -> None:
        self._size = size
        self._lock = Lock()
        self._found: OrderedDict[Any, Any] = OrderedDict()

    def get(self, key: Any) -> Any:
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
            return self._found.get(key)

    def put(self, key: Any, answer: Any) -> None:
        with self._lock:
            self._found[key] = answer
            self._found.move_to_end(key)
            while len(self._found) > self._size:
                self._found.popitem(last=False)

    def __len__(self) -> int:
        return len(self._found)


kept = Kept()
"""The memory of this process, shared by everything that counts."""


def class_totals(
    session: Session, layer: Layer, where: Filter, reader: Reader, revision: int, weight: str = ""
) -> ClassTotals:
    """Totals of a layer under a filter, by legend class; ``revision`` is the layer's counter read before.

    ``weight`` sums another column than the layer's own.
    """
    key = cache_key(session, layer, revision, where, reader, weight or layer.weight)
    found: ClassTotals | None = kept.get(key)
    if found is None:
        found = _counted(session, layer, where, reader, weight)
        kept.put(key, found)
    return found


def cache_key(session: Session, layer: Layer, revision: int, where: Filter, reader: Reader, what: Any) -> Any:
    """Answers differ by database and, where names are searched, by whether the reader may search names."""
    return session.get_bind().engine, layer.id, revision, where, bool(where.text) and reader.personal, what


def _counted(session: Session, layer: Layer, where: Filter, reader: Reader, weight: str) -> ClassTotals:
    by_class = {c.key: Total() for c in layer.legend_classes}
    apart = dict(by_class)
    sums = {True: Total(), False: Total()}
    for code, counts_in, n, sum_of in session.execute(counts.by_code(layer, where, reader, weight)):
        found = Total(n, Decimal(sum_of))
        sums[counts_in] += found
        if code in layer.class_of:
            side = by_class if counts_in else apart
            side[layer.class_of[code].key] += found
    return ClassTotals(sums[True], sums[False], by_class, apart)
