"""``asof=2026-06-30`` on any page, tile or file: the town as it was at the end of that day.

``asof`` is a day of the town or an RFC 3339 moment, ``as_of`` the same word; ``basis=effective`` asks what was true on the
ground that day instead of what was recorded by then. Only reading is possible in the past.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from flask import g, request

from geoapp.errors import BadRequest
from geoapp.queries import past as pasts
from geoapp.queries.past import Past
from geoapp.web import context
from geoapp.web.i18n import TOWN_TIME

NAMES = ("asof", "as_of")


def settle() -> None:
    """Before every request: what moment it is about."""
    given = next((request.args[n].strip() for n in NAMES if request.args.get(n, "").strip()), "")
    if not given:
        return
    if request.method not in ("GET", "HEAD"):
        raise BadRequest("过去的日子只能看，不能改")
    found = moment(given)
    if found <= datetime.now(UTC):
        g.past = pasts.of(found, context.layers().values(), effective=request.args.get("basis") == "effective")


def moment(text: str) -> datetime:
    """The last moment of a day of the town, or the moment itself, in UTC; raises BadRequest."""
    try:
        if len(text) == 10:
            following = date.fromisoformat(text) + timedelta(days=1)
            return (datetime.combine(following, time(), TOWN_TIME) - timedelta(microseconds=1)).astimezone(UTC)
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except (ValueError, OverflowError):
        raise BadRequest("asof 应为日期或 RFC 3339 时间，如 2026-06-30") from None
    return (found if found.tzinfo else found.replace(tzinfo=TOWN_TIME)).astimezone(UTC)


def kept() -> dict[str, str]:
    """The parameters that keep a link in the past this request is about."""
    if past() is None:
        return {}
    given = next(request.args[n] for n in NAMES if request.args.get(n, "").strip())
    return {"asof": given, "basis": "effective" if request.args.get("basis") == "effective" else ""}


def now_address() -> str:
    """This page as it is now."""
    pairs = [(k, v) for k, v in request.args.items(multi=True) if k not in (*NAMES, "basis")]
    return request.script_root + request.path + ("?" + urlencode(pairs) if pairs else "")


def past() -> Past | None:
    """The past this request is about, or None for now."""
    found: Past | None = g.get("past")
    return found
