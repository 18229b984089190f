"""Administration: accounts and where they edit, who took what away, the office's days, the ledger's chain."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from geoapp import workdays
from geoapp.accounts import administration, passwords, people
from geoapp.db import session
from geoapp.errors import BadRequest, Conflict, Forbidden, GeoAppError, InvalidEdit
from geoapp.queries.reader import ROLES, Right
from geoapp.services import access_log, ledger_check
from geoapp.services import office as offices
from geoapp.web import context
from geoapp.web import office as office_of_request
from geoapp.web.access import ROLE_NAMES, access, current_reader
from geoapp.web.i18n import gettext

bp = Blueprint("admin", __name__, url_prefix="/admin")
PAGE = 100


@bp.before_request
def _in_a_browser() -> None:
    """A stolen token must not open accounts."""
    if request.method != "GET" and g.get("by_script"):
        raise Forbidden("请在浏览器里登录后再改")


@bp.get("")
@access(Right.ADMIN)
def accounts() -> str:
    """Every account."""
    return _accounts_page()


@bp.post("/people")
@access(Right.ADMIN)
def add() -> ResponseReturnValue:
    """A new account."""
    form = request.form
    name = form.get("username", "").replace("\x00", "").strip()
    try:
        people.add_user(
            session(), name, form.get("role", ""), form.get("password", ""), form.get("display_name", "")[:60]
        )
        session().commit()
    except (InvalidEdit, Conflict) as error:
        session().rollback()
        return _accounts_page(_told(error)), error.status
    return _done("account.add", name)


@bp.get("/people/<username>")
@access(Right.ADMIN)
def one(username: str) -> str:
    """One account: role, where it edits, password, tokens."""
    return _person_page(username)


@bp.post("/people/<username>")
@access(Right.ADMIN)
def revise(username: str) -> ResponseReturnValue:
    """Role, shown username and the places."""
    form = request.form
    scopes = [(c, k) for c, sign, k in (v.partition("=") for v in form.getlist("scope")) if sign and c in _places()]
    try:
        administration.revise(
            session(), current_reader().name, username, form.get("role", ""), form.get("display_name", ""), scopes
        )
        session().commit()
    except (InvalidEdit, Conflict) as error:
        session().rollback()
        return _person_page(username, _told(error)), error.status
    return _done("account.revise", username, there=True)


@bp.post("/people/<username>/active")
@access(Right.ADMIN)
def active(username: str) -> ResponseReturnValue:
    """Close the account, or open it again."""
    wanted = request.form.get("active") == "yes"
    try:
        administration.open_or_close(session(), current_reader().name, username, active=wanted)
        session().commit()
    except Conflict as error:
        session().rollback()
        return _person_page(username, _told(error)), error.status
    return _done("account.open" if wanted else "account.close", username, there=True)


@bp.post("/people/<username>/password")
@access(Right.ADMIN)
def password(username: str) -> ResponseReturnValue:
    """A new password for somebody who forgot theirs."""
    try:
        administration.reset_password(session(), username, request.form.get("password", ""))
        session().commit()
    except InvalidEdit as error:
        session().rollback()
        return _person_page(username, _told(error)), error.status
    return _done("account.password", username, there=True)


@bp.post("/people/<username>/tokens/<int:token_id>/revoke")
@access(Right.ADMIN)
def revoke(username: str, token_id: int) -> ResponseReturnValue:
    """End a token."""
    administration.revoke(session(), username, token_id)
    session().commit()
    return _done("account.token", username, there=True)


@bp.get("/access")
@access(Right.ADMIN)
def log() -> str:
    """Who saw personal values or took data away; ``by=`` one person, ``before=`` older entries."""
    before = request.args.get("before", "")
    by = request.args.get("by", "").replace("\x00", "")
    start = int(before) if before.isdigit() and len(before) < 18 else None
    rows = administration.log(session(), by=by, before=start, limit=PAGE + 1)
    more = rows[PAGE - 1].id if len(rows) > PAGE else None
    return render_template("admin/access.html", title=gettext("访问记录"), rows=rows[:PAGE], more=more, by=by)


@bp.get("/office")
@access(Right.ADMIN)
def office() -> str:
    """The office's own days and how terms are counted."""
    return _office_page()


@bp.post("/office/days")
@access(Right.ADMIN)
def days() -> ResponseReturnValue:
    """Name days worked or off, one a row."""
    text = request.form.get("days", "")
    try:
        rows = offices.read_days(text)
    except InvalidEdit as error:
        return _office_page(_told(error), text), error.status
    offices.set_days(session(), rows, current_reader().name)
    return _office_changed("office.days")


@bp.post("/office/days/forget")
@access(Right.ADMIN)
def forget() -> ResponseReturnValue:
    """Let the calendar speak for a day again."""
    try:
        offices.forget_day(session(), date.fromisoformat(request.form.get("day", "")))
    except ValueError:
        raise BadRequest("应为日期，如 2026-06-30") from None
    return _office_changed("office.days")


@bp.post("/office/rule")
@access(Right.ADMIN)
def rule() -> ResponseReturnValue:
    """Does the day of publication count?"""
    value = "yes" if request.form.get(offices.COUNT_FIRST_DAY) == "yes" else "no"
    offices.set_rule(session(), offices.COUNT_FIRST_DAY, value, current_reader().name)
    return _office_changed("office.rule")


@bp.get("/ledger")
@access(Right.ADMIN)
def ledger() -> str:
    """The newest digest of every chain, to be written down elsewhere."""
    return _ledger_page({})


@bp.post("/ledger")
@access(Right.ADMIN)
def check_ledger() -> str:
    """Reckon every chain anew."""
    connection = session().connection()
    return _ledger_page({x.id: ledger_check.check(connection, x) for x in context.layers().values()})


def _places() -> dict[str, tuple[str, list[Any]]]:
    """Reference column → its title and the (key, label) pairs one may be put in charge of."""
    layers = context.layers()
    found: dict[str, tuple[str, list[Any]]] = {}
    for layer in layers.values():
        for reference in layer.references:
            if reference.column not in found:
                parent = layers[reference.layer]
                t = parent.table.c
                rows = session().execute(select(t[parent.key], t[reference.label]).order_by(t[parent.key]).limit(500))
                found[reference.column] = (layer.column_title(reference.column), [(r[0], r[1]) for r in rows])
    return {c: v for c, v in found.items() if len(v[1]) <= 200}


def _accounts_page(problem: str = "") -> str:
    return render_template(
        "admin/people.html", title=gettext("账号管理"), people=administration.people_of(session()), roles=_roles(),
        places=_places(), least=passwords.LEAST, problem=problem,
    )  # fmt: skip


def _person_page(name: str, problem: str = "") -> str:
    person = administration.person(session(), name)
    return render_template(
        "admin/person.html", title=person.account.username, person=person, roles=_roles(), places=_places(),
        tokens=people.tokens(session(), person.account), least=passwords.LEAST, problem=problem,
        done=request.args.get("done") == "1",
    )  # fmt: skip


def _office_page(problem: str = "", text: str = "") -> str:
    return render_template(
        "admin/office.html", title=gettext("工作日与期限"), days=offices.days(session()), office=offices.load(session()),
        until=workdays.known_until(), problem=problem, text=text,
    )  # fmt: skip


def _ledger_page(checked: dict[str, Any]) -> str:
    return render_template(
        "admin/ledger.html", title=gettext("操作记录链"), layers=context.layers(), checked=checked,
        heads=ledger_check.heads(session().connection()),
    )  # fmt: skip


def _roles() -> dict[str, str]:
    return {name: gettext(ROLE_NAMES[name]) for name in ROLES}


def _told(error: GeoAppError) -> str:
    if isinstance(error, InvalidEdit):
        return "；".join(
            gettext(getattr(why, "text", why), **getattr(why, "values", {})) for why in error.fields.values()
        )
    return gettext(error.message, **error.values)


def _done(action: str, name: str, *, there: bool = False) -> ResponseReturnValue:
    access_log.record(session(), current_reader(), action, name, None, False)
    return redirect(f"/admin/people/{name}?done=1" if there else "/admin", 303)


def _office_changed(action: str) -> ResponseReturnValue:
    session().commit()
    office_of_request.forget()
    access_log.record(session(), current_reader(), action, "", None, False)
    return redirect("/admin/office", 303)
