"""Log in, log out, and one's own account."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session
from flask_security import verify_password
from sqlalchemy import delete, select
from werkzeug.wrappers import Response

from geoapp import db
from geoapp.accounts import login, people
from geoapp.accounts.tables import Token
from geoapp.errors import Forbidden, GeoAppError, InvalidEdit, NotLoggedIn
from geoapp.queries.reader import Right
from geoapp.web.access import access, current_reader
from geoapp.web.i18n import gettext

bp = Blueprint("account", __name__)


def local_target(text: str) -> str:
    """A path on this service to go to after logging in; anything else becomes the start page."""
    plain = text.startswith("/") and not text.startswith(("//", "/\\")) and "\\" not in text and "\n" not in text
    return text if plain and not any(ord(ch) < 32 for ch in text) else "/"


@bp.get("/login")
@access(Right.PUBLIC)
def login_form() -> str | Response:
    """The form; somebody already logged in goes on."""
    target = local_target(request.args.get("next", "/"))
    if current_reader().name:
        return redirect(target)
    return _form(target, "")


@bp.post("/login")
@access(Right.PUBLIC)
def log_in() -> Response | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Check the password and open a session."""
    target = local_target(request.form.get("next", "/"))
    try:
        account = login.checked_password(request.form.get("username", ""), request.form.get("password", ""))
    except GeoAppError as error:
        headers = {"Retry-After": str(error.retry_after)} if hasattr(error, "retry_after") else {}
        status = 429 if headers else 401
        return _form(target, gettext(error.message, **error.values)), status, headers
    login.open_session(account)
    return redirect(target)


def _form(target: str, problem: str) -> str:
    settings = login.current_app.extensions["settings"]
    demo = people.DEMO_ACCOUNTS if settings.seed == "demo" else {}
    return render_template("login.html", title=gettext("登录"), target=target, problem=problem, demo=demo)


@bp.post("/logout")
@access(Right.PUBLIC)
def log_out() -> Response:
    """End the session here and on the server."""
    login.close_session()
    return redirect("/login")


@bp.get("/account")
@access(Right.VIEW)
def account() -> str:
    """Who I am, what I may do, my tokens."""
    return _account_page()


def _account_page(problem: str = "", done: str = "", token: str = "") -> str:
    reader = current_reader()
    if not reader.name:
        raise NotLoggedIn("这个页面需要登录")
    mine = people.find(db.session(), reader.name)
    tokens = db.session().execute(select(Token).where(Token.account_id == (mine.id if mine else 0))).scalars().all()
    return render_template(
        "account.html", title=gettext("我的账号"), mine=mine, tokens=tokens, problem=problem, done=done, token=token
    )


@bp.post("/account/password")
@access(Right.VIEW)
def change_password() -> str | tuple[str, int]:
    """Set a new password after giving the old one; other sessions end."""
    mine = people.find(db.session(), current_reader().name)
    if mine is None or not session.get("sid"):
        raise Forbidden("请用浏览器登录后再改密码")
    try:
        if not verify_password(request.form.get("old", ""), mine.password):
            raise InvalidEdit({"old": "原密码不对"})
        people.change_password(db.session(), mine, request.form.get("new", ""))
    except InvalidEdit as error:
        return _account_page(problem="；".join(gettext(why) for why in error.fields.values())), 422
    db.session().commit()
    login.open_session(mine)
    return _account_page(done=gettext("密码已修改，其他设备已退出"))


@bp.post("/account/tokens")
@access(Right.VIEW)
def new_token() -> str:
    """Make a token for scripts; it is shown this once."""
    token = people.make_token(db.session(), current_reader().name, request.form.get("name", "")[:60])
    db.session().commit()
    return _account_page(token=token)


@bp.post("/account/tokens/<int:token_id>/revoke")
@access(Right.VIEW)
def revoke_token(token_id: int) -> str:
    """End a token of one's own."""
    mine = people.find(db.session(), current_reader().name)
    db.session().execute(delete(Token).where(Token.id == token_id, Token.account_id == (mine.id if mine else 0)))
    db.session().commit()
    return _account_page(done=gettext("令牌已停用"))
