"""How values, titles and units are written on pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import current_app
from sqlalchemy import Numeric

from geoapp.layer import Layer, LegendClass
from geoapp.queries.reader import Reader
from geoapp.services import cards
from geoapp.services.totals import Total
from geoapp.services.write import TOWN_TIME
from geoapp.web import context
from geoapp.web.i18n import gettext
from geoapp.web.pages import links

EMPTY = "—"
GROUPED_FROM = 10_000
"""Smaller whole numbers stand without separators: years are among them."""


def formatted(kind: str, value: Any) -> str:
    """A value through one of the language's filters: date, moment, mu, mu2, m2, yuan, percent, integer."""
    return str(current_app.jinja_env.filters[kind](value))


def unit(layer: Layer, name: str) -> str:
    """The translated unit of a column, or nothing."""
    found = layer.table.c[name].info.get("unit", "") if name else ""
    return gettext(found) if found else ""


def title(layer: Layer, name: str, *, bare: bool = False) -> str:
    """A column's title; ``bare`` without the unit that stands beside the value."""
    found = gettext(layer.column_title(name))
    sign = unit(layer, name)
    if bare and sign:
        for mark in (f"（{sign}）", f" ({sign})", f"，{sign}", f", {sign}"):
            found = found.replace(mark, "")
    return found


def value(layer: Layer, name: str, given: Any, *, with_unit: bool = False) -> str:
    """A column's value as people read it."""
    if given is None or given == "":
        return EMPTY
    column = layer.table.c[name]
    if name == "status" and given in layer.status_by_code:
        return gettext(layer.status_by_code[given].label)
    if name == layer.legend_by and given in layer.class_of:
        return gettext(layer.class_of[given].label)
    if given in column.info.get("choices", {}):
        return gettext(column.info["choices"][given])
    if isinstance(given, datetime):
        return formatted("moment", given)
    if isinstance(given, date):
        return formatted("date", given)
    text = number(given, column.info.get("unit", "")) if isinstance(given, (int, Decimal)) else str(given)
    return f"{text} {unit(layer, name)}".rstrip() if with_unit else text


def number(given: int | Decimal, sign: str = "") -> str:
    """A number with the decimals its unit is known by."""
    if isinstance(given, int):
        return formatted("integer", given) if given >= GROUPED_FROM else str(given)
    kind = {"亩": "mu", "m²": "m2", "元": "yuan"}.get(sign, "m2")
    return formatted(kind, given)


def sum_of(layer: Layer, weight: Decimal, column: str = "") -> str:
    """A sum of weights, two decimals, with its unit."""
    return f"{formatted('mu2', weight)} {unit(layer, column or layer.weight)}".rstrip()


def counter(layer: Layer) -> str:
    """The measure word of a layer's features."""
    return gettext(next((f.unit for f in layer.figures if f.unit and not f.weight), "条"))


def uncounted_label(layer: Layer) -> str:
    """What the features left out of totals are called."""
    return "、".join(gettext(layer.status_by_code[code].label) for code in layer.uncounted)


def swatch(layer: Layer, row: Mapping[str, Any]) -> Any:
    """The legend class that draws a row."""
    return layer.class_of.get(row.get(layer.legend_by) or "")


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a bar, in percent of its length."""

    legend: LegendClass
    total: Total
    start: float
    length: float


def segments(layer: Layer, by_class: Mapping[str, Total], done: Sequence[str] = ()) -> list[Segment]:
    """A bar's parts by weight where the layer has one: what is done, what is under way, what is blocked."""
    weighted = bool(layer.weight) and any(t.weight for t in by_class.values())
    sizes = {key: float(t.weight if weighted else t.n) for key, t in by_class.items()}
    whole = sum(sizes.values())
    if not whole:
        return []
    found, start = [], 0.0
    for legend in _in_bar_order(layer, done) if done else layer.legend_classes:
        length = 100 * sizes.get(legend.key, 0.0) / whole
        if length:
            found.append(Segment(legend, by_class[legend.key], round(start, 3), round(length, 3)))
            start += length
    return found


def _in_bar_order(layer: Layer, done: Sequence[str]) -> list[LegendClass]:
    finished = [c for c in layer.legend_classes if c.key in done]
    rest = [c for c in reversed(layer.legend_classes) if c.key not in done]
    return finished + [c for c in rest if c.pattern == "plain"] + [c for c in rest if c.pattern != "plain"]


DEEDS = {
    "seed": "导入",
    "import": "导入",
    "create": "新建",
    "edit": "修改",
    "update": "修改",
    "bulk": "批量修改",
    "delete": "删除",
    "remove": "删除",
    "undo": "撤销",
    "split": "分割",
    "merge": "合并",
}
"""zh words for the kinds of operations and changes."""


def deed_label(kind: str) -> str:
    return gettext(DEEDS.get(kind, "修改"))


def tell(words: str) -> str:
    """A sentence with its places filled, in the reader's language."""
    return gettext(getattr(words, "text", words), **getattr(words, "values", {}))


def days_left(left: int) -> str:
    """还剩 12 天, 今天到期, 逾期 5 天."""
    if left == 0:
        return gettext("今天到期")
    return gettext("还剩 {n} 天", n=left) if left > 0 else gettext("逾期 {n} 天", n=-left)


def is_number(layer: Layer, name: str) -> bool:
    """Whether a column stands right-aligned: amounts do, years and codes do not."""
    column = layer.table.c[name]
    return isinstance(column.type, Numeric) or "unit" in column.info


def told(layer: Layer, name: str, given: Any, names: Mapping[str, Mapping[str, str]]) -> str:
    """A value of the history, with the readable name behind a reference."""
    return names.get(name, {}).get(given) or value(layer, name, given)


def waiting(since: date) -> str:
    """How long something has stood: days up to today."""
    return gettext("已 {n} 天", n=max(0, (datetime.now(TOWN_TIME).date() - since).days))


def search_hint(layer: Layer, reader: Reader) -> str:
    """What may be searched for in a layer."""
    seen = [n for n in layer.search_columns if reader.personal or n not in layer.personal]
    return "、".join(title(layer, n, bare=True) for n in seen)


WORDS: dict[str, Any] = {
    "title_of": title,
    "value_of": value,
    "unit_of": unit,
    "sum_of": sum_of,
    "counter_of": counter,
    "tell": tell,
    "left": days_left,
    "uncounted_label": uncounted_label,
    "swatch_of": swatch,
    "number_of": number,
    "is_number": is_number,
    "told": told,
    "waiting": waiting,
    "search_hint": search_hint,
    "deed_label": deed_label,
    "segments_of": segments,
    "list_url": links.of_list,
    "card_url": links.of_card,
    "classes_url": links.of_classes,
    "map_url": links.on_map,
    "print_url": links.to_print,
    "layer_of": lambda layer_id: context.layers()[layer_id],
    "group_of": cards.group_of,
}
"""Names for the templates."""
