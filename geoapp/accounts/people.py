"""Accounts as operators and pages handle them: add, list, disable, tokens, passwords."""

from __future__ import annotations

import secrets
import uuid

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from geoapp.accounts import passwords
from geoapp.accounts.standing import digest
from geoapp.accounts.tables import Account, LoginSession, Role, Token
from geoapp.errors import Conflict, InvalidEdit, NotFound
from geoapp.queries.reader import ROLES

LONGEST_NAME = 60
DEMO_ACCOUNTS = {
    "viewer": ("demo-viewer-2026", "只看，姓名隐去 / looks, names masked"),
    "team": ("demo-team-2026", "征迁组，可编辑 / land team, edits"),
    "planner": ("demo-planner-2026", "县规划，可导出 / county planning, exports"),
    "admin": ("demo-admin-2026", "管理员 / everything, accounts"),
}


def find(session: Session, name: str) -> Account | None:
    """The account of a user name, whatever its letter case."""
    wanted = select(Account).where(func.lower(Account.username) == func.lower(name.strip()))
    return session.execute(wanted).scalar_one_or_none()


def add_user(
    session: Session, name: str, role: str, password: str, display_name: str = "", *, demo: bool = False
) -> Account:
    """Add an account; raises Conflict when the name is taken."""
    name = name.strip()
    if role not in ROLES:
        raise NotFound("没有角色“{role}”，可用：{known}", role=role, known="、".join(ROLES))
    if not name or len(name) > LONGEST_NAME or ":" in name or not name.isprintable():
        raise InvalidEdit({"username": "用户名为 1–60 个字，不含冒号"})
    if find(session, name):
        raise Conflict("用户名“{name}”已存在", name=name)
    passwords.check(password, name)
    made = Account(
        email=f"{uuid.uuid4().hex}@local.invalid", username=name, display_name=display_name, demo=demo,
        password=passwords.hashed(password), fs_uniquifier=uuid.uuid4().hex, roles=[role_of(session, role)],
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def ensure_demo_accounts(session: Session) -> None:
    """Add the demonstration accounts that are missing. Without the demonstration town nobody can log in with them."""
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
    end_sessions(session, found)


def change_password(session: Session, account: Account, password: str) -> None:
    """Set a new password; every session of the account ends."""
    passwords.check(password, account.username)
    account.password = passwords.hashed(password)
    end_sessions(session, account)


def tokens(session: Session, account: Account) -> list[Token]:
    """An account's tokens, the newest first."""
    wanted = select(Token).where(Token.account_id == account.id).order_by(Token.id.desc())
    return list(session.execute(wanted).scalars())


def make_token(session: Session, name: str, label: str = "") -> str:
    """A new bearer token of an account, returned this once; the database keeps its SHA-256."""
    token = "geoapp_" + secrets.token_urlsafe(32)
    session.add(Token(account_id=_known(session, name).id, name=label.strip()[:LONGEST_NAME], sha256=digest(token)))
    session.flush()
    return token


def revoke_token(session: Session, account: Account, token_id: int) -> None:
    """End a token of one's own; raises NotFound for anybody else's."""
    gone = delete(Token).where(Token.id == token_id, Token.account_id == account.id).returning(Token.id)
    if session.execute(gone).scalar_one_or_none() is None:
        raise NotFound("没有这个令牌")


def end_sessions(session: Session, account: Account) -> None:
    """Log an account out everywhere."""
    account.fs_uniquifier = uuid.uuid4().hex
    session.execute(delete(LoginSession).where(LoginSession.account_id == account.id))


def role_of(session: Session, name: str) -> Role:
    """The row of a role, made when it is new."""
    found = session.execute(select(Role).where(Role.name == name)).scalar_one_or_none()
    if found is None:
        found = Role(name=name)
        session.add(found)
        session.flush()
    return found


def _known(session: Session, name: str) -> Account:
    found = find(session, name)
    if found is None:
        raise NotFound("没有账号“{name}”", name=name)
    return found
