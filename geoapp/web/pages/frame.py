"""The frame of every page: menu, reader, town, and whether anything shown is invented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, request

from geoapp.queries.reader import Right
from geoapp.services import sources
from geoapp.web import asof, context
from geoapp.web.access import current_reader
from geoapp.web.i18n import gettext
from geoapp.web.pages import links


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One entry of the menu; ``current`` when the page shown belongs to it."""

    id: str
    title: str
    url: str
    current: bool


def menu() -> list[MenuItem]:
    """Map and overview, then the layers in their declared order."""
    here = request.path
    found = [
        MenuItem("map", gettext("一张图"), links.absolute("/map"), here == "/map"),
        MenuItem("overview", gettext("总览"), links.absolute("/"), here == "/"),
    ]
    for layer in context.layers().values():
        path = f"/{layer.path}"
        found.append(
            MenuItem(layer.id, gettext(layer.title), links.of_list(layer), here == path or here.startswith(f"{path}/"))
        )
    return found


MORE = (
    ("/queue", "我的队列", Right.EDIT),
    ("/tips", "举报受理", Right.EDIT),
    ("/reports", "报表", Right.VIEW),
    ("/money", "补偿资金", Right.VIEW),
    ("/import", "导入", Right.IMPORT),
    ("/export", "导出", Right.EXPORT),
    ("/print", "制图", Right.VIEW),
    ("/board", "大屏", Right.VIEW),
    ("/changes", "变化", Right.VIEW),
    ("/ops", "操作记录", Right.VIEW),
    ("/api/", "数据接口", Right.VIEW),
    ("/sources", "数据来源", Right.VIEW),
    ("/help", "帮助", Right.VIEW),
    ("/admin", "管理", Right.ADMIN),
)
"""Pages behind 更多, as far as this service has them and the reader may open them."""


def more() -> list[MenuItem]:
    """The second menu."""
    known = {rule.rule for rule in current_app.url_map.iter_rules()}
    here = request.path
    return [
        MenuItem(
            path, gettext(title), request.script_root + path, here == path or here.startswith(f"{path.rstrip('/')}/")
        )
        for path, title, right in MORE
        if path in known and current_reader().may(right)
    ]


def search_target() -> str:
    """Where the search box leads without scripts: the table of the first layer of plots."""
    layers = context.layers().values()
    found = next((x for x in layers if x.style.kind == "area"), None) or next(iter(layers), None)
    return links.of_list(found) if found else links.absolute("/")


def context_of_request() -> dict[str, Any]:
    """Names that every template may use."""
    return {
        "nav": menu(),
        "more_menu": more(),
        "search_target": search_target(),
        "reader": current_reader(),
        "town": context.town(),
        "synthetic": sources.synthetic(),
        "past": asof.past(),
        "past_kept": asof.kept(),
        "now_address": asof.now_address,
    }
