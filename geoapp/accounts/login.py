"""Who asks: browser session, HTTP Basic or bearer token, settled before every view.

A request costs no query when its session, password or token was checked within the last second or minute; a closed account or
session is noticed by every process within a second.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from typing import Any

from flask import Flask, Request, current_app, g, request, session
from flask_security import Security, SQLAlchemySessionUserDatastore, verify_password
from flask_wtf import CSRFProtect
from sqlalchemy import delete, select
from werkzeug.local import LocalProxy

from geoapp import db
from geoapp.accounts import throttle
from geoapp.accounts.people import digest, find
from geoapp.accounts.tables import Account, LoginSession, Role, Token
from geoapp.errors import NotLoggedIn
from geoapp.queries.reader import NOBODY, ROLES, Reader, Right

IDLE_S = 30 * 60
ABSOLUTE_S = 12 * 3600
CHECKED_S = 1.0
BASIC_S = 60.0
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
ANONYMOUS_VIEW = Reader("", frozenset({Right.VIEW}))
csrf = CSRFProtect()


class Checked:
    """Answers of one process with the moment they were settled; bounded."""

    def __init__(self, size: int = 5000) -> None:
        self._size = size
        self._known: OrderedDict[str, tuple[float, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, life_s: float) -> Any:
        with self._lock:
            found = self._known.get(key)
        return found[1] if found and time.monotonic() - found[0] < life_s else None

    def put(self, key: str, value: Any) -> Any:
        with self._lock:
            self._known[key] = (time.monotonic(), value)
            while len(self._known) > self._size:
                self._known.popitem(last=False)
        return value


def init_app(app: Flask) -> None:
    """Attach authentication; Flask-Security hashes and checks passwords, its own pages stay off."""
    app.config.update(
        SECURITY_PASSWORD_SALT=hashlib.sha256(b"salt:" + str(app.config["SECRET_KEY"]).encode()).hexdigest(),
        SECURITY_PASSWORD_HASH="argon2",
        SECURITY_REGISTERABLE=False,
        SECURITY_RECOVERABLE=False,
        SECURITY_CHANGEABLE=False,
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False},
        SECURITY_USER_IDENTITY_ATTRIBUTES=[{"username": {"mapper": str}}],
        SESSION_COOKIE_NAME="geoapp",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=ABSOLUTE_S,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
    )
    store = SQLAlchemySessionUserDatastore(LocalProxy(db.session), Account, Role)
    Security(app, store, register_blueprint=False)
    csrf.init_app(app)
    app.extensions["checked"] = Checked()
    app.before_request(authenticate)


def authenticate() -> None:
    """Set ``g.reader``; raises NotLoggedIn for wrong credentials, and refuses a form without its CSRF token."""
    header = request.headers.get("Authorization", "")
    if header:
        g.reader = _by_header(header)
        return
    g.reader = _by_session() or (ANONYMOUS_VIEW if current_app.extensions["settings"].public_view else NOBODY)
    if request.method not in SAFE:
        csrf.protect()


def _checked() -> Checked:
    found: Checked = current_app.extensions["checked"]
    return found


def _reader(account: Account) -> Reader | None:
    settings = current_app.extensions["settings"]
    if not account.active or (account.demo and settings.seed == "none"):
        return None
    rights = frozenset(right for r in account.roles for right in ROLES.get(r.name, ()))
    return Reader(account.username, rights)


def _by_session() -> Reader | None:
    """The reader of the session cookie: alive, not idle, not too old, not ended on the server."""
    sid, now = session.get("sid"), time.time()
    if not sid:
        return None
    if now - session.get("seen", 0) > IDLE_S or now - session.get("since", 0) > ABSOLUTE_S:
        session.clear()
        return None
    if now - session["seen"] > 60:
        session["seen"] = now
    found = _checked().get(sid, CHECKED_S)
    if found is None:
        row = db.session().execute(
            select(Account).join(LoginSession, LoginSession.account_id == Account.id).where(LoginSession.id == sid)
        ).scalar_one_or_none()
        found = _checked().put(sid, (row and _reader(row)) or NOBODY)
    return found if found is not NOBODY else None


def _by_header(header: str) -> Reader:
    kind, _, value = header.partition(" ")
    if kind.lower() == "bearer":
        return _by_token(value.strip())
    if kind.lower() == "basic" and request.authorization and request.authorization.username is not None:
        return _by_password(request.authorization.username, request.authorization.password or "")
    raise NotLoggedIn("Authorization 头无法识别：请用 Basic 或 Bearer")


def _by_token(token: str) -> Reader:
    key = "token:" + digest(token)
    found = _checked().get(key, CHECKED_S)
    if found is None:
        row = db.session().execute(
            select(Account).join(Token, Token.account_id == Account.id).where(Token.sha256 == digest(token))
        ).scalar_one_or_none()
        found = _checked().put(key, (row and _reader(row)) or NOBODY)
    if found is NOBODY:
        raise NotLoggedIn("令牌无效或已停用")
    return found


def _by_password(name: str, password: str) -> Reader:
    """Basic: the slow hash once a minute, whether the account still stands once a second."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    key = "basic:" + hmac.new(secret, f"{name}\0{password}".encode(), "sha256").hexdigest()
    recent = _checked().get("now:" + key, CHECKED_S)
    if recent is not None:
        return recent
    known = _checked().get(key, BASIC_S)
    account = find(db.session(), name)
    if account and known == account.password:
        reader = _reader(account)
    else:
        account = checked_password(name, password)
        reader = _reader(account)
        _checked().put(key, account.password)
    if reader is None:
        raise NotLoggedIn("账号已停用")
    return _checked().put("now:" + key, reader)


def checked_password(name: str, password: str) -> Account:
    """The account when the password is right; raises NotLoggedIn, or TooManyTries. Unknown names take as long."""
    address = address_of(request)
    throttle.check(db.session(), name, address)
    account = find(db.session(), name)
    right = verify_password(password, account.password if account else _nobody_hash())
    if account is None or not right or _reader(account) is None:
        throttle.note(db.database(), name, address)
        raise NotLoggedIn("用户名或密码不对")
    throttle.forget(db.database(), name, address)
    return account


def _nobody_hash() -> str:
    from flask_security import hash_password

    found: str | None = current_app.extensions.get("nobody_hash")
    if found is None:
        found = current_app.extensions["nobody_hash"] = hash_password(secrets.token_urlsafe(12))
    return found


def address_of(asked: Request) -> str:
    """The client's address as the (trusted) proxy or the socket gives it."""
    return asked.remote_addr or ""


def open_session(account: Account) -> None:
    """Start a new browser session after a right password; the old cookie's content is dropped."""
    language = session.get("lang")
    session.clear()
    sid, now = secrets.token_urlsafe(24), time.time()
    opened = db.session()
    opened.add(LoginSession(id=sid, account_id=account.id))
    opened.commit()
    session.permanent = True
    session.update(sid=sid, seen=now, since=now, **({"lang": language} if language else {}))


def close_session() -> None:
    """End this browser's session on the server and in the cookie."""
    sid = session.get("sid")
    if sid:
        opened = db.session()
        opened.execute(delete(LoginSession).where(LoginSession.id == sid))
        opened.commit()
        _checked().put(sid, NOBODY)
    session.clear()
