"""Downloads of whole layers, and the page that offers them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, render_template, request
from sqlalchemy import select

from geoapp import crs
from geoapp.crs import Crs
from geoapp.db import database, session
from geoapp.layer import Layer
from geoapp.queries.geojson import Wanted, Writing
from geoapp.queries.reader import Right
from geoapp.services import access_log, export, totals
from geoapp.services.export_formats.form import Format
from geoapp.services.export_names import described, file_name
from geoapp.web import asof, context, params
from geoapp.web.access import access, current_reader
from geoapp.web.i18n import gettext
from geoapp.web.tiles import now_of

bp = Blueprint("export", __name__)


@bp.get("/export/<layer_id>.<extension>")
@access(Right.EXPORT)
def download(layer_id: str, extension: str) -> Response:
    """The file, streamed; filters as on every page, ``crs`` for another CRS than WGS 84."""
    layer = context.layers().get_or_404(layer_id)
    form = export.format_or_404(extension)
    where, system = params.export_request(layer, context.layers(), request.args, current_reader(), session())
    wanted = Wanted(layer, context.layers(), where, current_reader(), Writing(system))
    name = file_name(session(), context.layers(), layer, where, extension)
    response = Response(iter(()), mimetype=form.media_type)
    if request.method != "HEAD":
        response.response = _body(response, wanted, form)
    response.headers["Content-Disposition"] = _attachment(f"{layer.id}.{extension}", name)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _body(response: Response, wanted: Wanted, form: Format) -> Iterator[bytes]:
    """The stream, zipped when the client takes it; who took how many is written down when it ends."""
    found, reader = database(), wanted.reader
    subject = request.full_path.rstrip("?")[:500]
    unmasked = bool(wanted.layer.personal) and reader.personal

    def ended(n: int) -> None:
        with found.session() as own:
            access_log.record(own, reader, "export", subject, n, unmasked)
            own.commit()

    session().rollback()
    body = export.Download(found, wanted, form, ended, asof.past())
    if not form.compressible or "gzip" not in request.headers.get("Accept-Encoding", ""):
        return body
    response.headers["Content-Encoding"] = "gzip"
    return export.zipped(body)


def _attachment(plain: str, name: str) -> str:
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


@bp.get("/export")
@access(Right.EXPORT)
def page() -> str:
    """Choose a layer, see what the filters keep, take the file or copy its address."""
    layers = context.layers()
    layer = layers.get_or_404(request.args.get("layer") or next(iter(layers)))
    problems = params.Problems()
    params.only_known(request.args, (*params.filter_names(layer), "crs", "layer"), problems)
    where = params.layer_filter(layer, layers, request.args, current_reader(), session(), problems)
    chosen = params.output_crs(request.args.get("crs", ""), problems)
    problems.raise_any()
    found = totals.class_totals(session(), layer, where, current_reader(), now_of(layer.id).number)
    return render_template(
        "export.html",
        title=gettext("导出"),
        layers=list(layers.values()),
        layer=layer,
        fields=_fields(layer),
        conditions=list(described(session(), layers, layer, where)),
        total=found,
        n=found.total.n + found.uncounted.n,
        weight=found.total.weight + found.uncounted.weight,
        unit=layer.columns_by_name[layer.weight].info.get("unit", "") if layer.weight else "",
        systems=list(crs.OUTPUT.values()),
        crs=chosen,
        degrees=chosen.geographic,
        downloads=_downloads(layer, chosen),
        api=request.url_root + "api/",
        handover=_handover(layer) if "POLYGON" in layer.geometry_type else "",
    )


def _fields(layer: Layer) -> list[dict[str, Any]]:
    """The filters as form fields: the values to choose from, or none for free text."""
    found = [{"name": "status", "title": gettext("状态"), "options": [(c.key, c.label) for c in layer.legend_classes]}]
    if layer.legend_by != "status":
        found[0]["options"] = [(s.code, s.label) for s in layer.statuses]
    for name in params.filter_names(layer):
        if name in params.FILTER_NAMES or (name in layer.personal and not current_reader().personal):
            continue
        found.append({"name": name, "title": gettext(layer.column_title(name)), "options": _options(layer, name)})
    for field in found:
        field["chosen"] = request.args.getlist(str(field["name"]))
    return found


def _options(layer: Layer, name: str) -> list[tuple[str, str]]:
    reference = layer.reference_by_column.get(name)
    if reference is not None:
        t = context.layers()[reference.layer].table.c
        key = t[context.layers()[reference.layer].key]
        rows = session().execute(select(key, t[reference.label]).order_by(key))
        return [(str(code), str(label)) for code, label in rows]
    return [(code, f"{code} {label}" if code.isdigit() else label) for code, label in _choices(layer, name)]


def _choices(layer: Layer, name: str) -> list[tuple[str, str]]:
    return list(layer.columns_by_name[name].info.get("choices", {}).items())


def _handover(layer: Layer) -> str:
    """The package of what this page counts."""
    kept = [(k, v) for k, v in request.args.items(multi=True) if v and k not in ("layer", "crs", "lang")]
    return f"/handover/{layer.id}.zip" + ("?" + urlencode(kept) if kept else "")


def _downloads(layer: Layer, chosen: Crs) -> list[dict[str, str]]:
    """One link a format, with the filters of this page."""
    kept = [(k, v) for k, v in request.args.items(multi=True) if v and k not in ("layer", "crs", "lang")]
    if chosen.srid != crs.WGS84:
        kept.append(("crs", chosen.name))
    query = "?" + urlencode(kept) if kept else ""
    return [
        {
            "title": form.title,
            "extension": form.extension,
            "about": form.about,
            "url": f"/export/{layer.id}.{form.extension}{query}",
        }
        for form in dict.fromkeys(export.formats().values())
    ]
