"""What an import would do, for a person to look at before anything is written."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from pyproj import Transformer
from sqlalchemy.orm import Session

from geoapp import crs
from geoapp.importing import topology
from geoapp.importing.clean import Cleaned
from geoapp.importing.cleaning import titles
from geoapp.importing.plan import ImportPlan
from geoapp.importing.read import Source
from geoapp.importing.report import Rejected, said
from geoapp.importing.run import Choices, prepare
from geoapp.importing.topology import Finding
from geoapp.layer import Layer
from geoapp.queries.reader import Reader
from geoapp.registry import Layers
from geoapp.services import picture, scopes
from geoapp.services.editing import Editing
from geoapp.services.export_formats.rows import harmless
from geoapp.towns import Bbox, Town

PICTURED = 20_000
"""Outlines drawn at most."""


@dataclass
class Preview:
    """Source, what was settled, and the fate of every row; ``held`` are rows that rules or the scope forbid."""

    source: Source
    cleaned: Cleaned
    plan: ImportPlan
    mapping: Mapping[str, str]
    """Column of the file → column of the layer, "" for none, "*" for a parser that fills several."""
    held: list[Rejected] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    """What the outlines show, to be looked at; it stops nothing."""

    @property
    def stopped(self) -> int:
        return len(self.plan.rejected) + len(self.held)

    @property
    def digest(self) -> str:
        """Names exactly this plan against exactly these versions."""
        told = [
            sorted(str(r) for r in self.plan.added),
            [(c.id, c.version, str(c.fields), c.outline) for c in self.plan.changed],
        ]
        return hashlib.sha256(repr(told).encode()).hexdigest()


def preview(
    session: Session, layers: Layers, town: Town, layer: Layer, reader: Reader, source: Source, choices: Choices
) -> Preview:
    """Clean, compare and judge; writes nothing. Raises RefusedFile when the whole file is wrong."""
    matched = titles.match(source.raw, layer, choices.columns)
    mapping = {
        t: ("*" if callable(matched.used[t]) else str(matched.used[t])) if t in matched.used else ""
        for t in source.raw.columns
    }
    cleaned, plan = prepare(session, layers, town, layer, source, choices, lambda *_: None)
    made = Preview(source, cleaned, plan, mapping)
    _hold(made, session, layers, layer, reader)
    made.findings = topology.look(session, layers, layer, cleaned)
    return made


def _hold(made: Preview, session: Session, layers: Layers, layer: Layer, reader: Reader) -> None:
    """Take out what the person may not write: outside the scope, or a step the workflow forbids."""
    outside = scopes.refused(session, reader, layer, [{"id": n, **row} for n, row in enumerate(made.plan.added)])
    remedy = said("请联系管理员，或从文件中删去这一行")
    for n in sorted(outside):
        made.held.append(Rejected(0, str(made.plan.added[n][layer.key]), said("不在您负责的村或项目内"), remedy))
    made.plan.added = [row for n, row in enumerate(made.plan.added) if n not in outside]
    changes = {c.id: {name: new for name, (_, new) in c.fields.items()} for c in made.plan.changed}
    unable = Editing(session, layer, layers, reader).unable(changes, source_note(made.source))
    for c in made.plan.changed:
        if c.id in unable:
            made.held.append(Rejected(c.row, c.key, said("{why}", why=unable[c.id]), said("请按流程办理后再导入")))
    made.plan.changed = [c for c in made.plan.changed if c.id not in unable]


def source_note(source: Source) -> str:
    """Why the rows changed: the file they came in."""
    return source.file[:200]


def drawn(session: Session, made: Preview, layers: Layers, reader: Reader, town: Town) -> str:
    """SVG of the file's outlines over the town: where they lie, in the part of the town they lie in."""
    shapes = np.array(
        [s for n, s in enumerate(made.cleaned.shapes) if n not in made.cleaned.bad and s is not None][:PICTURED],
        dtype=object,
    )
    if not len(shapes):
        return ""
    west, south, east, north = (float(v) for v in shapely.total_bounds(shapes))
    margin = max(east - west, north - south, 0.004) * 0.4
    view = Bbox(west - margin, south - margin, east + margin, north + margin)
    box, scale = picture.frame(session, view)
    to_plane = Transformer.from_crs(int(crs.STORAGE), int(crs.PLANE), always_xy=True).transform
    placed = shapely.transform(shapes, lambda xy: _local(np.column_stack(to_plane(xy[:, 0], xy[:, 1])), box, scale))
    path = " ".join(_path(s) for s in shapely.simplify(placed, 0.3))
    over = (
        f'<path d="{path}" fill="#0B57D0" fill-opacity="0.35" stroke="#0B57D0" stroke-width="1.2" fill-rule="evenodd"/>'
    )
    wrong = np.array([f.shape for f in made.findings[: topology.SHOWN] if f.shape is not None], dtype=object)
    if len(wrong):
        spots = shapely.transform(wrong, lambda xy: _local(np.column_stack(to_plane(xy[:, 0], xy[:, 1])), box, scale))
        marks = " ".join(_path(part) for part in shapely.get_parts(spots) if part.geom_type == "Polygon")
        over += f'<path d="{marks}" fill="#D20058" fill-opacity="0.7" stroke="#D20058" stroke-width="3" stroke-linejoin="round"/>'
    backdrop = {
        layer: picture.EVERYTHING for layer in layers.values() if layer.style.kind in ("boundary", "outline", "area")
    }
    return picture.draw(session, backdrop, view, reader, town, over=over)


def _local(xy: Any, box: Bbox, scale: float) -> Any:
    return np.column_stack(((xy[:, 0] - box.west) * scale, (box.north - xy[:, 1]) * scale))


def _path(shape: Any) -> str:
    found = []
    for part in getattr(shape, "geoms", [shape]):
        if part.geom_type == "Point":
            found.append(f"M{part.x - 3:.1f} {part.y - 3:.1f}h6v6h-6Z")
            continue
        rings = (part.exterior, *part.interiors) if part.geom_type == "Polygon" else (part,)
        end = "Z" if part.geom_type == "Polygon" else ""
        found += ["M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring.coords) + end for ring in rings]
    return " ".join(found)


def rejected_csv(made: Preview) -> str:
    """The rows that cannot come in, as they stand in the file, with row number, reason and remedy beside them."""
    text = io.StringIO()
    writer = csv.writer(text)
    columns = made.source.raw.columns
    writer.writerow(["行号", "原因", "处理办法", *columns])
    index = {made.source.raw.row(i): i for i in range(len(made.source.raw))}
    for row in (*made.plan.rejected, *made.held):
        at = index.get(row.row)
        cells: Sequence[str] = [harmless(columns[c][at] or "") for c in columns] if at is not None else [row.key]
        writer.writerow([row.row or "", str(row.reason), str(row.remedy), *cells])
    return "\ufeff" + text.getvalue()
