"""The map: its page, its frame's files and the small JSON answers it asks for."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from markupsafe import Markup
from sqlalchemy import func, select

from geoapp.db import session
from geoapp.layer import Layer
from geoapp.maps.page import BaseMap, Frame, base_maps, frame
from geoapp.orm import Operation
from geoapp.queries import search
from geoapp.queries.filtering import conditions
from geoapp.queries.reader import Right
from geoapp.queries.tiles import CROWD
from geoapp.said import said
from geoapp.services import picture, sources, totals
from geoapp.services import tiles as tile_service
from geoapp.towns import Town
from geoapp.web import context, fields, params
from geoapp.web.access import access, current_reader
from geoapp.web.i18n import TOWN_TIME, current_language, gettext
from geoapp.web.pages.shown import counter
from geoapp.web.tiles import now_of, revisions

bp = Blueprint("map", __name__)
WORDS_LIMIT = 60
SHORTCUTS = (
    ("/", said("搜索")),
    ("J K", said("下一个、上一个")),
    ("L", said("图例")),
    ("M", said("量测")),
    ("H", said("全镇")),
    ("S", said("选择；按住 Shift 拖动也是框选")),
    ("D", said("画图：改图形、分割、合并、新画")),
    ("T", said("看过去的某一天")),
    ("0–9", said("把打开的地块改为图例中第几类（可编辑者）")),
    (".", said("同上：再做一次刚才的修改")),
    ("Ctrl+Z", said("撤销刚才的修改")),
    ("+ −", said("放大、缩小")),
    ("Esc", said("关闭、退出")),
    ("?", said("快捷键")),
)


@bp.get("/map")
@access(Right.VIEW)
def page() -> str:
    """The whole map; every state of it is in the address."""
    drawn = _frame()
    return render_template(
        "map.html",
        title=gettext("一张图"),
        config=configuration(),
        frame_html=Markup(drawn.html),  # noqa: S704 — Folium's constant container, no stored text
        frame_version=_version(drawn),
        query=request.query_string.decode("ascii", "replace"),
        shortcuts=[(key, gettext(words)) for key, words in SHORTCUTS],
        **_choices(),
    )


@bp.get("/map/frame.js")
@access(Right.VIEW)
def frame_script() -> Response:
    """Folium's script, as a file: the page itself has no inline script."""
    return _file(_frame().script, "text/javascript")


@bp.get("/map/frame.css")
@access(Right.VIEW)
def frame_style() -> Response:
    """Folium's style, as a file."""
    return _file(_frame().style, "text/css")


@bp.get("/legend.json")
@access(Right.VIEW)
def legend() -> Response:
    """Counts and weights by legend class under the page's filters."""
    layer = context.layers().get_or_404(request.args.get("layer", ""))
    where = params.layer_filter(layer, context.layers(), request.args, current_reader(), session())
    revision = now_of(layer.id).number
    found = totals.class_totals(session(), layer, where, current_reader(), revision)
    return jsonify(
        layer=layer.id,
        revision=revision,
        total={"n": found.total.n, "weight": f"{found.total.weight:.2f}"},
        uncounted={"n": found.uncounted.n, "weight": f"{found.uncounted.weight:.2f}"},
        classes={key: {"n": t.n, "weight": f"{t.weight:.2f}"} for key, t in found.by_class.items()},
    )


@bp.get("/ids.json")
@access(Right.VIEW)
def ids() -> Response:
    """Ids under a filter, for highlighting what was searched; at most CROWD of them."""
    layer = context.layers().get_or_404(request.args.get("layer", ""))
    where = params.layer_filter(layer, context.layers(), request.args, current_reader(), session())
    column = layer.table.c.id
    query = select(column).where(conditions(layer, where, current_reader())).order_by(column).limit(CROWD)
    return jsonify(ids=list(session().execute(query).scalars()))


@bp.get("/search.json")
@access(Right.VIEW)
def suggest() -> Response:
    """Suggestions by layer for what was typed."""
    words = " ".join(request.args.get("q", "").split())[:WORDS_LIMIT]
    groups = []
    for layer in context.layers().values() if words and "\x00" not in words else ():
        rows = session().execute(search.suggestions(layer, context.layers(), words, current_reader())).mappings().all()
        if rows:
            groups.append(
                {"layer": layer.id, "title": gettext(layer.title), "items": [_item(layer, row) for row in rows]}
            )
    return jsonify(groups=groups)


@bp.get("/map.svg")
@access(Right.VIEW)
def svg() -> Response:
    """The map as a drawing, for readers without scripts and for print."""
    layers = context.layers()
    shown = [name for name in request.args.get("layers", "").split(",") if name] or list(layers)
    drawn = [layers.get_or_404(name) for name in dict.fromkeys(shown)]
    wheres = params.shared_filters(drawn, layers, request.args, current_reader(), session())
    problems = params.Problems()
    view = params.bbox(request.args["bbox"], problems) if request.args.get("bbox") else None
    problems.raise_any()
    view = view or picture.first_view(session(), layers, context.town())
    text = picture.draw(session(), wheres, view, current_reader(), context.town())
    response = Response(text, mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def configuration() -> dict[str, Any]:
    """What the browser needs to know: layers with palette and tiles, references, base maps."""
    town, layers = context.town(), context.layers()
    view = picture.first_view(session(), layers, town)
    lon, lat = town.centre
    return {
        "town": {"code": town.code, "name": town.name, "bbox": view.as_list(), "center": [lon, lat]},
        "lang": "zh-CN" if current_language() == "zh" else "en",
        "synthetic": sources.synthetic(),
        "rights": sorted(current_reader().rights),
        "layers": [_layer(layer) for layer in sorted(layers.values(), key=lambda x: x.style.order)],
        "references": _references(),
        "basemaps": [{"id": m.id, "title": gettext(m.title), "variables": m.variables} for m in _base_maps()],
        "history": _history(),
        "zone": 39,
        "central_meridian": 117,
    }


def _layer(layer: Layer) -> dict[str, Any]:
    revision = revisions().of(layer.id)
    return {
        "id": layer.id,
        "title": gettext(layer.title),
        "counter": counter(layer),
        "revision": revision.number,
        "n": revision.n,
        "tiles": f"/tiles/{layer.id}/{{z}}/{{x}}/{{y}}.mvt?v={revision.number}",
        "min_zoom": tile_service.min_zoom(layer, revision, context.town().extent, context.layers()),
        "max_zoom": 16,
        "kind": layer.style.kind,
        "order": layer.style.order,
        "visible": layer.style.visible,
        "page": f"/{layer.path}",
        "key": layer.key,
        "label": layer.label_column,
        "weight": layer.weight or None,
        "weight_unit": layer.table.c[layer.weight].info.get("unit", "") if layer.weight else "",
        "legend_by": layer.legend_by,
        "filters": [name for name in layer.filters if name in layer.reference_by_column],
        "classes": [_class(layer, i) for i in range(len(layer.legend_classes))],
        "edit": fields.editable(layer, context.layers(), session()) if current_reader().may(Right.EDIT) else [],
        "polygon": "POLYGON" in layer.geometry_type,
        "key_title": gettext(layer.column_title(layer.key)),
    }


def _history() -> dict[str, str] | None:
    """First and last day of the ledger in the town's time."""
    first: datetime | None = session().execute(select(func.min(Operation.at))).scalar_one()
    if first is None:
        return None
    return {"from": first.astimezone(TOWN_TIME).date().isoformat(), "to": datetime.now(TOWN_TIME).date().isoformat()}


def _class(layer: Layer, i: int) -> dict[str, Any]:
    c = layer.legend_classes[i]
    return {
        "key": c.key, "label": gettext(c.label), "codes": list(layer.legend_codes[c.key]), "fill": c.fill, "ink": c.ink,
        "glyph": c.glyph, "pattern": c.pattern, "shape": c.shape, "n": i,
    }  # fmt: skip


def _references() -> dict[str, list[dict[str, str]]]:
    """Choices of every reference column, by column name; a layer of thousands is searched, not listed."""
    found: dict[str, list[dict[str, str]]] = {}
    for layer in context.layers().values():
        for reference in layer.references:
            parent = context.layers()[reference.layer]
            if reference.column not in found and not parent.dense:
                t = parent.table.c
                rows = session().execute(select(t[parent.key], t[reference.label]).order_by(t[parent.key])).all()
                found[reference.column] = [{"code": code, "name": name} for code, name in rows]
    return found


def _choices() -> dict[str, Any]:
    """The legend's choices by reference column: titles, and which show their codes (short ones that people know)."""
    titles: dict[str, str] = {}
    coded: set[str] = set()
    for layer in context.layers().values():
        for reference in layer.references:
            parent = context.layers()[reference.layer]
            if reference.label == parent.key:
                continue
            titles.setdefault(reference.column, gettext(layer.column_title(reference.column)))
            if parent.style.kind == "outline":
                coded.add(reference.column)
    return {"reference_titles": titles, "coded_references": coded}


def _item(layer: Layer, row: Any) -> dict[str, Any]:
    more = [row[c] for c in layer.search_columns if c not in (layer.key, layer.label_column)]
    more += [row[f"{c}_name"] for c in layer.reference_by_column]
    key, label = row[layer.key], row[layer.label_column]
    detail = [str(t) for t in ([key] if key != label else []) + more if t]
    return {
        "id": row["id"], "key": key, "label": label, "detail": " · ".join(detail),
        "status": row["status"], "bbox": row["bbox"], "url": f"/{layer.path}/{key}",
    }  # fmt: skip


def _base_maps() -> list[BaseMap]:
    return base_maps(context.settings().basemap)


def _frame() -> Frame:
    return _drawn(context.town(), tuple(_base_maps()))


@lru_cache(maxsize=8)
def _drawn(town: Town, maps: tuple[BaseMap, ...]) -> Frame:
    return frame(town, maps)


def _version(drawn: Frame) -> str:
    return hashlib.sha256((drawn.script + drawn.style).encode()).hexdigest()[:12]


def _file(text: str, mimetype: str) -> Response:
    response = Response(text, mimetype=mimetype)
    response.headers["Cache-Control"] = "private, max-age=86400" if request.args.get("v") else "private, no-cache"
    response.set_etag(hashlib.sha256(text.encode()).hexdigest()[:16])
    response.make_conditional(request)
    return response
