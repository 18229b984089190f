"""Log in, log out, and one's own account."""

from __future__ import annotations

from flask import Blueprint, current_app, g, redirect, render_template, request
from werkzeug.wrappers import Response

from geoapp import db
from geoapp.accounts import login, passwords, people
from geoapp.accounts.tables import Account
from geoapp.accounts.throttle import TooManyTries
from geoapp.errors import Forbidden, InvalidEdit, NotLoggedIn
from geoapp.queries.reader import Right
from geoapp.web.access import RIGHTS, ROLE_NAMES, access, current_reader
from geoapp.web.i18n import gettext

bp = Blueprint("account", __name__)
Page = str | tuple[str, int] | tuple[str, int, dict[str, str]]


def local_target(text: str) -> str:
    """A path on this service to go to after logging in; anything else becomes the start page."""
    plain = text.isprintable() and text.startswith("/") and "\\" not in text and not text.startswith("//")
    return text if plain else "/"


@bp.get("/login")
@access(Right.PUBLIC)
def login_form() -> Page | Response:
    """The form; somebody already logged in goes on."""
    target = local_target(request.args.get("next", "/"))
    if current_reader().name:
        return redirect(target)
    return _login_page(target)


@bp.post("/login")
@access(Right.PUBLIC)
def log_in() -> Page | Response:
    """Check the password and open a session."""
    target = local_target(request.form.get("next", "/"))
    name, password = request.form.get("username", ""), request.form.get("password", "")
    try:
        account = login.password_holder(name.replace("\x00", ""), password)
    except TooManyTries as error:
        again = {"Retry-After": str(error.retry_after)}
        return _login_page(target, gettext(error.message, **error.values)), error.status, again
    except NotLoggedIn as error:
        return _login_page(target, gettext(error.message)), error.status
    login.open_session(account.id)
    return redirect(target, 303)


def _login_page(target: str, problem: str = "") -> str:
    demo = people.DEMO_ACCOUNTS if current_app.extensions["settings"].seed == "demo" else {}
    return render_template("login.html", title=gettext("登录"), target=target, problem=problem, demo=demo)


@bp.post("/logout")
@access(Right.PUBLIC)
def log_out() -> Response:
    """End the session here and on the server."""
    login.close_session()
    return redirect("/login", 303)


@bp.get("/account")
@access(Right.VIEW)
def account() -> Page:
    """Who I am, what I may do, my tokens."""
    return _account_page(_mine())


@bp.post("/account/password")
@access(Right.VIEW)
def change_password() -> Page:
    """Set a new password after giving the old one; the account's other sessions end."""
    mine = _mine(in_browser=True)
    try:
        login.password_holder(mine.username, request.form.get("old", ""))
        people.change_password(db.session(), mine, request.form.get("new", ""))
    except NotLoggedIn:
        return _account_page(mine, problem=gettext("原密码不对")), 422
    except InvalidEdit as error:
        return _account_page(mine, problem="；".join(gettext(why) for why in error.fields.values())), 422
    db.session().commit()
    login.open_session(mine.id)
    return _account_page(mine, done=gettext("密码已修改，其他设备已退出"))


@bp.post("/account/tokens")
@access(Right.VIEW)
def new_token() -> Page:
    """Make a token for scripts; it is shown this once."""
    mine = _mine(in_browser=True)
    token = people.make_token(db.session(), mine.username, request.form.get("name", "").replace("\x00", ""))
    db.session().commit()
    return _account_page(mine, token=token)


@bp.post("/account/tokens/<int:token_id>/revoke")
@access(Right.VIEW)
def revoke_token(token_id: int) -> Page:
    """End a token of one's own."""
    mine = _mine(in_browser=True)
    people.revoke_token(db.session(), mine, token_id)
    db.session().commit()
    return _account_page(mine, done=gettext("令牌已停用"))


def _mine(*, in_browser: bool = False) -> Account:
    """The reader's account; ``in_browser`` keeps a stolen token from making tokens and changing passwords."""
    if not current_reader().name:
        raise NotLoggedIn("这个页面需要登录")
    if in_browser and g.get("by_script"):
        raise Forbidden("请在浏览器里登录后再改")
    mine = people.find(db.session(), current_reader().name)
    if mine is None:
        raise NotLoggedIn("账号已停用")
    return mine


def _account_page(mine: Account, *, problem: str = "", done: str = "", token: str = "") -> str:
    rights = [(RIGHTS[right], current_reader().may(right)) for right in RIGHTS]
    return render_template(
        "account.html", title=gettext("我的账号"), mine=mine, roles=[ROLE_NAMES.get(r.name, r.name) for r in mine.roles],
        rights=rights, tokens=people.tokens(db.session(), mine), least=passwords.LEAST,
        problem=problem, done=done, token=token,
    )  # fmt: skip
