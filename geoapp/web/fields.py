"""The columns of a layer that people edit, as form fields: title, kind, choices."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Date, Integer, Numeric, select
from sqlalchemy.orm import Session

from geoapp.layer import Layer
from geoapp.registry import Layers
from geoapp.web.i18n import gettext


def editable(layer: Layer, layers: Layers, session: Session, *, whole: bool = False) -> list[dict[str, Any]]:
    """``[{name, title, type, choices, nullable}]``, the status first; the key, which names one feature alone, when ``whole``."""
    kept = ("status", layer.status_date, "" if whole else layer.key)
    names = ["status", *(n for n in layer.writable if n not in kept)]
    return [_field(layer, layers, name, session) for name in names]


def _field(layer: Layer, layers: Layers, name: str, session: Session) -> dict[str, Any]:
    column = layer.table.c[name]
    return {
        "name": name,
        "title": gettext("状态") if name == "status" else gettext(layer.column_title(name)),
        "type": _kind(column.type),
        "choices": _choices(layer, layers, name, session),
        "nullable": bool(column.nullable),
    }


def _kind(kind: Any) -> str:
    if isinstance(kind, Boolean):
        return "boolean"
    if isinstance(kind, (Integer, Numeric)):
        return "number"
    return "date" if isinstance(kind, Date) else "text"


def _choices(layer: Layer, layers: Layers, name: str, session: Session) -> list[list[str]]:
    if name == "status":
        return [[s.code, gettext(s.label)] for s in layer.statuses]
    reference = layer.reference_by_column.get(name)
    if reference is not None:
        parent = layers[reference.layer]
        t = parent.table.c
        rows = session.execute(select(t[parent.key], t[reference.label]).order_by(t[parent.key])).all()
        return [[code, f"{code} {label}"] for code, label in rows]
    listed = layer.table.c[name].info.get("choices") or {}
    return [
        [str(code), f"{code} {gettext(label)}" if str(code).isdigit() else gettext(label)]
        for code, label in listed.items()
    ]
