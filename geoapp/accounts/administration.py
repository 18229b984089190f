"""What an administrator changes about accounts: roles, names, where they edit, passwords, tokens, closing and opening."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import Session

from geoapp.accounts import passwords, people
from geoapp.accounts.tables import AccessLog, Account, LoginSession, Scope, Token
from geoapp.errors import Conflict, InvalidEdit, NotFound
from geoapp.queries.reader import ROLES
from geoapp.said import said

MOST_SCOPES = 500


@dataclass(frozen=True, slots=True)
class Person:
    """An account as the list shows it."""

    account: Account
    roles: tuple[str, ...]
    scopes: Mapping[str, tuple[str, ...]]
    tokens: int
    seen: datetime | None


def people_of(session: Session) -> list[Person]:
    """Every account by name, with where it edits, its tokens and when it was last seen."""
    accounts = people.list_users(session)
    scopes: dict[int, dict[str, list[str]]] = {}
    for row in session.execute(select(Scope).order_by(Scope.column, Scope.code)).scalars():
        scopes.setdefault(row.account_id, {}).setdefault(row.column, []).append(row.code)
    tokens = {r[0]: r[1] for r in session.execute(select(Token.account_id, func.count()).group_by(Token.account_id))}
    seen_at = select(LoginSession.account_id, func.max(LoginSession.seen_at)).group_by(LoginSession.account_id)
    seen = {r[0]: r[1] for r in session.execute(seen_at)}
    return [
        Person(
            a,
            tuple(r.name for r in a.roles),
            {c: tuple(codes) for c, codes in scopes.get(a.id, {}).items()},
            tokens.get(a.id, 0),
            seen.get(a.id),
        )
        for a in accounts
    ]


def person(session: Session, name: str) -> Person:
    """One account; raises NotFound."""
    for found in people_of(session):
        if found.account.username.lower() == name.strip().lower():
            return found
    raise NotFound("没有账号“{name}”", name=name)


def revise(
    session: Session, by: str, name: str, role: str, display_name: str, scopes: Iterable[tuple[str, str]]
) -> None:
    """Give an account a role, a name to show and the places it edits (column, key); none means everywhere.

    Raises Conflict when nobody would be left to administer; a new role ends the account's sessions.
    """
    found = person(session, name)
    listed = sorted(set(scopes))
    if role not in ROLES:
        raise InvalidEdit({"role": said("没有角色“{role}”", role=role)})
    if len(listed) > MOST_SCOPES or len(display_name) > people.LONGEST_NAME:
        raise InvalidEdit({"display_name": said("最多 {n} 个字", n=people.LONGEST_NAME)})
    if "admin" in found.roles and role != "admin":
        _one_admin_left(session, found.account, by)
    found.account.display_name = display_name.strip()
    if found.roles != (role,):
        found.account.roles = [people.role_of(session, role)]
        people.end_sessions(session, found.account)
    session.execute(delete(Scope).where(Scope.account_id == found.account.id))
    if listed:
        session.execute(insert(Scope), [{"account_id": found.account.id, "column": c, "code": k} for c, k in listed])
    session.flush()


def open_or_close(session: Session, by: str, name: str, *, active: bool) -> None:
    """Close an account (sessions and tokens end within a second) or open it again; one's own cannot be closed."""
    found = person(session, name).account
    if not active:
        if found.username == by:
            raise Conflict("不能停用自己的账号")
        _one_admin_left(session, found, by)
        people.end_sessions(session, found)
    found.active = active
    session.flush()


def reset_password(session: Session, name: str, password: str) -> None:
    """Set somebody's password; every session of the account ends. Raises InvalidEdit for a weak one."""
    found = person(session, name).account
    passwords.check(password, found.username)
    people.change_password(session, found, password)


def revoke(session: Session, name: str, token_id: int) -> None:
    """End a token of anybody."""
    people.revoke_token(session, person(session, name).account, token_id)


def log(session: Session, *, by: str = "", before: int | None = None, limit: int = 100) -> list[Any]:
    """Entries of the access log of this town, newest first."""
    wanted = select(AccessLog).where(AccessLog.town == text("current_schema()")).order_by(AccessLog.id.desc())
    if by:
        wanted = wanted.where(AccessLog.by == by)
    if before is not None:
        wanted = wanted.where(AccessLog.id < before)
    return list(session.execute(wanted.limit(limit)).scalars())


def _one_admin_left(session: Session, leaving: Account, by: str) -> None:
    others = [a for a in people.list_users(session) if a.active and a.id != leaving.id]
    if not any(r.name == "admin" for a in others for r in a.roles):
        raise Conflict("至少要留一个可用的管理员账号")
