"""Compensation pages: totals by reference, one household's sheet, its runs and payments. For any layer that declares it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from geoapp.db import session
from geoapp.errors import Forbidden, InvalidEdit
from geoapp.layer import Layer
from geoapp.money import capital
from geoapp.queries.reader import Right
from geoapp.reckoning import Item
from geoapp.said import said
from geoapp.services import access_log, deadlines, rates, reckonings, scopes
from geoapp.services.reckonings import Household
from geoapp.web import context
from geoapp.web.access import access, current_reader
from geoapp.web.i18n import gettext
from geoapp.web.pages import links

bp = Blueprint("money", __name__)
ROWS = 6
"""Empty rows of the form for items."""


@bp.record
def _pages_of_layers(state: BlueprintSetupState) -> None:
    for layer in state.app.extensions["layers"].values():
        if layer.reckoning is not None:
            named: dict[str, Any] = {"defaults": {"layer_id": layer.id}}
            path = f"/{layer.path}/<path:key>/money"
            state.add_url_rule(path, "sheet", sheet, methods=["GET"], **named)
            state.add_url_rule(path, "run", run, methods=["POST"], **named)
            state.add_url_rule(f"{path}/payments", "payment", payment, methods=["POST"], **named)


@bp.get("/money")
@access(Right.VIEW)
def totals() -> str:
    """Money by project, village or whatever the layer declares, and the books of rates."""
    parts = []
    for layer in context.layers().values():
        if layer.reckoning is not None:
            tables = [
                (name, _labels(layer, name), reckonings.sums(session(), layer, name)) for name in layer.reckoning.by
            ]
            parts.append((layer, tables, rates.books(session(), layer)))
    return render_template("money.html", title=gettext("补偿资金"), parts=parts)


@access(Right.PERSONAL)
def sheet(layer_id: str, key: str) -> str:
    """One household, one file: parcels, lines, payments, signatures; made for paper."""
    layer, home = _home(layer_id, key)
    access_log.record(session(), current_reader(), "money", f"{layer.id}/{key}", len(home.rows), True)
    return _page(layer, home, key)


@access(Right.EDIT)
def run(layer_id: str, key: str) -> ResponseReturnValue:
    """Reckon anew with the items of the form and the rates in force today."""
    layer, home = _home(layer_id, key)
    _within(home)
    try:
        reckonings.reckon(session(), home, _items(home), deadlines.today(), current_reader().name)
    except InvalidEdit as error:
        session().rollback()
        return _page(layer, home, key, error.fields), error.status
    session().commit()
    return redirect(f"{links.of_card(layer, key)}/money", 303)


@access(Right.EDIT)
def payment(layer_id: str, key: str) -> ResponseReturnValue:
    """Record a payment under its voucher."""
    layer, home = _home(layer_id, key)
    _within(home)
    given = {n: request.form.get(n, "").replace("\x00", "").strip() for n in ("voucher", "payee", "amount", "paid_on")}
    wrong: dict[str, str] = {n: said("必填") for n in ("voucher", "payee") if not given[n]}
    wrong |= {n: said("最多 {n} 个字", n=100) for n in ("voucher", "payee") if len(given[n]) > 100}
    amount = _number(given["amount"])
    if amount is None or amount <= 0 or amount != amount.quantize(Decimal("0.01")):
        wrong["amount"] = said("应为大于零、到分的金额")
    try:
        paid_on = date.fromisoformat(given["paid_on"])
        if paid_on > deadlines.today():
            wrong["paid_on"] = said("不能晚于今天")
    except ValueError:
        wrong["paid_on"] = said("应为日期，如 2026-06-30")
    if wrong or amount is None:
        return _page(layer, home, key, wrong), InvalidEdit.status
    reckonings.pay(
        session(), home, voucher=given["voucher"], payee=given["payee"], amount=amount, paid_on=paid_on,
        by=current_reader().name,
    )  # fmt: skip
    session().commit()
    return redirect(f"{links.of_card(layer, key)}/money", 303)


def _home(layer_id: str, key: str) -> tuple[Layer, Household]:
    layer = context.layers()[layer_id]
    return layer, reckonings.household(session(), layer, key)


def _within(home: Household) -> None:
    if scopes.refused(session(), current_reader(), home.layer, home.rows):
        raise Forbidden("这条记录不在您负责的村或项目内，请联系管理员")


def _items(home: Household) -> list[Item]:
    keys = {str(r[home.layer.key]) for r in home.rows}
    found = []
    parts = zip(*(request.form.getlist(n) for n in ("item", "qty", "feature", "unpaid")), strict=False)
    for item, qty, feature, unpaid in parts:
        table, _, code = item.partition(":")
        number = _number(qty)
        if not item:
            continue
        if number is None or number <= 0 or number > 10**9:
            raise InvalidEdit({"items": said("数量应为大于零的数")})
        found.append(Item(table, code, number, feature if feature in keys else min(keys), unpaid == "1"))
    return found


def _number(given: str) -> Decimal | None:
    try:
        found = Decimal(given.replace(",", ""))
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found.adjusted()) < 15 else None


def _page(layer: Layer, home: Household, key: str, problems: Mapping[str, str] | None = None) -> str:
    reckoning = rates.reckoning_of(layer)
    now = reckonings.account(session(), home)
    book = next(iter(rates.books(session(), layer)), None)
    return render_template(
        "household.html", title=gettext("一户一档 {key}", key=key), layer=layer, home=home, key=key, account=now, book=book,
        reckoning=reckoning, problems=problems or {}, capital=capital, rows_left=ROWS, today=deadlines.today(),
        labels={r.column: _labels(layer, r.column) for r in layer.references}, categories=_categories(now),
    )  # fmt: skip


def _categories(now: reckonings.Account | None) -> list[tuple[str, list[Any], Decimal]]:
    found: dict[str, list[Any]] = {}
    for line in now.lines if now else ():
        found.setdefault(line.category, []).append(line)
    return [(name, lines, sum((x.amount for x in lines), Decimal("0.00"))) for name, lines in found.items()]


def _labels(layer: Layer, column: str) -> Mapping[str, str]:
    reference = layer.reference_by_column[column]
    parent = context.layers()[reference.layer]
    t = parent.table.c
    rows = session().execute(select(t[parent.key], t[reference.label]))
    return {row[0]: row[1] for row in rows}
