"""Simplified Chinese is the source text; English comes from the catalogues. Dates, 亩 and 元 are written for each.

Every translatable text is its own key: a text without an English entry fails a test, never a page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.messages.pofile import read_po
from flask import Flask, g, has_request_context, make_response, redirect, request, session
from markupsafe import Markup
from werkzeug.wrappers import Response

CATALOGUES = Path(__file__).resolve().parent.parent / "translations" / "en"
"""One ``.po`` file a subject; a text stands in one of them."""
LANGUAGES = ("zh", "en")
TOWN_TIME = ZoneInfo("Asia/Shanghai")


@lru_cache(maxsize=1)
def english() -> dict[str, str]:
    """zh text → English text."""
    found: dict[str, str] = {}
    for path in sorted(CATALOGUES.glob("*.po")):
        with path.open("rb") as file:
            found |= {str(m.id): str(m.string) for m in read_po(file) if m.id and m.string}
    return found


def current_language() -> str:
    """``zh`` or ``en``: the address, the session, the browser, in this order; zh outside a request."""
    if not has_request_context():
        return "zh"
    if "language" not in g:
        chosen = request.args.get("lang") or session.get("lang")
        if chosen not in LANGUAGES:
            best = request.accept_languages.best_match(["zh", "zh-CN", "en"], default="zh")
            chosen = "en" if best == "en" else "zh"
        g.language = chosen
    found: str = g.language
    return found


@contextmanager
def in_chinese() -> Iterator[None]:
    """For what is official: Chinese within, the reader's language again after it, errors too."""
    before = current_language()
    g.language = "zh"
    try:
        yield
    finally:
        g.language = before


def gettext(text: str, **values: Any) -> str:
    """The text in the reader's language with its ``{name}`` places filled."""
    shown = english().get(text, text) if current_language() == "en" else text
    return shown.format(**values) if values else shown


def ngettext(one: str, many: str, n: int, **values: Any) -> str:
    """Chinese has one form; English may need two."""
    return gettext(one if n == 1 else many, n=n, **values)


_ = gettext


def js_catalog() -> str:
    """The English catalogue for scripts, as JSON; empty in Chinese."""
    return json.dumps(english(), ensure_ascii=False) if current_language() == "en" else ""


def init_app(app: Flask) -> None:
    """Give templates the functions and filters, and remember a language chosen in the address."""
    app.jinja_env.globals.update(
        _=gettext, gettext=gettext, ngettext=ngettext, current_language=current_language, js_catalog=js_catalog
    )
    for made in (day, moment, mu, mu2, m2, yuan, percent, integer):
        app.jinja_env.filters[{"day": "date"}.get(made.__name__, made.__name__)] = made
    app.before_request(_remember)


def _remember() -> Response | None:
    chosen = request.args.get("lang")
    if chosen not in LANGUAGES or request.method != "GET" or "text/html" not in request.headers.get("Accept", ""):
        return None
    session["lang"] = chosen
    kept = [(k, v) for k, v in request.args.items(multi=True) if k != "lang"]
    from urllib.parse import urlencode

    return make_response(redirect(request.path + (f"?{urlencode(kept)}" if kept else "")))


def day(value: date | str | None) -> str:
    """2026年11月23日, or 23 Nov 2026."""
    if value is None:
        return ""
    if isinstance(value, str):
        value = date.fromisoformat(value[:10])
    if current_language() == "en":
        return f"{value.day} {value:%b %Y}"
    return f"{value.year}年{value.month}月{value.day}日"


def moment(value: datetime | str | None) -> str:
    """A moment in the town's own time, to the minute."""
    if value is None:
        return ""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    local = value.astimezone(TOWN_TIME)
    return f"{day(local.date())} {local:%H:%M}"


def _number(value: Any, digits: int) -> str:
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{exact:,}"


def mu(value: Any) -> str:
    """亩 of one feature: four decimals, without the unit."""
    return "" if value is None else _number(value, 4)


def mu2(value: Any) -> str:
    """亩 of a total: two decimals, without the unit."""
    return "" if value is None else _number(value, 2)


def m2(value: Any) -> str:
    """Square metres: two decimals, without the unit."""
    return "" if value is None else _number(value, 2)


def yuan(value: Any) -> str:
    """12.6 万元, or CNY 126,000.00; the full amount is in the title."""
    if value is None:
        return ""
    full = _number(value, 2)
    if current_language() == "en":
        return f"CNY {full}"
    amount = Decimal(str(value))
    short = f"{_number(amount / 10000, 2).rstrip('0').rstrip('.')} 万元" if abs(amount) >= 10000 else f"{full} 元"
    return Markup('<span title="{} 元">{}</span>').format(full, short)


def percent(value: Any) -> str:
    """A ratio as per cent with one decimal; what is not yet whole never reads 100.0."""
    if value is None:
        return ""
    shown = Decimal(_number(Decimal(str(value)) * 100, 1).replace(",", ""))
    if shown == 100 and Decimal(str(value)) < 1:
        shown = Decimal("99.9")
    return f"{shown}%"


def integer(value: Any) -> str:
    """Thousands apart."""
    return "" if value is None else f"{int(value):,}"
