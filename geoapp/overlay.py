"""What a layer declares about the land under its outlines: a table by two columns of another layer, and what follows from it.

No Flask and no Session here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from geoapp.said import Said


@dataclass(frozen=True, slots=True)
class Verdict:
    """One consequence of the areas, with the rule behind it; ``heavy`` when it asks for more than the usual."""

    text: Said
    rule: str
    heavy: bool = False


@dataclass(frozen=True, slots=True)
class Overlay:
    """The features of ``child`` inside an outline of this layer: ``rows`` and ``columns`` are columns of the child.

    ``group`` names the group a row belongs to; ``judge`` turns m² by row value into verdicts.
    """

    child: str
    rows: str
    columns: str
    group: Callable[[str], str]
    judge: Callable[[Mapping[str, Decimal]], tuple[Verdict, ...]]


@dataclass(frozen=True, slots=True)
class Intake:
    """What people outside may report: ``title`` of the page, ``fields`` set when a report becomes a feature, the column with
    the day it was found, and the prefix of its number. ``size_m`` is the side of the square that stands for it until surveyed."""

    title: str
    fields: Mapping[str, str]
    found_on: str
    prefix: str
    size_m: float = 6.0


@dataclass(frozen=True, slots=True)
class Notice:
    """A document made of a feature: ``title``, paragraphs with ``{places}``, and the column with its date.

    Places are the layer's columns, and ``places``, ``area_ha``, ``area_mu``, ``term_end``, ``county``, ``town``, ``day``.
    """

    id: str
    title: str
    paragraphs: tuple[str, ...]
    on: str
    days: int = 0
    working: bool = False
    """The term that runs from ``on``: ``days`` days, counted in working days or calendar days."""
