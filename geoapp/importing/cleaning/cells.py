"""One cell's text into one column's value: numbers by Decimal, dates, codes by label, references by name."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean, Column, Date, DateTime, Float, Integer, Numeric

from geoapp.importing.report import Said, said
from geoapp.layer import Layer

TOWN_TIME = ZoneInfo("Asia/Shanghai")
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
DATES = (re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"), re.compile(r"(\d{4})(\d{2})(\d{2})"))
TRUE, FALSE = ("true", "t", "1", "是", "y", "yes"), ("false", "f", "0", "否", "n", "no")
Parse = Callable[[str], Any]


class WrongCell(ValueError):
    """Why a cell does not fit, and what to write instead."""

    def __init__(self, reason: Said, remedy: Said) -> None:
        super().__init__(str(reason))
        self.reason, self.remedy = reason, remedy


@dataclass(frozen=True)
class Lookup:
    """The features a reference may name: by key, or by a label that only one of them has."""

    title: str
    keys: frozenset[str]
    by_label: Mapping[str, str] = field(default_factory=dict)
    shared: frozenset[str] = frozenset()
    """Labels that several have."""

    def key(self, text: str) -> str:
        if text in self.keys:
            return text
        if text in self.by_label:
            return self.by_label[text]
        known = [*self.by_label, *self.keys]
        near = difflib.get_close_matches(text, known[:5000], n=1, cutoff=0.4)
        remedy = said("最接近的是“{near}”", near=near[0]) if near else said("请先在“{title}”中登记", title=self.title)
        raise WrongCell(said("{title}中没有“{text}”", title=self.title, text=text[:40]), remedy)


def parser(layer: Layer, name: str, lookups: Mapping[str, Lookup], shift: timedelta = timedelta()) -> Parse:
    """The function that reads cells of a column; it raises WrongCell or, for a layer's own parser, ValueError."""
    column = layer.table.c[name]
    if name in lookups:
        return lookups[name].key
    if name == "status":
        return _coded({s.code: (s.label, *s.aliases) for s in layer.statuses}, "状态")
    own = layer.cell_parsers.get(name)
    if own:
        return own
    if "choices" in column.info:
        return _coded({code: (label,) for code, label in column.info["choices"].items()}, layer.column_title(name))
    return _typed(column, shift)


def _typed(column: Column[Any], shift: timedelta) -> Parse:
    kind = column.type
    if isinstance(kind, Boolean):
        return _boolean
    if isinstance(kind, Integer):
        return _whole
    if isinstance(kind, Float):
        return lambda text: float(_decimal(text, column.info.get("unit", "")))
    if isinstance(kind, Numeric):
        return _numeric(kind, column.info.get("unit", ""))
    if isinstance(kind, DateTime):
        return lambda text: _moment(text) + shift
    if isinstance(kind, Date):
        return lambda text: _date(text) + shift
    return str


def _coded(codes: Mapping[str, tuple[str, ...]], title: str) -> Parse:
    known = {same(label): code for code, labels in codes.items() for label in labels} | {same(c): c for c in codes}

    def read(text: str) -> str:
        found = known.get(same(text))
        if found is None:
            labels = [label for names in codes.values() for label in names]
            near = difflib.get_close_matches(text, labels, n=1, cutoff=0.4)
            some = near[0] if near else "、".join(labels[:6])
            raise WrongCell(
                said("{title}“{text}”不认识", title=title, text=text[:40]), said("最接近的是“{near}”", near=some)
            )
        return found

    return read


def same(text: str) -> str:
    """Titles and labels that people take for equal: width, case and blanks do not matter."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def plain(text: str) -> str:
    """Digits and signs in their half-width form."""
    return unicodedata.normalize("NFKC", text).replace("，", ",").strip()


def _decimal(text: str, unit: str) -> Decimal:
    cleaned = plain(text)
    if unit and cleaned.endswith(plain(unit)):
        cleaned = cleaned[: -len(plain(unit))].strip()
    if THOUSANDS.fullmatch(cleaned):
        cleaned = cleaned.replace(",", "")
    wrong = WrongCell(said("“{text}”不是数字", text=text[:40]), said("请写成 1234.5 这样的数字"))
    if "_" in cleaned:
        raise wrong
    try:
        found = Decimal(cleaned)
    except InvalidOperation:
        raise wrong from None
    if not found.is_finite() or abs(found.adjusted()) > 60:
        raise wrong
    return found


def _numeric(kind: Numeric[Any], unit: str) -> Parse:
    step = Decimal(1).scaleb(-(kind.scale or 0))
    top = Decimal(10) ** ((kind.precision or 38) - (kind.scale or 0))

    def read(text: str) -> Decimal:
        found = _decimal(text, unit)
        if abs(found) >= top:
            raise WrongCell(said("“{text}”太大", text=text[:40]), said("请核对单位，应小于 {top}", top=top))
        return found.quantize(step, ROUND_HALF_UP)

    return read


def _whole(text: str) -> int:
    found = _decimal(text, "")
    if found != found.to_integral_value() or abs(found) >= 2**31:
        raise WrongCell(said("“{text}”不是整数", text=text[:40]), said("请写成整数"))
    return int(found)


def _boolean(text: str) -> bool:
    cleaned = same(text)
    if cleaned not in TRUE + FALSE:
        raise WrongCell(said("“{text}”不是是或否", text=text[:40]), said("请写 是 或 否"))
    return cleaned in TRUE


def _date(text: str) -> date:
    cleaned = plain(text)
    if "T" in cleaned or " " in cleaned:
        return _moment(text).astimezone(TOWN_TIME).date()
    for pattern in DATES:
        if found := pattern.fullmatch(cleaned):
            try:
                return date(*(int(part) for part in found.groups()))
            except ValueError:
                break
    raise WrongCell(said("“{text}”不是日期", text=text[:40]), said("请写成 2026-03-02 这样的日期"))


def _moment(text: str) -> datetime:
    cleaned = plain(text).replace("/", "-")
    try:
        found = datetime.fromisoformat(cleaned)
    except ValueError:
        raise WrongCell(
            said("“{text}”不是日期时间", text=text[:40]), said("请写成 2026-03-02 08:30 这样的时间")
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=TOWN_TIME)
