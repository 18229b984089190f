"""Texts of forms and JSON into values of a layer's columns; everything wrong is told at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Boolean, Date, Integer, Numeric
from sqlalchemy.dialects.postgresql import JSONB

from geoapp.errors import InvalidEdit
from geoapp.layer import Layer
from geoapp.said import said

LONGEST = 4000


def parsed(layer: Layer, given: Mapping[str, Any]) -> dict[str, Any]:
    """Column → value for the writable columns in ``given``; raises InvalidEdit naming each wrong one.

    An empty text is no value; a status may be a code or its label.
    """
    found: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, value in given.items():
        if name not in layer.writable:
            wrong[name] = said("没有这一列或不可修改")
            continue
        try:
            found[name] = one(layer, name, value)
        except (ValueError, InvalidOperation, TypeError) as error:
            wrong[name] = error.args[0] if error.args and hasattr(error.args[0], "values") else said("类型不对")
    if wrong:
        raise InvalidEdit(wrong)
    return found


def one(layer: Layer, name: str, value: Any) -> Any:
    """One value of one column; raises ValueError with a sentence."""
    column = layer.table.c[name]
    if isinstance(value, str):
        value = value.replace("\x00", "").strip()
    if value is None or value == "":
        if not column.nullable:
            raise ValueError(said("必填"))
        return None
    if isinstance(column.type, JSONB):
        return value
    if isinstance(value, (list, dict)):
        raise ValueError(said("应为一个值"))
    if name == "status":
        return _status(layer, str(value))
    return _typed(layer, name, value)


def _status(layer: Layer, text: str) -> str:
    if text in layer.status_by_code:
        return text
    for status in layer.statuses:
        if text == status.label or text in status.aliases:
            return status.code
    raise ValueError(said("没有状态“{text}”", text=text[:40]))


def _typed(layer: Layer, name: str, value: Any) -> Any:
    column = layer.table.c[name]
    kind, text = column.type, str(value)
    if isinstance(kind, Boolean):
        if text.lower() in ("true", "1", "on", "是"):
            return True
        if text.lower() in ("false", "0", "off", "否"):
            return False
        raise ValueError(said("应为是或否"))
    if isinstance(kind, Integer):
        if isinstance(value, bool) or not text.lstrip("-").isdigit() or not text.isascii() or len(text) > 18:
            raise ValueError(said("应为整数"))
        return int(text)
    if isinstance(kind, Numeric):
        return _decimal(kind, text, is_bool=isinstance(value, bool))
    if isinstance(kind, Date):
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise ValueError(said("应为日期，如 2026-06-30")) from None
    choices = column.info.get("choices")
    if choices is not None and text not in choices:
        by_label = [code for code, label in choices.items() if label == text]
        if not by_label:
            raise ValueError(said("“{text}”不在可选范围内", text=text[:40]))
        return by_label[0]
    if len(text) > LONGEST:
        raise ValueError(said("最多 {n} 个字", n=LONGEST))
    return text


def _decimal(kind: Any, text: str, *, is_bool: bool) -> Decimal:
    """Exactly as written: digits beyond the column's scale are refused, never rounded away."""
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise ValueError(said("应为数字")) from None
    if is_bool or not number.is_finite() or abs(number.adjusted()) > 30:
        raise ValueError(said("应为数字"))
    if kind.scale is not None and number != number.quantize(Decimal(1).scaleb(-kind.scale)):
        raise ValueError(said("最多 {n} 位小数", n=kind.scale))
    return number
