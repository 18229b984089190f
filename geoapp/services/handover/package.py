"""A hand-over that proves itself: point file, GeoJSON, workbook and map of one state of the town, read back and compared.

Nothing is handed over when anything differs.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select, text

from geoapp import crs
from geoapp.db import Database
from geoapp.errors import BadRequest, Conflict, NotFound
from geoapp.layer import Layer
from geoapp.queries import past as pasts
from geoapp.queries.filtering import Filter, conditions
from geoapp.queries.past import Past
from geoapp.queries.reader import Reader
from geoapp.services import export, ledger_check
from geoapp.services.export_formats import rows as typed_rows
from geoapp.services.export_names import file_name
from geoapp.services.handover import check, sheet
from geoapp.services.handover.check import Finding
from geoapp.services.printing import document
from geoapp.services.printing.document import Order, Words
from geoapp.services.printing.paper import Paper
from geoapp.services.write import TOWN_TIME

MOST = 20_000
MOST_DRAWN = 3000


@dataclass(frozen=True, slots=True)
class Package:
    """The zip, its name, and what was found equal."""

    name: str
    content: bytes
    n: int
    findings: tuple[Finding, ...]


def make(
    database: Database,
    layers: Mapping[str, Layer],
    layer: Layer,
    where: Filter,
    reader: Reader,
    words: Words,
    past: Past | None = None,
) -> Package:
    """One state of the town as files. Raises NotFound for nothing, BadRequest for no areas or too many, Conflict when the files
    differ among themselves or from the database; then there is no package."""
    if "POLYGON" not in layer.geometry_type:
        raise BadRequest("{title}不是面图层，没有界址点", title=layer.title)
    past = past or pasts.of(datetime.now(UTC), layers.values())
    with database.session(past) as session:
        ids = tuple(
            session.execute(select(layer.table.c.id).where(conditions(layer, where, reader)).limit(MOST + 1)).scalars()
        )
        stem = file_name(session, layers, layer, where, "zip").removesuffix(".zip")
        if not ids:
            raise NotFound("没有要交付的{title}", title=layer.title)
        if len(ids) > MOST:
            raise BadRequest("一次最多交付 {n} 条，请按项目或批次分开", n=MOST)
        files = {
            f"{stem}.{ext}": _file(database, layers, layer, where, reader, ext, past)
            for ext in ("txt", "geojson", "xlsx")
        }
        findings = _checked(layer, files, stem, len(ids))
        if len(ids) <= MOST_DRAWN:
            order = Order(layer, ids, Paper("A3", landscape=True), coordinates=False)
            files[f"{stem}.pdf"] = document.make(session, layers, reader, order, words)
        revision = session.execute(
            text("SELECT revision FROM layer_revision WHERE layer = :l"), {"l": layer.id}
        ).scalar()
        digest = ledger_check.heads(session.connection()).get(layer.id, "")
    wrong = [line for finding in findings for line in finding.wrong]
    if wrong:
        raise Conflict(
            "交付包没有生成：{n} 处不一致，例如 {first}",
            n=len(wrong),
            first=wrong[0],
            extra={"differences": wrong[:100]},
        )
    sums = {name: hashlib.sha256(body).hexdigest() for name, body in files.items()}
    made_at = past.moment.astimezone(TOWN_TIME)
    files[sheet.NAME] = sheet.draw(stem, findings, sums, made_at, reader, int(revision or 0), digest)
    sums[sheet.NAME] = hashlib.sha256(files[sheet.NAME]).hexdigest()
    files["check.json"] = _summary(layer, findings, sums, made_at, reader, int(revision or 0), digest)
    sums["check.json"] = hashlib.sha256(files["check.json"]).hexdigest()
    files["SHA256SUMS"] = "".join(f"{value}  {name}\n" for name, value in sums.items()).encode()
    return Package(sheet.PACKAGE.format(stem=stem), _zipped(files, made_at), len(ids), tuple(findings))


def _file(
    database: Database,
    layers: Mapping[str, Layer],
    layer: Layer,
    where: Filter,
    reader: Reader,
    extension: str,
    past: Past,
) -> bytes:
    stream = io.BytesIO()
    export.export_to(
        stream,
        database,
        layers,
        layer,
        extension,
        crs=crs.OUTPUT[int(crs.WGS84)],
        reader=reader,
        where=where,
        past=past,
    )
    return stream.getvalue()


def _checked(layer: Layer, files: Mapping[str, bytes], stem: str, n: int) -> list[Finding]:
    titles = {f.name: f.heading for f in typed_rows.fields(layer)}
    wanted = {
        "key": titles[layer.key],
        "status": titles["status_label"],
        "area_m2": titles.get("area_m2", ""),
        "area_mu": titles.get("area_mu", ""),
    }
    return check.compare(
        check.read_points(files[f"{stem}.txt"]), check.read_geojson(files[f"{stem}.geojson"], layer.key),
        check.read_workbook(files[f"{stem}.xlsx"], wanted), n,
    )  # fmt: skip


def _summary(
    layer: Layer,
    findings: list[Finding],
    sums: Mapping[str, str],
    at: datetime,
    reader: Reader,
    revision: int,
    digest: str,
) -> bytes:
    told = {
        "layer": layer.id, "state_at": at.isoformat(), "by": reader.name, "revision": revision, "ledger_sha256": digest,
        "checks": [{"title": f.title, "compared": f.compared, "worst": f.worst, "equal": f.right} for f in findings], "sha256": dict(sums),
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


def _zipped(files: Mapping[str, bytes], at: datetime) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, body in files.items():
            packed.writestr(zipfile.ZipInfo(name, at.timetuple()[:6]), body, zipfile.ZIP_DEFLATED)
    return stream.getvalue()
