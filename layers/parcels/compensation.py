"""Compensation for a household's parcels: district prices, young crops, attachments, houses in three blocks, allowances.

Land and resettlement make one price (Land Administration Law art. 48; Implementation Regulations art. 32); the price
column of the published table is authoritative and never computed from a multiple. Crops, attachments, houses and social
security are lines of their own. The area that money is paid for is the signed one, rounded once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from geoapp.money import fen, parted
from geoapp.reckoning import Item, Line, Reckoning
from geoapp.said import said
from geoapp.workflow import statuses

ITEM_TABLES = {"crop": "青苗", "attachment": "附着物", "house": "房屋", "allowance": "补助和奖励"}
PAYEES = {"collective": "集体", "household": "农户", "insurance": "社保专户"}
BLOCKS = {"certified": "有证", "lawful": "未登记合法", "historic": "历史遗留无证"}
ONE = Decimal(1)


def lines(rates: Mapping[str, Any], parcels: Sequence[Mapping[str, Any]], items: Sequence[Item]) -> list[Line]:
    """Every line of one household; raises ValueError with a zh sentence when the rates do not cover something."""
    found: list[Line] = []
    for parcel in parcels:
        found += _land(rates, parcel)
    return found + [_item(rates, item) for item in items]


def signed_mu(parcel: Mapping[str, Any]) -> Decimal:
    """The signed area, else the measured one, to a hundredth of a mu."""
    area = parcel.get("area_paper_mu")
    return Decimal(area if area is not None else parcel["area_mu"]).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _land(rates: Mapping[str, Any], parcel: Mapping[str, Any]) -> list[Line]:
    key, mu = parcel["parcel_no"], signed_mu(parcel)
    zone = next((z for z in rates["zone"] if parcel["village"] in z["villages"]), None)
    if zone is None:
        raise ValueError(said("价目里没有地块 {key} 所在村的区片", key=key))
    factor = _factor(rates, parcel)
    price = Decimal(zone["yuan_per_mu"])
    total = fen(mu * price * factor)
    land, resettlement = parted(total, Decimal(zone["land_share"]))
    owner = "household" if parcel.get("household_name") else "collective"
    basis = f"{zone['name']} {price} 元/亩"
    made = [
        Line(key, "征地补偿", "土地补偿费", mu, "亩", price, factor, land, "collective", basis),
        Line(key, "征地补偿", "安置补助费", mu, "亩", price, factor, resettlement, owner, basis),
    ]
    for row in rates.get("social_security", ()):
        per = Decimal(row["yuan_per_mu"])
        made.append(
            Line(
                key,
                "社会保障",
                "被征地农民社保费",
                mu,
                "亩",
                per,
                ONE,
                fen(mu * per),
                "insurance",
                row["name"],
                counts=False,
            )
        )
    return made


def _factor(rates: Mapping[str, Any], parcel: Mapping[str, Any]) -> Decimal:
    fitting = [r for r in rates["class_factor"] if parcel["land_class"].startswith(r["prefix"])]
    if not fitting:
        raise ValueError(said("价目里没有地类 {code} 的系数", code=parcel["land_class"]))
    return Decimal(max(fitting, key=lambda r: len(r["prefix"]))["factor"])


def _item(rates: Mapping[str, Any], item: Item) -> Line:
    row = next((r for r in rates.get(item.table, ()) if r["code"] == item.code), None)
    if row is None or item.table not in ITEM_TABLES:
        raise ValueError(said("价目里没有“{code}”这一项", code=item.code))
    price = Decimal(row["yuan"])
    name = f"{row['name']}（{BLOCKS[row['block']]}）" if "block" in row else str(row["name"])
    amount, basis = fen(item.qty * price), str(row.get("note", ""))
    if item.unpaid:
        amount, basis = Decimal("0.00"), "预公告后抢栽抢建，不予补偿（实施条例第二十六条）"
    return Line(
        item.feature, ITEM_TABLES[item.table], name, item.qty, row["unit"], price, ONE, amount, "household", basis
    )


def problems(rates: Mapping[str, Any]) -> list[str]:
    """What is wrong with a book of rates, one sentence each."""
    found = [said("缺少“{table}”表", table=t) for t in ("zone", "class_factor") if not rates.get(t)]
    wanted = {
        "zone": ("code", "name", "villages", "yuan_per_mu", "land_share"),
        "class_factor": ("prefix", "factor"),
        "social_security": ("name", "yuan_per_mu"),
        **dict.fromkeys(ITEM_TABLES, ("code", "name", "unit", "yuan")),
    }
    for table, names in wanted.items():
        for n, row in enumerate(rates.get(table, ()), 1):
            found += [said("“{table}”第 {n} 行缺少 {name}", table=table, n=n, name=x) for x in names if x not in row]
            found += [
                said("“{table}”第 {n} 行的 {name} 应为不小于零的数", table=table, n=n, name=x)
                for x in ("yuan_per_mu", "land_share", "factor", "yuan")
                if x in row and not _amount(row[x])
            ]
            if table == "zone" and _amount(row.get("land_share", "0")) and Decimal(row.get("land_share", "0")) > 1:
                found.append(said("“{table}”第 {n} 行的 {name} 应在 0 与 1 之间", table=table, n=n, name="land_share"))
            if "block" in row and row["block"] not in BLOCKS:
                found.append(said("“{table}”第 {n} 行的 {name} 不认识", table=table, n=n, name="block"))
        codes = [row.get("code") for row in rates.get(table, ()) if row.get("code")]
        found += [
            said("“{table}”里“{code}”出现两次", table=table, code=c) for c in {x for x in codes if codes.count(x) > 1}
        ]
    placed = [v for z in rates.get("zone", ()) for v in z.get("villages", ())]
    found += [said("村 {code} 属于两个区片", code=v) for v in sorted({v for v in placed if placed.count(v) > 1})]
    return list(found)


def _amount(given: Any) -> bool:
    try:
        return Decimal(given).is_finite() and Decimal(given) >= 0
    except (InvalidOperation, TypeError, ValueError):
        return False


RECKONING = Reckoning(
    holder="household_name",
    together=("project", "village", "group", "household_name"),
    by=("project", "village"),
    tables=ITEM_TABLES,
    payees=PAYEES,
    lines=lines,
    problems=problems,
    lists=("villages",),
    nobody=PAYEES["collective"],
    part_paid=statuses("part_paid"),
    paid=statuses("paid", "cleared", "delivered", "closed"),
)
