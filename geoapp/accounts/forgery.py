"""Against forged requests: what changes something needs the page's own token, and comes from our own pages.

Scripts with HTTP Basic or a token are not asked: no browser sends those for somebody else.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, g, request
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError

from geoapp.errors import Forbidden

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    """Tokens for forms (``csrf_token()``) and scripts (``X-CSRFToken``); they live as long as the session."""
    app.config.update(WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=False, WTF_CSRF_CHECK_DEFAULT=False)
    _csrf.init_app(app)


def refuse() -> None:
    """Raise Forbidden for a browser's unsafe request without the token or from a foreign page."""
    if request.method in SAFE or g.get("by_script"):
        return
    if _foreign():
        raise Forbidden("这个请求来自别的网站，已拒绝")
    try:
        _csrf.protect()
    except CSRFError as error:
        raise Forbidden("页面已过期或缺少防伪令牌，请刷新页面后重试") from error


def _foreign() -> bool:
    """``Origin`` (or ``Referer``) names another host, or the browser itself says that the request crossed sites."""
    if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        return True
    source = request.headers.get("Origin") or request.headers.get("Referer")
    return bool(source) and urlsplit(source or "").netloc != request.host
