"""What can go wrong, said once: each error knows its HTTP status, its title and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class GeoAppError(Exception):
    """Base of every error a person may read.

    ``message`` is zh source text with ``{name}`` placeholders filled from ``values`` after translation;
    ``extra`` goes into the RFC 9457 problem document as further members.
    """

    status = 500
    title = "服务出错"

    def __init__(self, message: str = "", /, *, extra: Mapping[str, Any] | None = None, **values: Any) -> None:
        super().__init__(message.format(**values) if values else message)
        self.message = message
        self.values = values
        self.extra = dict(extra or {})


class BadRequest(GeoAppError):
    """One or several parameters of a request are wrong; all are reported together."""

    status = 400
    title = "参数有误"

    def __init__(self, message: str = "", /, *, problems: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(message or "；".join(problems), **kwargs)
        self.problems = list(problems)
        if problems:
            self.extra["errors"] = self.problems


class NotLoggedIn(GeoAppError):
    status = 401
    title = "请先登录"


class Forbidden(GeoAppError):
    status = 403
    title = "没有权限"


class NotFound(GeoAppError):
    status = 404
    title = "没有找到"


class Conflict(GeoAppError):
    """The rules of the workflow or the database do not allow this step."""

    status = 409
    title = "当前状态不允许"


class StaleFeature(GeoAppError):
    """Somebody changed the feature since the version given in If-Match."""

    status = 412
    title = "别人已先修改"


class TooLarge(GeoAppError):
    status = 413
    title = "文件或请求过大"


class InvalidEdit(GeoAppError):
    """The values do not fit the model; ``fields`` names each column and why."""

    status = 422
    title = "内容不符合要求"

    def __init__(self, fields: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__("；".join(f"{name}：{why}" for name, why in fields.items()), **kwargs)
        self.fields = dict(fields)
        self.extra["fields"] = self.fields


class MissingVersion(GeoAppError):
    status = 428
    title = "缺少 If-Match 版本号"


class TooMany(GeoAppError):
    status = 429
    title = "请求过于频繁"


class Busy(GeoAppError):
    status = 503
    title = "服务繁忙，请稍后再试"


class DeclarationError(GeoAppError):
    """A layer declaration contradicts itself; stops the boot with one sentence."""

    title = "图层声明有误"
