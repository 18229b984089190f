"""Files brought to the page: looked at, judged, and written when the person says so."""

from __future__ import annotations

import io
from typing import Any

from flask import Blueprint, Response, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import select, text

from geoapp import crs
from geoapp.db import session
from geoapp.errors import Conflict, Forbidden, GeoAppError, NotFound
from geoapp.importing import preview as previews
from geoapp.importing import template, topology
from geoapp.importing.apply import apply
from geoapp.importing.cleaning import shifted
from geoapp.importing.desk import Desk, Upload, choices_of
from geoapp.importing.preview import Preview
from geoapp.importing.read import read_file
from geoapp.layer import Layer
from geoapp.queries.reader import Right
from geoapp.services.write import Deed
from geoapp.web import context
from geoapp.web.access import access, current_reader
from geoapp.web.i18n import gettext

bp = Blueprint("importing", __name__)
ENCODINGS = ("UTF-8", "GB18030")
SHOWN = 200


def desk() -> Desk:
    return Desk(current_app.extensions["settings"].home)


@bp.get("/import")
@access(Right.IMPORT)
def page() -> str:
    """Choose files; below, what one brought in the last 30 days."""
    chosen = request.args.get("layer", "")
    return _page(chosen if chosen in context.layers() else "", None)


def _page(layer_id: str, trouble: str | None) -> str:
    layers = context.layers()
    chosen = (
        layers[layer_id] if layer_id else next((x for x in layers.values() if x.dense), next(iter(layers.values())))
    )
    by = None if current_reader().may(Right.ADMIN) else current_reader().name
    return render_template(
        "import.html", title=gettext("导入"), layers=list(layers.values()), layer=chosen, uploads=desk().of(by),
        titles={x.id: x.title for x in layers.values()}, trouble=trouble, accepted=_accepted(chosen),
    )  # fmt: skip


def _accepted(layer: Layer) -> list[tuple[str, list[str], bool]]:
    """(title of the layer's column, column names a file may use, must it be there)."""
    found: dict[str, list[str]] = {}
    for title, meaning in layer.import_columns.items():
        if isinstance(meaning, str):
            found.setdefault(meaning, []).append(title)
    return [(layer.column_title(name), names, name == layer.key) for name, names in found.items()]


@bp.post("/import")
@access(Right.IMPORT)
def bring() -> ResponseReturnValue:
    """Keep the files and look at the first."""
    layer = context.layers().get_or_404(request.form.get("layer", ""))
    files = [(f.filename or "", f.stream) for f in request.files.getlist("file") if f.filename]
    if request.form.get("pasted", "").strip():
        files.append((gettext("粘贴的表格.csv"), io.BytesIO(request.form["pasted"].encode())))
    try:
        made = desk().bring(current_reader().name, layer.id, [(n, s) for n, s in files])  # type: ignore[misc]
    except GeoAppError as error:
        return _page(layer.id, str(error)), 422
    if request.form.get("project"):
        for upload in made:
            upload.choices["project"] = request.form["project"][:40]
            desk().save(upload)
    return redirect(f"/import/{made[0].token}" if len(made) == 1 else "/import", 303)


@bp.get("/import/template/<layer_id>.xlsx")
@access(Right.IMPORT)
def blank(layer_id: str) -> Response:
    """An empty table of a layer, with its titles and an example."""
    layer = context.layers().get_or_404(layer_id)
    answer = Response(
        template.workbook(layer), mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{layer.id}-template.xlsx"'
    return answer


@bp.get("/import/<token>")
@access(Right.IMPORT)
def look(token: str) -> ResponseReturnValue:
    """What this file is and what it would change; nothing is written."""
    upload = _own(token)
    return _look(upload)


def _look(upload: Upload, notice: str = "", status: int = 200) -> ResponseReturnValue:
    layer = context.layers().get_or_404(upload.layer)
    made, trouble = None, ""
    try:
        made = _preview(upload, layer)
    except GeoAppError as error:
        trouble = str(error)
        session().rollback()
    shown = {
        "picture": Markup(previews.drawn(session(), made, context.layers(), current_reader(), context.town()))  # noqa: S704 — made here of numbers and escaped titles
        if made
        else "",
        "kinds": topology.KINDS,
        "targets": [(n, layer.column_title(n)) for n in layer.writable],
    }
    page = render_template(
        "import_preview.html", title=upload.file, upload=upload, layer=layer, made=made, trouble=trouble, notice=notice,
        encodings=ENCODINGS, shifts=shifted.TITLES, systems=crs.READINGS, shown=SHOWN, projects=_projects(layer), **shown,
    )  # fmt: skip
    return page, status if made else 422


def _projects(layer: Layer) -> list[tuple[str, str]]:
    reference = layer.reference_by_column.get("project")
    if reference is None:
        return []
    parent = context.layers()[reference.layer]
    t = parent.table.c
    return [
        (str(k), str(v))
        for k, v in session().execute(select(t[parent.key], t[reference.label]).order_by(t[parent.key]))
    ]


def _preview(upload: Upload, layer: Layer) -> Preview:
    session().execute(text("SET LOCAL statement_timeout = 0"))
    choices = choices_of(upload)
    source = read_file(desk().path(upload), choices.encoding, choices.part)
    source = type(source)(upload.file, source.format, source.raw, source.encoding)
    if not choices.columns:
        remembered = desk().remembered(upload.by, layer.id, list(source.raw.columns))
        if remembered:
            upload.choices["columns"] = remembered
            choices = choices_of(upload)
    return previews.preview(session(), context.layers(), context.town(), layer, current_reader(), source, choices)


@bp.post("/import/<token>/choose")
@access(Right.IMPORT)
def choose(token: str) -> ResponseReturnValue:
    """Another encoding, coordinate system, project or meaning of columns; then look again."""
    upload = _own(token)
    for name in ("encoding", "crs", "project", "part"):
        if name in request.form:
            upload.choices[name] = request.form[name][:120]
    columns = {n.removeprefix("column:"): v for n, v in request.form.items() if n.startswith("column:")}
    if columns:
        upload.choices["columns"] = columns
    desk().save(upload)
    return redirect(f"/import/{token}", 303)


@bp.post("/import/<token>")
@access(Right.IMPORT)
def write(token: str) -> ResponseReturnValue:
    """Write what was looked at: all of it, or the ticked and sound rows; one operation that can be undone."""
    upload = _own(token)
    layer = context.layers().get_or_404(upload.layer)
    made = _preview(upload, layer)
    if request.form.get("digest") != made.digest:
        return _look(upload, gettext("库中数据在您查看之后有变化，下面是最新的比对，请核对后再写入"), 409)
    if made.stopped and request.form.get("sound_only") != "1":
        raise Conflict("有 {n} 行不能导入；请先改正，或选择只导入没有问题的行", n=made.stopped)
    left = set(request.form.getlist("seen")) - set(request.form.getlist("row"))
    made.plan.changed = [c for c in made.plan.changed if str(c.id) not in left]
    operation = apply(
        session(), layer, made.plan, Deed(current_reader().name, "import", previews.source_note(made.source))
    )
    session().commit()
    upload.operation, upload.n = operation, len(made.plan.added) + len(made.plan.changed)
    desk().save(upload)
    desk().remember(upload.by, layer.id, list(made.source.raw.columns), made.mapping)
    return redirect(f"/ops/{operation}" if operation else f"/import/{token}", 303)


@bp.get("/import/<token>/rejected.csv")
@access(Right.IMPORT)
def rejected(token: str) -> Response:
    """The rows that cannot come in, with reasons, to be corrected and brought again."""
    upload = _own(token)
    made = _preview(upload, context.layers().get_or_404(upload.layer))
    response = Response(previews.rejected_csv(made), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="rejected-{token[:6]}.csv"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.post("/import/<token>/remove")
@access(Right.IMPORT)
def remove(token: str) -> ResponseReturnValue:
    """Throw the upload away; what it wrote stays."""
    desk().remove(_own(token))
    return redirect("/import", 303)


def _own(token: str) -> Upload:
    found = desk().find(token)
    if found.by != current_reader().name and not current_reader().may(Right.ADMIN):
        raise Forbidden("这是 {by} 上传的文件", by=found.by)
    if found.layer not in context.layers():
        raise NotFound("没有这次导入，可能已过期删除")
    return found


def told(value: Any) -> str:
    """A sentence of a report in the reader's language."""
    return str(value.told(gettext)) if hasattr(value, "told") else str(value)


bp.app_template_filter("told")(told)
