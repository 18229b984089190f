"""What a layer file declares. Frozen dataclasses that check themselves; the engine derives the rest.

No Flask and no Session here. A wrong declaration stops the boot with one sentence, for example
``layer 'wells': card names no such column: aera_mu``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import Column, Table

from geoapp.errors import DeclarationError
from geoapp.orm import DenseFeature, Feature
from geoapp.overlay import Intake, Notice, Overlay
from geoapp.reckoning import Reckoning
from geoapp.workflow import Workflow

PATTERNS = ("plain", "dots", "hatch", "backhatch")
SHAPES = ("", "circle", "triangle", "diamond", "square")
KINDS = ("area", "outline", "symbol", "boundary")

ColumnParser = Callable[[str], Mapping[str, Any]]
"""Turns one cell of a file into values of one or several columns; raises ValueError with a zh sentence."""


@dataclass(frozen=True, slots=True)
class Status:
    """One status a feature may have.

    ``legend`` is the key of the legend class that draws it (default: the code itself). ``counts`` False keeps
    features in this status out of every total, as a parcel moved out of the red line must be.
    """

    code: str
    label: str
    fill: str = ""
    next: tuple[str, ...] = ()
    legend: str = ""
    aliases: tuple[str, ...] = ()
    counts: bool = True


@dataclass(frozen=True, slots=True)
class LegendClass:
    """One line of the legend: colour, pattern and glyph, so that colour never stands alone."""

    key: str
    label: str
    fill: str
    glyph: str = ""
    pattern: str = "plain"
    shape: str = ""

    @property
    def ink(self) -> str:
        """Text colour with the better contrast on ``fill`` (WCAG relative luminance)."""
        channels = [int(self.fill[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        return "#111827" if (luminance + 0.05) / 0.0605 > 1.05 / (luminance + 0.05) else "#FFFFFF"


@dataclass(frozen=True, slots=True)
class Reference:
    """``column`` holds the key of a feature of ``layer``; ``label`` is the column there that people read."""

    column: str
    layer: str
    label: str = "name"


@dataclass(frozen=True, slots=True)
class Rollup:
    """A parent's progress: the features of ``child`` whose ``by`` column holds the parent's key.

    ``weight`` is summed; ``done`` are the legend classes of the child that count as finished; ``target`` is a column of the
    parent with the planned weight.
    """

    child: str
    by: str
    weight: str = ""
    done: tuple[str, ...] = ()
    target: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A headline number of the overview: features in ``classes`` counted, or their ``weight`` summed."""

    label: str
    classes: tuple[str, ...] = ()
    weight: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Style:
    """How the map draws a layer: ``kind`` area | outline | symbol | boundary; lower ``order`` is drawn first."""

    kind: str = "area"
    order: int = 50
    visible: bool = True
    min_zoom: int = 9


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer of the town's map. See any file in ``layers/`` for an example."""

    id: str
    title: str
    model: type[Feature]
    key: str
    statuses: tuple[Status, ...]
    card: tuple[str, ...]
    import_columns: Mapping[str, str | ColumnParser]
    example: Mapping[str, Any]
    page: str = ""
    label: str = ""
    menu: int = 50
    style: Style = field(default_factory=Style)
    legend: tuple[LegendClass, ...] = ()
    legend_by: str = "status"
    weight: str = ""
    columns: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    rollups: tuple[Rollup, ...] = ()
    figures: tuple[Figure, ...] = ()
    levels: tuple[tuple[str, ...], ...] = ()
    """Columns that reports group by, the finest first; each level's columns are among those of the one before or stand alone.
    Without them every reference is a level."""
    status_date: str = ""
    """Column that takes the effective date of the latest status."""
    workflow: Workflow = field(default_factory=Workflow)
    """Guards, needed data and clocks besides the statuses' ``next``."""
    reckoning: Reckoning | None = None
    """How a household of these features is compensated."""
    overlay: Overlay | None = None
    """The land under an outline of this layer."""
    notices: tuple[Notice, ...] = ()
    """Documents made of a feature."""
    intake: Intake | None = None
    """What people outside may report of this layer."""
    cell_parsers: Mapping[str, Callable[[str], Any]] = field(default_factory=dict)
    """Column → function that turns a file's text into the column's value (land class names into codes, …)."""

    def __post_init__(self) -> None:
        for problem in self._problems():
            raise DeclarationError(f"layer '{self.id}': {problem}")

    @cached_property
    def table(self) -> Table:
        return self.model.__table__  # type: ignore[return-value]

    @cached_property
    def columns_by_name(self) -> Mapping[str, Column[Any]]:
        """Every column people may see, by name, in the table's order; without the geometry and the tile pixels."""
        return {c.name: c for c in self.table.columns if c.name != "geom" and not c.info.get("internal")}

    @property
    def path(self) -> str:
        """First part of the layer's page address."""
        return self.page or self.id

    @property
    def dense(self) -> bool:
        return issubclass(self.model, DenseFeature)

    @property
    def label_column(self) -> str:
        return self.label or self.key

    @property
    def list_columns(self) -> tuple[str, ...]:
        """Columns of the table page."""
        return self.columns or self.card

    @property
    def search_columns(self) -> tuple[str, ...]:
        return self.search or tuple(dict.fromkeys((self.key, self.label_column)))

    @property
    def geometry_type(self) -> str:
        return str(self.table.c.geom.type.geometry_type)  # type: ignore[attr-defined]

    @cached_property
    def personal(self) -> frozenset[str]:
        """Columns with personal data."""
        return frozenset(name for name, c in self.columns_by_name.items() if c.info.get("mask"))

    @cached_property
    def writable(self) -> tuple[str, ...]:
        """Columns a person or a file may set (not kept by the database or the write path)."""
        kept = {"id", "version", "updated_at", "updated_by"}
        return tuple(n for n, c in self.columns_by_name.items() if n not in kept and c.computed is None)

    @cached_property
    def status_by_code(self) -> Mapping[str, Status]:
        return {s.code: s for s in self.statuses}

    @cached_property
    def legend_classes(self) -> tuple[LegendClass, ...]:
        """The declared legend, or one class a status."""
        if self.legend:
            return self.legend
        return tuple(LegendClass(s.code, s.label, s.fill or "#72737F") for s in self.statuses)

    @cached_property
    def legend_codes(self) -> Mapping[str, tuple[str, ...]]:
        """Legend class key → the codes (of ``legend_by``) it draws."""
        if self.legend_by != "status":
            return {c.key: (c.key,) for c in self.legend_classes}
        return {
            c.key: tuple(s.code for s in self.statuses if (s.legend or s.code) == c.key) for c in self.legend_classes
        }

    @cached_property
    def class_of(self) -> Mapping[str, LegendClass]:
        """Code of ``legend_by`` → legend class."""
        by_key = {c.key: c for c in self.legend_classes}
        return {code: by_key[key] for key, codes in self.legend_codes.items() for code in codes}

    @property
    def report_levels(self) -> tuple[tuple[str, ...], ...]:
        """The declared levels, or every reference by itself."""
        return self.levels or tuple((r.column,) for r in self.references)

    @cached_property
    def uncounted(self) -> tuple[str, ...]:
        """Statuses that leave every total."""
        return tuple(s.code for s in self.statuses if not s.counts)

    @cached_property
    def reference_by_column(self) -> Mapping[str, Reference]:
        return {r.column: r for r in self.references}

    def column_title(self, name: str) -> str:
        """zh title of a column: its comment in the database."""
        return self.columns_by_name[name].comment or name

    def _problems(self) -> Sequence[str]:
        found: list[str] = []
        names = set(self.columns_by_name)
        for what, wanted in (
            ("key", (self.key,)),
            ("card", self.card),
            ("columns", self.columns),
            ("filters", self.filters),
            ("search", self.search),
            ("label", (self.label_column,)),
            ("weight", (self.weight,) if self.weight else ()),
            ("legend_by", (self.legend_by,)),
            ("levels", [name for level in self.levels for name in level]),
            ("status_date", (self.status_date,) if self.status_date else ()),
            ("reckoning", (self.reckoning.holder, *self.reckoning.together) if self.reckoning else ()),
            ("example", self.example),
            ("references", [r.column for r in self.references]),
            ("import_columns", [c for c in self.import_columns.values() if isinstance(c, str)]),
        ):
            found += [f"{what} names no such column: {n}" for n in wanted if n not in names and n != "geom"]
        found += [f"column {n} has no title (comment=)" for n, c in self.columns_by_name.items() if not c.comment]
        if "geom" not in self.table.columns:
            found.append("the model has no geom column")
        return found or self._legend_problems()

    def _legend_problems(self) -> list[str]:
        found: list[str] = []
        keys = {c.key for c in self.legend_classes}
        codes = [s.code for s in self.statuses]
        if not codes:
            found.append("declares no status")
        if len(set(codes)) != len(codes):
            found.append("declares a status twice")
        for status in self.statuses:
            found += [f"status {status.code} leads to no such status: {n}" for n in status.next if n not in codes]
            if self.legend_by == "status" and (status.legend or status.code) not in keys:
                found.append(f"status {status.code} has no legend class {status.legend or status.code}")
        for c in self.legend_classes:
            if c.pattern not in PATTERNS or c.shape not in SHAPES:
                found.append(f"legend class {c.key}: pattern {c.pattern!r} or shape {c.shape!r} is unknown")
        if self.style.kind not in KINDS:
            found.append(f"style kind {self.style.kind!r} is unknown")
        return found
