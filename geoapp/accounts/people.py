"""Accounts as operators and pages handle them: add, list, disable, tokens, passwords."""

from __future__ import annotations

import hashlib
import secrets
import uuid

from flask_security import hash_password
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from geoapp.accounts.tables import Account, LoginSession, Role, Token
from geoapp.errors import Conflict, InvalidEdit, NotFound
from geoapp.queries.reader import ROLES

LEAST_PASSWORD = 10
COMMON = ("password", "12345678", "qwerty", "admin123", "11111111", "88888888", "abc123")
DEMO_ACCOUNTS = {
    "viewer": ("demo-viewer-2026", "只看 / looks, names masked"),
    "team": ("demo-team-2026", "征迁组 / land team, edits"),
    "planner": ("demo-planner-2026", "县规划 / county planning, exports"),
    "admin": ("demo-admin-2026", "管理员 / everything"),
}


def find(session: Session, name: str) -> Account | None:
    """The account of a user name, whatever its letter case."""
    return session.execute(select(Account).where(func.lower(Account.username) == name.strip().lower())).scalar_one_or_none()


def role(session: Session, name: str) -> Role:
    """The role, made when the database is new."""
    found = session.execute(select(Role).where(Role.name == name)).scalar_one_or_none()
    if found is None:
        found = Role(name=name)
        session.add(found)
        session.flush()
    return found


def check_password(password: str) -> None:
    """Raise InvalidEdit for a password that is too short or among the commonest (ASVS 5.0, 6.2.1 and 6.2.4)."""
    if len(password) < LEAST_PASSWORD:
        raise InvalidEdit({"password": f"密码至少 {LEAST_PASSWORD} 位"})
    if any(password.lower().startswith(c) for c in COMMON) or len(set(password)) < 5:
        raise InvalidEdit({"password": "密码太常见，请换一个"})


def add_user(session: Session, name: str, role_name: str, password: str, display_name: str = "", *, demo: bool = False) -> Account:
    """Add an account; raises Conflict when the name is taken."""
    if role_name not in ROLES:
        raise InvalidEdit({"role": f"没有角色“{role_name}”，可用：{'、'.join(ROLES)}"})
    if not name.strip() or len(name) > 60:
        raise InvalidEdit({"username": "用户名为 1–60 个字"})
    if find(session, name):
        raise Conflict("用户名“{name}”已存在", name=name)
    check_password(password)
    made = Account(
        email=f"{uuid.uuid4().hex}@local.invalid", username=name.strip(), display_name=display_name,
        password=hash_password(password), fs_uniquifier=uuid.uuid4().hex, demo=demo, roles=[role(session, role_name)],
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def ensure_demo_accounts(session: Session) -> None:
    """Add the demonstration accounts that are missing."""
    for name, (password, _) in DEMO_ACCOUNTS.items():
        if find(session, name) is None:
            add_user(session, name, name, password, demo=True)


def list_users(session: Session) -> list[Account]:
    """Every account by name."""
    return list(session.execute(select(Account).order_by(Account.username)).scalars())


def disable_user(session: Session, name: str) -> None:
    """Close an account: its sessions and tokens end within a second."""
    found = _known(session, name)
    found.active = False
    session.execute(delete(LoginSession).where(LoginSession.account_id == found.id))


def change_password(session: Session, account: Account, password: str) -> None:
    """Set a new password and end the account's other sessions."""
    check_password(password)
    account.password = hash_password(password)
    account.fs_uniquifier = uuid.uuid4().hex
    session.execute(delete(LoginSession).where(LoginSession.account_id == account.id))


def make_token(session: Session, name: str, label: str = "") -> str:
    """A new bearer token, returned this once; the database keeps its SHA-256."""
    token = "geo_" + secrets.token_urlsafe(32)
    session.add(Token(account_id=_known(session, name).id, name=label or "令牌", sha256=digest(token)))
    session.flush()
    return token


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _known(session: Session, name: str) -> Account:
    found = find(session, name)
    if found is None:
        raise NotFound("没有账号“{name}”", name=name)
    return found
