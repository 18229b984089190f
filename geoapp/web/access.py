"""Who may call a route: declared on the view, enforced in one place, checked at boot for every route."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, g, request

from geoapp.accounts import forgery
from geoapp.errors import Forbidden, NotLoggedIn
from geoapp.queries.reader import NOBODY, Reader, Right
from geoapp.said import said

View = TypeVar("View", bound=Callable[..., Any])
RIGHTS = {
    Right.VIEW: said("查看地图、台账和卡片"),
    Right.EXPORT: said("导出数据"),
    Right.PERSONAL: said("查看姓名等个人信息"),
    Right.EDIT: said("编辑"),
    Right.IMPORT: said("导入数据"),
    Right.ADMIN: said("管理账号"),
}
"""Each right in words."""
ROLE_NAMES = {"viewer": said("查看"), "planner": said("县规划"), "team": said("征迁组"), "admin": said("管理员")}


def access(right: Right) -> Callable[[View], View]:
    """Declare the right a view needs; ``Right.PUBLIC`` needs no login."""

    def declare(view: View) -> View:
        view.__access__ = right  # type: ignore[attr-defined]
        return view

    return declare


def declared(app: Flask, endpoint: str | None) -> Right | None:
    """The right an endpoint declares; static files are public."""
    if endpoint is None:
        return None
    if endpoint == "static":
        return Right.PUBLIC
    return getattr(app.view_functions.get(endpoint), "__access__", None)


def current_reader() -> Reader:
    """Who asks: set by the authentication of this request, NOBODY before it."""
    found: Reader = g.get("reader", NOBODY)
    return found


def require(right: Right) -> None:
    """Raise unless the reader of this request holds the right."""
    reader = current_reader()
    if reader.may(right):
        return
    if not reader.name:
        raise NotLoggedIn("这个页面需要登录")
    raise Forbidden("您的账号没有“{right}”的权限，请联系管理员", right=RIGHTS[right])


def enforce() -> None:
    """Before every request: an endpoint without a declaration is refused like one without the right.

    A forged request is refused only after that, so that whoever must log in first is told so.
    """
    if request.endpoint is not None:
        right = declared(current_app, request.endpoint)
        require(Right.ADMIN if right is None else right)
    forgery.refuse()


def undeclared(app: Flask) -> list[str]:
    """Endpoints that declare no right; the boot stops when there is one."""
    return sorted({r.endpoint for r in app.url_map.iter_rules() if declared(app, r.endpoint) is None})
