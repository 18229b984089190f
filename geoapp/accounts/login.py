"""Who asks: browser session, HTTP Basic or bearer token, settled before every view.

A request costs no query when its session, password or token was looked at within the last second; so a closed session, a
revoked token or a disabled account is noticed by every process within a second.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import Any, cast

from flask import Flask, current_app, g, request, session
from flask_security import Security, SQLAlchemySessionUserDatastore
from sqlalchemy import Connection
from werkzeug.local import LocalProxy

from geoapp import db
from geoapp.accounts import forgery, passwords, standing, throttle
from geoapp.accounts.checked import Checked
from geoapp.accounts.cookie import CookieSessions
from geoapp.accounts.standing import Standing
from geoapp.accounts.tables import Account, Role
from geoapp.errors import NotLoggedIn
from geoapp.queries.reader import NOBODY, Reader, Right
from geoapp.settings import Settings

STANDING_S = 1.0
PROVEN_S = 60.0
ANONYMOUS_VIEW = Reader("", frozenset({Right.VIEW}))


@dataclass(frozen=True, slots=True)
class Known:
    """What this process knows: who stands now, and which passwords were proven lately (as keyed digests)."""

    readers: Checked[Reader]
    proven: Checked[str]
    key: bytes
    demo: bool
    anonymous: Reader


def init_app(app: Flask) -> None:
    """Attach authentication.

    Flask-Security keeps accounts and roles and hashes, checks and renews passwords. Its pages and sessions stay off: they
    could neither end one session on the server nor spare cached tiles a query. For the same reason the hooks are dropped
    that it and Flask-WTF would run on every request.
    """
    settings: Settings = app.extensions["settings"]
    secret = str(app.config["SECRET_KEY"]).encode()
    app.config.update(
        SECURITY_PASSWORD_SALT=hmac.new(secret, b"password salt", "sha256").hexdigest(),
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 — the algorithm's name
        SECURITY_PASSWORD_LENGTH_MIN=passwords.LEAST,
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False},
        SECURITY_USER_IDENTITY_ATTRIBUTES=[{"username": {"mapper": str}}],
        SECURITY_CLI_USERS_NAME=False,
        SECURITY_CLI_ROLES_NAME=False,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
    )
    app.session_interface = CookieSessions()
    before, after = list(app.before_request_funcs[None]), list(app.after_request_funcs[None])
    forgery.init_app(app)
    Security(
        app, SQLAlchemySessionUserDatastore(cast(Any, LocalProxy(db.session)), Account, Role), register_blueprint=False
    )
    app.before_request_funcs[None], app.after_request_funcs[None] = before, after
    anonymous = ANONYMOUS_VIEW if settings.public_view else NOBODY
    app.extensions["known"] = Known(Checked(STANDING_S), Checked(PROVEN_S), secret, settings.seed != "none", anonymous)
    app.before_request(authenticate)


def authenticate() -> None:
    """Set ``g.reader``; raises NotLoggedIn for wrong credentials of a script."""
    header = request.environ.get("HTTP_AUTHORIZATION")
    if header:
        g.reader = _by_header(header)
        g.by_script = True
        return
    secret = session.get("sid")
    g.reader = (_by_session(secret) if secret else NOBODY) or _known().anonymous


def _known() -> Known:
    found: Known = current_app.extensions["known"]
    return found


def _by_session(secret: str) -> Reader | None:
    known = _known()
    reader = known.readers.settle(
        "session:" + secret, lambda: standing.of_session(db.database(), secret, demo=known.demo)
    )
    return reader if reader.name else None


def _by_header(header: str) -> Reader:
    kind, _, value = header.partition(" ")
    known = _known()
    mark = hmac.digest(known.key, header.encode(), "sha256").hex()
    if kind.lower() == "bearer":
        token = value.strip()
        reader = known.readers.settle("token:" + mark, lambda: standing.of_token(db.database(), token, demo=known.demo))
        if not reader.name:
            raise NotLoggedIn("令牌无效或已停用")
        return reader
    if kind.lower() == "basic":
        return known.readers.settle("basic:" + mark, lambda: _by_password(mark))
    raise NotLoggedIn("Authorization 头无法识别：请用 Basic 或 Bearer")


def _by_password(mark: str) -> Reader:
    """Basic: the slow hash once a minute, whether the account still stands once a second."""
    given = request.authorization
    if given is None or not given.username or "\x00" in given.username:
        raise NotLoggedIn("用户名或密码不对")
    known = _known()
    proven = known.proven.get(mark)
    if proven is not None:
        account = standing.now(db.database(), given.username, demo=known.demo)
        if account and account.active and account.password == proven:
            return account.reader
        known.proven.drop(mark)
    account = password_holder(given.username, given.password or "")
    known.proven.put(mark, account.password)
    return account.reader


def password_holder(name: str, password: str) -> Standing:
    """The account when the password is right; raises NotLoggedIn, or TooManyTries. Unknown names take as long."""
    demo = _known().demo
    unknown = passwords.of_nobody()

    def check(connection: Connection) -> Standing | None:
        account = standing.of_account(connection, name, demo=demo)
        right = passwords.matches(password, account.password if account else unknown)
        return account if right and account and account.active else None

    found = throttle.guarded(db.database(), name, request.remote_addr or "", check)
    if found is None:
        raise NotLoggedIn("用户名或密码不对")
    return found


def open_session(account_id: int) -> None:
    """Start a browser session after a right password. An earlier one of this browser ends; nothing of its cookie is kept."""
    close_session()
    secret = secrets.token_urlsafe(32)
    standing.open_session(db.database(), secret, account_id)
    session["sid"] = secret


def close_session() -> None:
    """End this browser's session on the server and in the cookie."""
    secret = session.get("sid")
    session.clear()
    if secret:
        standing.close_session(db.database(), secret)
        _known().readers.put("session:" + secret, NOBODY)
