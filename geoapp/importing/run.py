"""The whole path of one file: read → clean → plan → apply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from geoapp.importing.apply import apply
from geoapp.importing.clean import Cleaned, Wishes, clean
from geoapp.importing.plan import ImportPlan, assigned, lookups, plan
from geoapp.importing.read import Source, read_file
from geoapp.importing.report import ImportReport
from geoapp.layer import Layer
from geoapp.registry import Layers
from geoapp.services.write import Deed
from geoapp.towns import Town

if TYPE_CHECKING:
    from geoapp.db import Database

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Choices:
    """What the person says about the file: ``crs`` and ``encoding`` override its word, ``project`` takes every row."""

    crs: str | None = None
    encoding: str | None = None
    project: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    """Column of the file → column of the layer, "" for none: what the person says instead of the titles."""
    part: str | None = None
    """Layer inside the file."""


def run_import(
    database: Database,
    layers: Layers,
    town: Town,
    layer: Layer,
    path: Path,
    *,
    choices: Choices | None = None,
    dry_run: bool = False,
    by: str,
    progress: Progress = lambda what, done, total: None,
) -> ImportReport:
    """Import one file into one layer, all of it or nothing.

    Raises RefusedFile when the file as a whole is wrong, StaleFeature when a row changed meanwhile. Rejected rows come
    back in the report, and then nothing is written.
    """
    choices = choices or Choices()
    source = _read(path, choices, progress)
    with database.session() as session:
        cleaned, found = prepare(session, layers, town, layer, source, choices, progress)
        report = _report(source, layer, cleaned, found, dry_run)
        if not dry_run and not found.rejected:
            total = len(found.added) + len(found.changed)
            progress("写入", 0, total)
            deed = Deed(by, "import", source.file)
            report.operation_id = apply(session, layer, found, deed)
            session.commit()
            progress("写入", total, total)
    return report


def _read(path: Path, choices: Choices, progress: Progress) -> Source:
    progress("读取", 0, 1)
    source = read_file(path, choices.encoding, choices.part)
    progress("读取", 1, 1)
    return source


def prepare(
    session: Session,
    layers: Layers,
    town: Town,
    layer: Layer,
    source: Source,
    choices: Choices,
    progress: Progress,
) -> tuple[Cleaned, ImportPlan]:
    """Clean and compare; writes nothing."""
    n = len(source.raw)
    progress("检查", 0, n)
    known = lookups(session, layers, layer)
    wishes = Wishes(choices.crs, assigned(layers, layer, known, choices.project), columns=choices.columns)
    cleaned = clean(source.raw, layer, town, known, wishes)
    progress("检查", n, n)
    return cleaned, plan(session, layer, cleaned)


def _report(source: Source, layer: Layer, cleaned: Cleaned, found: ImportPlan, dry_run: bool) -> ImportReport:
    return ImportReport(
        file=source.file,
        layer=layer.title,
        format=source.format,
        verdicts=(source.encoding, cleaned.verdict),
        notes=(*source.notes, *found.notes),
        total=found.total,
        added=len(found.added),
        changed=len(found.changed),
        unchanged=found.unchanged,
        moved=sum(row.outline is not None for row in found.changed),
        rejected=found.rejected,
        dry_run=dry_run,
    )
