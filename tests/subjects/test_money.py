"""Money to the fen: shares sum, words read back, runs stay as they were, nobody is paid twice."""

from __future__ import annotations

import copy
import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from geoapp.errors import BadRequest, Conflict, InvalidEdit
from geoapp.money import DIGITS, capital, fen, parted
from geoapp.money_tables import Reckoned
from geoapp.reckoning import Item
from geoapp.registry import Layers
from geoapp.services import rates, reckonings
from geoapp.towns import SEED_FOLDER
from tests.support import logged_in

BOOK = SEED_FOLDER / "rates_demo.toml"
amounts = st.integers(0, 10**18 - 1).map(lambda n: Decimal(n) / 100)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "零元整"), ("0.05", "伍分"), ("10", "壹拾元整"), ("10.05", "壹拾元零伍分"), ("1005.50", "壹仟零伍元伍角整"),
        ("12305.06", "壹万贰仟叁佰零伍元零陆分"), ("100010000", "壹亿零壹万元整"), ("1000000000000", "壹万亿元整"),
        ("20010300", "贰仟零壹万零叁佰元整"), ("-5.5", "负伍元伍角整"),
    ],
)  # fmt: skip
def test_amounts_in_words(amount: str, words: str):
    assert capital(Decimal(amount)) == words


@given(st.integers(0, 10**10 - 1).map(lambda n: Decimal(n) / 100))
def test_words_never_hold_a_double_zero_and_differ_by_amount(amount: Decimal):
    words = capital(amount)
    assert "零零" not in words and not re.search(r"零[拾佰仟万亿]", words) and not words.startswith("零元零")
    assert words != capital(amount + Decimal("0.01"))
    assert (words[-1] == "整") == (amount * 10 % 1 == 0)


@given(st.integers(1, 99_999_999))
def test_words_read_back(number: int):
    words = capital(Decimal(number))
    high, _, low = words.removesuffix("元整").rpartition("万")
    assert _group(high) * 10_000 + _group(low) == number


def _group(words: str) -> int:
    total = digit = 0
    for sign in words:
        if sign in DIGITS:
            digit = DIGITS.index(sign)
        else:
            total, digit = total + digit * 10 ** ("拾佰仟".index(sign) + 1), 0
    return total + digit


@given(amounts, st.decimals(0, 1, places=4))
def test_two_shares_always_sum_to_the_total(total: Decimal, share: Decimal):
    one, other = parted(total, share)
    assert one + other == total and one == fen(one) and other == fen(other) and min(one, other) >= 0


def parcel(**more):
    return {
        "parcel_no": "A-1", "village": "361027100210", "land_class": "0101", "area_paper_mu": Decimal("3.205"),
        "area_mu": Decimal("9"), "household_name": "王小明", **more,
    }  # fmt: skip


def test_lines_of_a_household(layers: Layers):
    made = layers["parcels"].reckoning.lines(
        rates.read(BOOK),
        [parcel(), parcel(parcel_no="A-2", land_class="1101", area_paper_mu=None)],
        [
            Item("crop", "early_rice", Decimal("1.5"), "A-1"),
            Item("house", "brick_concrete-historic", Decimal("80.5"), "A-1"),
            Item("attachment", "camphor_small", Decimal(40), "A-1", unpaid=True),
        ],
    )
    of = {(x.feature, x.item): x for x in made}
    land, rest = of["A-1", "土地补偿费"], of["A-1", "安置补助费"]
    assert land.qty == Decimal("3.21") and land.amount + rest.amount == Decimal("102720.00")
    assert land.amount == Decimal("41088.00") and land.payee == "collective" and rest.payee == "household"
    assert of["A-2", "土地补偿费"].factor == Decimal("0.3")
    assert of["A-1", "早稻"].amount == Decimal("1650.00")
    assert of["A-1", "砖混结构房屋（历史遗留无证）"].amount == Decimal("38237.50")
    assert of["A-1", "芳樟 胸径10厘米以下"].amount == 0 and "抢栽抢建" in of["A-1", "芳樟 胸径10厘米以下"].basis
    assert not of["A-1", "被征地农民社保费"].counts


@pytest.mark.parametrize("change", [{"village": "999"}, {"land_class": "9999"}])
def test_what_the_rates_do_not_cover_is_said(layers: Layers, change):
    with pytest.raises(ValueError, match="价目里没有"):
        layers["parcels"].reckoning.lines(rates.read(BOOK), [parcel(**change)], [])


def test_a_wrong_book_is_refused_with_every_problem(demo_app, layers: Layers):
    wrong = copy.deepcopy(rates.read(BOOK))
    wrong["book"] |= {"code": "W", "effective_from": "soon"}
    wrong["zone"][0] |= {"yuan_per_mu": "-1", "land_share": "1.2"}
    wrong["zone"][1]["villages"] = wrong["zone"][0]["villages"]
    with demo_app.extensions["database"].session() as session, pytest.raises(BadRequest) as found:
        rates.add(session, layers["parcels"], wrong, "me")
    assert len(found.value.problems) > 5


def test_a_csv_says_the_same_as_toml(tmp_path, layers: Layers):
    path = tmp_path / "rates.csv"
    path.write_text(
        "table,code,title,effective_from,name,villages,yuan_per_mu,land_share,prefix,factor\n"
        "book,C-1,表格价目,2026-01-01,,,,,,\nzone,I,,,Ⅰ,361027100210;361027100211,32000,0.4,,\nclass_factor,,,,,,,,01,1\n",
        encoding="utf-8-sig",
    )
    found = rates.read(path, ("villages",))
    assert found["book"]["code"] == "C-1" and layers["parcels"].reckoning.problems(found) == []
    assert layers["parcels"].reckoning.lines(found, [parcel()], [])[0].amount == Decimal("41088.00")


@pytest.fixture
def signed(demo_app, layers: Layers):
    """(session, household) of a signed parcel that is not reckoned yet."""
    with demo_app.extensions["database"].session() as session:
        key = session.execute(
            text("SELECT parcel_no FROM parcel WHERE status = 'signed' AND household_name IS NOT NULL ORDER BY 1")
        ).scalars().all()  # fmt: skip
        homes = (reckonings.household(session, layers["parcels"], k) for k in key)
        yield session, next(h for h in homes if reckonings.account(session, h) is None)


def test_an_old_run_stays_as_it_was_when_the_rates_change(signed, layers: Layers):
    session, home = signed
    first = reckonings.reckon(session, home, (), date(2026, 3, 1), "me")
    before, total = copy.deepcopy(first.lines), first.total
    newer = rates.read(BOOK)
    newer["book"] |= {"code": "DEMO-2", "effective_from": "2026-06-01"}
    for zone in newer["zone"]:
        zone["yuan_per_mu"] = "50000"
    rates.add(session, layers["parcels"], newer, "me")
    again = reckonings.reckon(session, home, (), date(2026, 5, 31), "me")
    later = reckonings.reckon(session, home, (), date(2026, 6, 1), "me")
    session.expire_all()
    kept = session.execute(select(Reckoned).where(Reckoned.id == first.id)).scalar_one()
    assert kept.lines == before and again.total == total and later.total > total


def test_payments_never_exceed_the_total_and_a_voucher_counts_once(signed):
    session, home = signed
    total = reckonings.reckon(
        session, home, (Item("crop", "rape", Decimal(1), str(home.rows[0]["parcel_no"])),), date(2026, 3, 1), "me"
    ).total
    session.commit()
    half = fen(total / 2)

    def pay(voucher: str, amount: Decimal):
        made = reckonings.pay(
            session, home, voucher=voucher, payee="收款人", amount=amount, paid_on=date(2026, 3, 2), by="me"
        )
        session.commit()
        return made

    pay("V-1", half)
    with pytest.raises(Conflict, match="超过未付"):
        pay("V-2", total - half + Decimal("0.01"))
    session.rollback()
    with pytest.raises(Conflict, match="已登记过"):
        pay("V-1", Decimal(1))
    pay("V-3", total - half)
    account = reckonings.account(session, home)
    assert account is not None and account.left == 0 and account.paid == total
    with pytest.raises(InvalidEdit):
        reckonings.reckon(session, home, (Item("crop", "gold", Decimal(1), "x"),), date(2026, 3, 1), "me")


def test_a_run_and_a_payment_cannot_be_changed_afterwards(signed):
    session, home = signed
    reckonings.reckon(session, home, (), date(2026, 3, 1), "me")
    with pytest.raises(Exception, match="permission denied"):
        session.execute(text("UPDATE reckoned SET total = 0"))


def test_the_sheet_from_card_to_payment(demo_app, signed):
    _, home = signed
    key = home.rows[0]["parcel_no"]
    team, viewer = logged_in(demo_app, "team"), logged_in(demo_app, "viewer")
    url = f"/parcels/{key}/money"
    assert url in team.get(f"/parcels/{key}").get_data(as_text=True)
    assert viewer.get(url).status_code == 403
    page = team.get(url).get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]
    form = {"csrf_token": token, "item": "crop:late_rice", "qty": "2", "feature": key, "unpaid": "0"}
    assert team.post(url, data=form).status_code == 303
    page = team.get(url).get_data(as_text=True)
    assert "2,400.00" in page and "演示数据 非官方" in page and "户主（签字、手印）" in page and "整" in page
    assert team.post(url, data=form | {"qty": "-2"}).status_code == 422
    left = re.search(r'name="amount"[^>]*value="([\d.]+)"', page)[1]
    paid = {"csrf_token": token, "voucher": "PZ-1", "payee": "某某", "amount": left, "paid_on": "2026-11-20"}
    assert team.post(f"{url}/payments", data=paid | {"amount": "0.001"}).status_code == 422
    assert team.post(f"{url}/payments", data=paid).status_code == 303
    page = team.get(url).get_data(as_text=True)
    assert "PZ-1" in page and re.search(r'data-testid="left">0.00<', page)
    totals = viewer.get("/money").get_data(as_text=True)
    assert "演示数据 非官方" in totals and str(home.shared["household_name"]) not in totals


def test_totals_agree_however_they_are_grouped(app, layers: Layers):
    with app.extensions["database"].session() as session:
        by = {n: reckonings.sums(session, layers["parcels"], n) for n in ("project", "village")}
        whole = {n: (sum(s.n for s in x), sum(s.total for s in x), sum(s.paid for s in x)) for n, x in by.items()}
    assert whole["project"] == whole["village"] and whole["project"][0] > 100
    assert 0 < whole["project"][2] <= whole["project"][1]
