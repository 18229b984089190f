"""What an import would change: the file's rows against the database, by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from sqlalchemy import ARRAY, bindparam, func, select
from sqlalchemy.orm import Session

from geoapp.importing.base import Base, versions_of
from geoapp.importing.clean import Cleaned, required, wkb
from geoapp.importing.cleaning.cells import Lookup
from geoapp.importing.report import Rejected, Said, refused, said
from geoapp.layer import Layer
from geoapp.registry import Layers
from geoapp.services.write import SAME_DEGREES

MANY = 50_000
ROUNDED = "{n} 行的图形与库中只差坐标末位的舍入（文件坐标位数较少），视为未变"


@dataclass(frozen=True)
class Changed:
    """One row that differs: ``fields`` maps a column to (old, new); ``outline`` says whether its shape differs."""

    id: int
    version: int
    row: int
    key: str
    fields: Mapping[str, tuple[Any, Any]]
    outline: bytes | None


@dataclass
class ImportPlan:
    """The fate of every row, and the versions it was decided against."""

    added: list[dict[str, Any]] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    unchanged: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    notes: list[Said] = field(default_factory=list)

    @property
    def total(self) -> int:
        return len(self.added) + len(self.changed) + self.unchanged + len(self.rejected)


def lookups(session: Session, layers: Layers, layer: Layer) -> dict[str, Lookup]:
    """What each reference column may name. Labels that two features share are left out: they would be a guess."""
    found: dict[str, Lookup] = {}
    for reference in layer.references:
        parent = layers[reference.layer]
        rows = session.execute(select(parent.table.c[parent.key], parent.table.c[reference.label])).all()
        labels = [label for _, label in rows]
        by_label = {str(label): str(key) for key, label in rows if label and labels.count(label) == 1}
        shared = frozenset(str(label) for label in labels if label) - set(by_label)
        found[reference.column] = Lookup(parent.title, frozenset(str(key) for key, _ in rows), by_label, shared)
    return found


def assigned(layers: Layers, layer: Layer, known: Mapping[str, Lookup], project: str | None) -> dict[str, str]:
    """The reference column that ``--project`` fills: the one named so."""
    if project is None:
        return {}
    if "project" not in known:
        raise refused(said("图层“{title}”没有项目这一列，不能用 --project", title=layer.title))
    try:
        return {"project": known["project"].key(project)}
    except ValueError as error:
        raise refused(said("--project：{why}", why=str(error))) from None


def plan(session: Session, layer: Layer, cleaned: Cleaned) -> ImportPlan:
    """Compare; only columns that the file has are compared."""
    made = ImportPlan(rejected=list(cleaned.rejected), notes=list(cleaned.notes))
    good = [i for i in range(len(cleaned.rows)) if i not in cleaned.bad]
    names = list(cleaned.columns)
    keys = cleaned.columns[layer.key]
    present = _present(session, layer, [keys[i] for i in good], names)
    new = [i for i in good if keys[i] not in present]
    _add(made, layer, cleaned, new)
    there = [i for i in good if keys[i] in present]
    bases = _bases(session, layer, cleaned, there, present)
    _compare(made, layer, cleaned, there, present, bases)
    made.rejected.sort(key=lambda r: r.row)
    return made


def _present(session: Session, layer: Layer, keys: Sequence[Any], names: Sequence[str]) -> dict[Any, Any]:
    """Rows of the database that the file speaks of, by key."""
    table = layer.table
    if not session.execute(select(table.c.id).limit(1)).first():
        return {}
    shape = func.ST_AsBinary(table.c.geom).label("geom")
    key = table.c[layer.key]
    statement = select(table.c.id, table.c.version, shape, *(table.c[n].label(f"c_{n}") for n in names)).where(
        key == func.any(bindparam("keys", type_=ARRAY(key.type)))
    )
    found: dict[Any, Any] = {}
    for start in range(0, len(keys), MANY):
        for row in session.execute(statement, {"keys": list(keys[start : start + MANY])}).mappings():
            found[row[f"c_{layer.key}"]] = row
    return found


def _bases(
    session: Session, layer: Layer, cleaned: Cleaned, indices: Sequence[int], present: Mapping[Any, Any]
) -> dict[int, Base]:
    """For rows that went out from here and were changed since: how they stood when they went out."""
    if cleaned.versions is None:
        return {}
    keys = cleaned.columns[layer.key]
    rows = {i: present[keys[i]] for i in indices}
    old = {i: cleaned.versions[i] for i, row in rows.items() if cleaned.versions[i] != row["version"]}
    wanted = [(rows[i]["id"], version) for i, version in old.items() if version is not None]
    entries = versions_of(session, layer, wanted)
    return {i: Base(version, entries.get((rows[i]["id"], version or 0))) for i, version in old.items()}


def _add(made: ImportPlan, layer: Layer, cleaned: Cleaned, indices: Sequence[int]) -> None:
    """New rows; a status the file does not have becomes the layer's first."""
    if cleaned.bare:
        why, remedy = said("库中没有这个编号；表格没有图形，不能新增"), said("请核对编号，或先导入带图形的文件")
        keys = cleaned.columns[layer.key]
        made.rejected += [Rejected(cleaned.rows[i], str(keys[i]), why, remedy) for i in indices]
        return
    columns = dict(cleaned.columns)
    if "status" not in columns and indices:
        first = layer.statuses[0]
        columns["status"] = [first.code] * len(cleaned.rows)
        made.notes.append(said("文件没有状态列，新增的行记为“{status}”", status=first.label))
    missing = [layer.column_title(n) for n in required(layer) if n not in columns]
    if missing:
        why = said("新增的行缺少必填列：{columns}", columns="、".join(missing))
        remedy = said("请在文件中补上这些列")
        keys = cleaned.columns[layer.key]
        made.rejected += [Rejected(cleaned.rows[i], str(keys[i]), why, remedy) for i in indices]
        return
    shapes = wkb(cleaned.shapes[list(indices)])
    picked = [[values[i] for i in indices] for values in columns.values()]
    names = (*columns, "geom")
    made.added = [dict(zip(names, values, strict=True)) for values in zip(*picked, shapes, strict=True)]


def _compare(
    made: ImportPlan,
    layer: Layer,
    cleaned: Cleaned,
    indices: Sequence[int],
    present: Mapping[Any, Any],
    bases: Mapping[int, Base],
) -> None:
    keys = cleaned.columns[layer.key]
    old = [] if cleaned.bare else [bytes(present[keys[i]]["geom"]) for i in indices]
    moved = np.zeros(len(indices), bool) if cleaned.bare else _moved(cleaned.shapes[list(indices)], old, SAME_DEGREES)
    if not cleaned.bare and moved.any() and cleaned.rounding > SAME_DEGREES:
        exact, moved = moved, _moved(cleaned.shapes[list(indices)], old, cleaned.rounding)
        if n := int((exact & ~moved).sum()):
            made.notes.append(said(ROUNDED, n=n))
    for position, index in enumerate(indices):
        row = present[keys[index]]
        fields = {
            name: (row[f"c_{name}"], values[index])
            for name, values in cleaned.columns.items()
            if row[f"c_{name}"] != values[index]
        }
        if index in bases:
            clash = bases[index].settle(layer, fields, {n: row[f"c_{n}"] for n in fields}, row["version"])
            if clash:
                made.rejected.append(Rejected(cleaned.rows[index], str(keys[index]), *clash))
                continue
        if not fields and not moved[position]:
            made.unchanged += 1
            continue
        outline = wkb(cleaned.shapes[[index]])[0] if moved[position] else None
        made.changed.append(Changed(row["id"], row["version"], cleaned.rows[index], str(keys[index]), fields, outline))


def _moved(new: Any, old: Sequence[bytes], tolerance: float) -> Any:
    """Which outlines differ by more than ``tolerance``; where a ring starts and which way it turns is no difference."""
    if not len(old):
        return np.zeros(0, dtype=bool)
    stored = shapely.from_wkb(np.array(old, dtype=object))
    moved = ~shapely.equals_exact(new, stored, tolerance=tolerance)
    some = np.flatnonzero(moved & (shapely.get_num_coordinates(new) == shapely.get_num_coordinates(stored)))
    if len(some):
        a, b = shapely.normalize(new[some]), shapely.normalize(stored[some])
        moved[some] = ~shapely.equals_exact(a, b, tolerance=tolerance)
        # Rounding may change where a normalised ring begins: then the distance of the boundaries decides.
        moved[some] &= ~(shapely.hausdorff_distance(shapely.boundary(a), shapely.boundary(b)) <= tolerance)
    return moved
