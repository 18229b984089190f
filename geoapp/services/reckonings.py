"""Households reckoned and paid: each run keeps what went in and what came out; payments never exceed the total."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, cast, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from geoapp.errors import Conflict, InvalidEdit, NotFound
from geoapp.layer import Layer
from geoapp.money import fen
from geoapp.money_tables import Payment, RateBook, Reckoned
from geoapp.reckoning import Item, Line
from geoapp.said import said
from geoapp.services import rates

MOST_ITEMS = 200


@dataclass(frozen=True, slots=True)
class Household:
    """Features reckoned together, and what they share."""

    layer: Layer
    shared: Mapping[str, Any]
    rows: tuple[Mapping[str, Any], ...]
    alone: str = ""
    """Key of the only feature when it has no holder."""

    @property
    def key(self) -> str:
        declared = rates.reckoning_of(self.layer)
        return json.dumps([*(self.shared[n] for n in declared.together), self.alone], ensure_ascii=False)

    @property
    def payee(self) -> str:
        declared = rates.reckoning_of(self.layer)
        return str(self.shared[declared.holder] or declared.nobody)


@dataclass(frozen=True, slots=True)
class Account:
    """The latest run of a household, its book, and what was paid so far."""

    run: Reckoned
    book: RateBook
    lines: tuple[Line, ...]
    payments: tuple[Payment, ...]
    runs: int

    @property
    def paid(self) -> Decimal:
        return sum((p.amount for p in self.payments), Decimal("0.00"))

    @property
    def left(self) -> Decimal:
        return self.run.total - self.paid

    def of_payee(self) -> dict[str, Decimal]:
        """The total by who is to be paid."""
        found: dict[str, Decimal] = {}
        for line in self.lines:
            found[line.payee] = found.get(line.payee, Decimal("0.00")) + line.amount
        return found


@dataclass(frozen=True, slots=True)
class Sum:
    """Money of the households that share a reference."""

    key: str
    n: int
    total: Decimal
    paid: Decimal


def household(session: Session, layer: Layer, key: str) -> Household:
    """The household of the feature with this key; a feature without a holder stands alone. NotFound."""
    declared = rates.reckoning_of(layer)
    t = layer.table.c
    names = [n for n in layer.columns_by_name if n not in ("version", "updated_at", "updated_by")]
    first = (
        session.execute(select(*(t[n] for n in names)).where(t[layer.key] == key.replace("\x00", "")))
        .mappings()
        .first()
    )
    if first is None:
        raise NotFound("{title}中没有“{key}”，可能已删除或编号有误", title=layer.title, key=key[:60])
    shared = {n: first[n] for n in declared.together}
    if not first[declared.holder]:
        return Household(layer, shared, (dict(first),), key)
    same = [t[n].is_not_distinct_from(v) for n, v in shared.items()]
    found = session.execute(
        select(*(t[n] for n in names)).where(*same, t.status.not_in(layer.uncounted)).order_by(t[layer.key])
    ).mappings()
    return Household(layer, shared, tuple(dict(r) for r in found) or (dict(first),))


def reckon(session: Session, home: Household, items: Sequence[Item], day: date, by: str) -> Reckoned:
    """A new run with the book in force on ``day``; raises InvalidEdit when the book does not cover something."""
    declared = rates.reckoning_of(home.layer)
    book = rates.book_on(session, home.layer, day)
    if len(items) > MOST_ITEMS:
        raise InvalidEdit({"items": said("最多 {n} 项", n=MOST_ITEMS)})
    try:
        lines = declared.lines(book.content, home.rows, items)
    except ValueError as error:
        raise InvalidEdit({"items": error.args[0]}) from None
    total = sum((line.amount for line in lines if line.counts), Decimal("0.00"))
    _lock(session, home)
    if total < paid_so_far(session, home):
        raise Conflict("新的合计少于已支付的金额，不能这样重算")
    run = Reckoned(
        layer=home.layer.id,
        household=home.key,
        place={n: home.shared[n] for n in declared.by},
        book_id=book.id,
        reckoned_on=day,
        facts=[_plain(r) for r in home.rows],
        items=[_plain(asdict(i)) for i in items],
        lines=[_plain(asdict(line)) for line in lines],
        total=total,
        by=by,
    )
    session.add(run)
    session.flush()
    return run


def demonstrate(session: Session, layer: Layer) -> int:
    """Reckon and pay every household of the demonstration town whose features are paid; returns how many."""
    declared = rates.reckoning_of(layer)
    t = layer.table.c
    when = t[layer.status_date] if layer.status_date else cast(t.updated_at, Date)
    wanted = (
        select(t[layer.key], t.status, when)
        .where(t.status.in_(declared.paid | declared.part_paid))
        .order_by(t[layer.key])
    )
    seen: set[str] = set()
    for key, status, at in session.execute(wanted).all():
        if key in seen:
            continue
        home = household(session, layer, key)
        seen |= {row[layer.key] for row in home.rows}
        run = reckon(session, home, (), at, "admin")
        share = Decimal("0.5") if status in declared.part_paid else Decimal(1)
        of = {code: Decimal(0) for code in declared.payees}
        for line in run.lines:
            of[line["payee"]] += Decimal(line["amount"]) if line["counts"] else 0
        for n, (code, amount) in enumerate((c, fen(a * share)) for c, a in of.items() if a):
            payee = declared.payees[code] if declared.payees[code] == declared.nobody else home.payee
            session.add(
                Payment(
                    reckoned_id=run.id,
                    voucher=f"YS-{run.id:05}-{n + 1}",
                    payee=payee,
                    amount=amount,
                    paid_on=run.reckoned_on,
                    by="admin",
                )
            )
    session.flush()
    return len(seen)


def account(session: Session, home: Household) -> Account | None:
    """The latest run of a household with its payments, or None before the first."""
    runs = select(Reckoned).where(Reckoned.layer == home.layer.id, Reckoned.household == home.key)
    run = session.execute(runs.order_by(Reckoned.id.desc()).limit(1)).scalar_one_or_none()
    if run is None:
        return None
    n = session.execute(select(func.count()).select_from(runs.subquery())).scalar_one()
    book = session.get_one(RateBook, run.book_id)
    paid = session.execute(_payments(home).order_by(Payment.paid_on, Payment.id)).scalars()
    return Account(run, book, tuple(_line(row) for row in run.lines), tuple(paid), n)


def pay(
    session: Session, home: Household, *, voucher: str, payee: str, amount: Decimal, paid_on: date, by: str
) -> Payment:
    """Record a payment, whole or in part; Conflict when it exceeds what is left or the voucher is known."""
    _lock(session, home)
    now = account(session, home)
    if now is None:
        raise Conflict("还没有测算，不能登记支付")
    if amount > now.left:
        raise Conflict("支付 {amount} 元超过未付的 {left} 元", amount=f"{amount:,.2f}", left=f"{now.left:,.2f}")
    made = Payment(reckoned_id=now.run.id, voucher=voucher, payee=payee, amount=amount, paid_on=paid_on, by=by)
    session.add(made)
    try:
        session.flush()
    except IntegrityError:
        session.rollback()
        raise Conflict("凭证号“{voucher}”已登记过", voucher=voucher) from None
    return made


def sums(session: Session, layer: Layer, by: str) -> list[Sum]:
    """Households, totals and payments by a reference: the latest run of each household."""
    rows = session.execute(
        text(
            "WITH latest AS (SELECT DISTINCT ON (household) * FROM reckoned WHERE layer = :layer ORDER BY household, id DESC), "
            "paid AS (SELECT r.household, sum(p.amount) AS amount FROM payment p JOIN reckoned r ON r.id = p.reckoned_id "
            "WHERE r.layer = :layer GROUP BY r.household) "
            "SELECT coalesce(l.place->>:by, '') AS key, count(*) AS n, sum(l.total) AS total, coalesce(sum(paid.amount), 0) AS paid "
            "FROM latest l LEFT JOIN paid USING (household) GROUP BY 1 ORDER BY total DESC, key"
        ),
        {"layer": layer.id, "by": by},
    )
    return [Sum(r.key, r.n, Decimal(r.total), Decimal(r.paid)) for r in rows]


def paid_so_far(session: Session, home: Household) -> Decimal:
    """What was paid to a household under any run."""
    wanted = _payments(home).with_only_columns(func.coalesce(func.sum(Payment.amount), 0))
    return Decimal(session.execute(wanted).scalar_one())


def _payments(home: Household) -> Any:
    return (
        select(Payment)
        .join(Reckoned, Reckoned.id == Payment.reckoned_id)
        .where(Reckoned.layer == home.layer.id, Reckoned.household == home.key)
    )


def _lock(session: Session, home: Household) -> None:
    """One at a time for a household, so that two payments cannot both fit."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": home.layer.id + home.key})


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {n: v if isinstance(v, (int, bool, type(None))) else str(v) for n, v in row.items()}


def _line(row: Mapping[str, Any]) -> Line:
    numbers = {n: Decimal(row[n]) for n in ("qty", "price", "factor", "amount")}
    return Line(**{**row, **numbers})
