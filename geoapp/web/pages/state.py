"""The state of a table page, parsed from its address and written back into addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from geoapp.layer import Layer
from geoapp.queries.filtering import Filter
from geoapp.queries.paging import Mark, Window
from geoapp.queries.reader import Reader
from geoapp.services import tables
from geoapp.web import params
from geoapp.web.pages import links

LIMIT, MAX_LIMIT = 50, 500
PLACES = ("after", "before")


@dataclass(frozen=True, slots=True)
class State:
    """What a table page shows: ``query`` are the address's filters as text, ``where`` the same parsed."""

    layer: Layer
    query: Mapping[str, str]
    where: Filter
    window: Window

    def url(self, **changes: str) -> str:
        """This page with other parameters; an empty text removes one. Places in the table are left behind."""
        return links.of_list(self.layer, {**self.query, **changes})

    def place(self, name: str, mark: Mark | None) -> str:
        """The neighbouring page, or nothing where the table ends."""
        return self.url(**{name: written(mark)}) if mark else ""

    @property
    def filters(self) -> dict[str, str]:
        """The parameters that choose rows, for map and export."""
        return {name: text for name, text in self.query.items() if name not in ("sort", "limit")}

    @property
    def without_classes(self) -> Filter:
        """The filter less what the legend chooses: what the counts beside the legend are taken under."""
        by = self.layer.legend_by
        if by == "status":
            return replace(self.where, statuses=())
        return replace(self.where, equals=tuple(e for e in self.where.equals if e[0] != by))

    @property
    def classes(self) -> tuple[str, ...]:
        """Legend classes that are wholly chosen."""
        by = self.layer.legend_by
        chosen = self.where.statuses if by == "status" else dict(self.where.equals).get(by, ())
        return tuple(key for key, codes in self.layer.legend_codes.items() if codes and set(codes) <= set(chosen))

    @property
    def single_statuses(self) -> tuple[str, ...]:
        """Chosen statuses that no chosen legend class stands for."""
        if self.layer.legend_by != "status":
            return self.where.statuses
        covered = {code for key in self.classes for code in self.layer.legend_codes[key]}
        return tuple(code for code in self.where.statuses if code not in covered)

    def toggled(self, key: str) -> str:
        """This page with a legend class added or taken away."""
        kept = [k for k in self.classes if k != key] if key in self.classes else [*self.classes, key]
        return self.url(status=",".join([*kept, *self.single_statuses]), **self._no_legend_column)

    @property
    def all_classes(self) -> str:
        """This page without a choice of legend class."""
        return self.url(status="", **self._no_legend_column)

    @property
    def _no_legend_column(self) -> dict[str, str]:
        return {} if self.layer.legend_by == "status" else {self.layer.legend_by: ""}

    def sorted_by(self, name: str) -> str:
        """This page ordered by a column, or turned round when it already is."""
        rising = self.window.order == name and not self.window.descending
        return self.url(sort=f"-{name}" if rising else name if name != self.layer.key else "")


def read(layer: Layer, layers: Mapping[str, Layer], reader: Reader, session: Session, n: int) -> State:
    """The state in the address of this request; all that is wrong with it is reported at once."""
    problems = params.Problems()
    where = params.layer_filter(layer, layers, request.args, reader, session, problems)
    window = _window(layer, reader, n, problems)
    problems.raise_any()
    known = (*layer.filters, *(r.column for r in layer.references), *params.FILTER_NAMES, "sort", "limit")
    query = {name: ",".join(t for t in request.args.getlist(name) if t) for name in dict.fromkeys(known)}
    return State(layer, {name: text for name, text in query.items() if text}, where, window)


def _window(layer: Layer, reader: Reader, n: int, problems: params.Problems) -> Window:
    sort = request.args.get("sort", "") or layer.key
    name = sort.removeprefix("-")
    if name not in tables.sortable(layer, reader, n):
        problems.add(f"sort：不能按“{name[:40]}”排序，可用：{'、'.join(tables.sortable(layer, reader, n))}")
        name = layer.key
    marks = {place: _mark(layer, name, request.args.get(place, ""), problems) for place in PLACES}
    if marks["before"]:
        marks["after"] = None
    return Window(name, sort.startswith("-"), limit=_limit(problems), **marks)


def _limit(problems: params.Problems) -> int:
    text = request.args.get("limit", "")
    if not text:
        return LIMIT
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= MAX_LIMIT):
        problems.add(f"limit 应为 1–{MAX_LIMIT} 的整数")
        return LIMIT
    return int(text)


def _mark(layer: Layer, order: str, text: str, problems: params.Problems) -> Mark | None:
    """``value~id``; a bare id where the value is empty."""
    if not text:
        return None
    value_text, tilde, id_text = text.rpartition("~")
    if not (id_text.isascii() and id_text.isdigit() and len(id_text) < 19):
        problems.add("after 和 before 应取自翻页链接")
        return None
    value: Any = params.typed(layer, order, value_text, problems) if tilde else None
    return Mark(value, int(id_text))


def written(mark: Mark) -> str:
    """A mark as text in an address."""
    return str(mark.id) if mark.value is None else f"{mark.value}~{mark.id}"
