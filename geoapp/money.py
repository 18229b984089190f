"""Money to the fen: rounding, shares that always sum, and amounts in the characters that vouchers ask for (大写)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

FEN = Decimal("0.01")
DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万")
MOST = Decimal(10) ** 16


def fen(amount: Decimal) -> Decimal:
    """Rounded half up to the fen."""
    return amount.quantize(FEN, ROUND_HALF_UP)


def parted(total: Decimal, share: Decimal) -> tuple[Decimal, Decimal]:
    """A total in two: ``share`` of it to the fen, and the rest, so that both always sum to the total."""
    first = fen(total * share)
    return first, total - first


def capital(amount: Decimal) -> str:
    """12305.06 → 壹万贰仟叁佰零伍元零陆分. Raises ValueError for what no voucher can carry."""
    if not amount.is_finite() or amount != fen(amount) or abs(amount) >= MOST:
        raise ValueError(f"not an amount in fen below 10^16: {amount}")
    cents = int(abs(amount) * 100)
    yuan, jiao, rest = cents // 100, cents // 10 % 10, cents % 10
    words = _whole(yuan) + "元" if yuan else ""
    if jiao:
        words += DIGITS[jiao] + "角"
    elif rest and yuan:
        words += DIGITS[0]
    if rest:
        words += DIGITS[rest] + "分"
    else:
        words = (words or "零元") + "整"
    return ("负" if amount < 0 else "") + words


def _whole(number: int) -> str:
    words, zero = "", False
    groups: list[int] = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    for i in range(len(groups) - 1, -1, -1):
        if not groups[i]:
            zero = bool(words)
            if i == 2 and len(groups) > 3:
                words += "亿"
            continue
        if words and (zero or groups[i] < 1000):
            words += DIGITS[0]
        words += _group(groups[i]) + GROUPS[i]
        zero = False
    return words


def _group(number: int) -> str:
    words, zero = "", False
    for place in range(3, -1, -1):
        digit = number // 10**place % 10
        if digit:
            words += (DIGITS[0] if zero and words else "") + DIGITS[digit] + PLACES[place]
            zero = False
        else:
            zero = True
    return words
