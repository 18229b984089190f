"""Users, roles, tokens and the access log: shared by every town of the database."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from flask_security import RoleMixin, UserMixin
from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, Integer, MetaData, Table, Text, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from geoapp.orm import NAMING


class SharedBase(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: DateTime(timezone=True), str: Text}


account_role = Table(
    "account_role",
    SharedBase.metadata,
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("role.id"), primary_key=True),
)


class Role(SharedBase, RoleMixin):
    __tablename__ = "role"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str | None]
    permissions: Mapped[str | None]  # type: ignore[assignment]


class Account(SharedBase, UserMixin):
    """A person or script that logs in; ``fs_uniquifier`` changes to end every session at once."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    username: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str] = mapped_column(server_default="")
    password: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default="true")
    demo: Mapped[bool] = mapped_column(server_default="false")
    fs_uniquifier: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    roles: Mapped[list[Role]] = relationship(secondary=account_role, lazy="selectin")  # type: ignore[assignment]


class Token(SharedBase):
    """A bearer token of a script: only its SHA-256 is kept."""

    __tablename__ = "token"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    sha256: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_used_at: Mapped[datetime | None]


class LoginSession(SharedBase):
    """One logged-in browser, by the SHA-256 of its secret; removing the row ends it at once."""

    __tablename__ = "login_session"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())


class LoginTry(SharedBase):
    """One wrong password; a right one forgets those of its account and address."""

    __tablename__ = "login_try"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    account: Mapped[str]
    address: Mapped[str] = mapped_column(index=True)


class Scope(SharedBase):
    """Where an account may edit: a key that the reference column holds (a village, a project). None listed: everywhere."""

    __tablename__ = "scope"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    column: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)


class AccessLog(SharedBase):
    """Who took personal or bulk data away, when, what and how many; append-only for the application."""

    __tablename__ = "access_log"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), index=True)
    town: Mapped[str]
    by: Mapped[str] = mapped_column(index=True)
    action: Mapped[str]
    subject: Mapped[str]
    n: Mapped[int | None] = mapped_column(BigInteger)
    unmasked: Mapped[bool] = mapped_column(server_default="false")
    address: Mapped[str] = mapped_column(server_default="")
