"""What went wrong, told to people as a page and to machines as an RFC 9457 problem document."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from flask import Flask, Response, jsonify, redirect, render_template, request
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from geoapp.errors import GeoAppError, NotLoggedIn
from geoapp.web.i18n import gettext

log = logging.getLogger("geoapp.web")
TITLES = {
    400: "参数有误", 401: "请先登录", 403: "没有权限", 404: "没有找到", 405: "不支持这种请求方法", 406: "没有这种格式",
    413: "文件或请求过大", 415: "不支持这种内容类型", 429: "尝试次数过多",
}  # fmt: skip
MACHINE_PATHS = ("/api", "/tiles/", "/export/", "/healthz", "/readyz", "/basemap/")
ASKING_PATHS = ("/api", "/export/")
"""Where clients such as QGIS and GDAL wait to be asked for a password."""


def init_app(app: Flask) -> None:
    """Attach the handlers."""
    app.register_error_handler(GeoAppError, _told)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(Exception, _unexpected)


def for_people() -> bool:
    """Whether the answer is read in a browser window."""
    if request.headers.get("X-Requested-With") or request.path.startswith(MACHINE_PATHS):
        return bool(request.args.get("f") == "html" or _prefers_html()) and request.path.startswith("/api")
    if request.path.endswith((".json", ".geojson", ".csv", ".mvt")):
        return False
    return _prefers_html()


def _prefers_html() -> bool:
    if not request.headers.get("Accept"):
        return False
    best = request.accept_mimetypes.best_match(["application/json", "application/problem+json", "text/html"])
    return best == "text/html" or "text/html" in request.headers["Accept"]


def _told(error: GeoAppError) -> BaseResponse:
    log.info("%s %s %s %s", error.status, request.method, request.path, type(error).__name__)
    browsing = for_people() and not request.headers.get("Authorization")
    if isinstance(error, NotLoggedIn) and browsing and not request.path.startswith(("/api", "/login")):
        return redirect(f"/login?next={_next()}")
    message = gettext(error.message, **error.values) if error.message else ""
    answer = problem(error.status, gettext(error.title), message, error.extra)
    retry = getattr(error, "retry_after", None)
    if retry:
        answer.headers["Retry-After"] = str(retry)
    by_script = request.path.startswith(ASKING_PATHS) or request.headers.get("Authorization")
    if error.status == 401 and by_script and not request.headers.get("X-Requested-With"):
        answer.headers["WWW-Authenticate"] = 'Basic realm="geoapp", charset="UTF-8"'
    return answer


def _next() -> str:
    from urllib.parse import quote

    query = request.query_string.decode("ascii", "replace")
    return quote(request.path + (f"?{query}" if query else ""), safe="/")


def _http(error: HTTPException) -> BaseResponse:
    if error.code is None or error.code < 400:
        return error.get_response()
    log.info("%s %s %s", error.code, request.method, request.path)
    answer = problem(error.code, gettext(TITLES.get(error.code, "请求无法处理")), "", {})
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        answer.headers["Allow"] = ", ".join(sorted(allowed))
    return answer


def _database(error: DBAPIError) -> BaseResponse:
    """The database restarts, is full or takes too long: told apart by SQLSTATE."""
    state = getattr(error.orig, "sqlstate", None) or ""
    if state == "53100":
        return problem(507, gettext("磁盘已满"), gettext("没有写入任何数据，请联系管理员清理磁盘"), {})
    if state == "57014":
        return _later(gettext("查询时间过长已取消，请缩小范围再试"))
    if error.connection_invalidated or not state or state[:2] in ("08", "57", "53"):
        return _later(gettext("数据库暂时不可用，请几秒后重试"))
    if state[:2] == "22":
        return problem(400, gettext("参数有误"), gettext("有一个值无法存入数据库"), {})
    return _unexpected(error)


def _later(message: str) -> BaseResponse:
    log.warning("503 %s %s", request.method, request.path)
    answer = problem(503, gettext("服务繁忙，请稍后再试"), message, {})
    answer.headers["Retry-After"] = "5"
    return answer


def _unexpected(error: Exception) -> BaseResponse:
    number = secrets.token_hex(4)
    log.error("500 %s %s [%s]", request.method, request.path, number, exc_info=error)
    return problem(500, gettext("服务出错"), gettext("已记录，编号 {number}，请告诉管理员", number=number), {})


def problem(status: int, title: str, detail: str, extra: dict[str, Any]) -> Response:
    """One answer in the form its reader understands."""
    if for_people():
        text = render_template("error.html", title=title, status=status, detail=detail, extra=extra)
        return Response(text, status=status, mimetype="text/html")
    answer = jsonify(type="about:blank", title=title, status=status, detail=detail, instance=request.path, **extra)
    answer.status_code = status
    answer.headers["Content-Type"] = "application/problem+json"
    return answer
