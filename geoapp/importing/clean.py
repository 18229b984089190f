"""Raw features into rows the layer can hold. A row that cannot is rejected with number and reason, never dropped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.importing.cleaning import cells, own, titles
from geoapp.importing.cleaning.cells import Lookup, WrongCell
from geoapp.importing.cleaning.outlines import Fault, outlines
from geoapp.importing.reading.transfer import Raw
from geoapp.importing.report import Rejected, Said, Verdict, said
from geoapp.layer import Layer
from geoapp.towns import Town

Column = list[Any]
CORRECT = said("请改正这一格")


@dataclass
class Cleaned:
    """Good and bad rows of one file: ``columns`` and ``shapes`` cover every row, ``bad`` are those not to be used."""

    columns: dict[str, Column]
    shapes: NDArray[np.object_]
    rows: Sequence[int]
    verdict: Verdict
    rejected: list[Rejected] = field(default_factory=list)
    notes: list[Said] = field(default_factory=list)
    bad: frozenset[int] = frozenset()
    rounding: float = 0.0
    """Degrees that the file's number of decimals leaves open."""
    bare: bool = False
    """A table without outlines."""
    versions: Sequence[int | None] | None = None
    """The version each row had when its table went out from here; None for other tables."""


@dataclass(frozen=True)
class Wishes:
    """What the person asked for beside the file: ``assigned`` fills columns for every row."""

    crs: str | None = None
    assigned: Mapping[str, Any] = field(default_factory=dict)
    shift: timedelta = timedelta()
    columns: Mapping[str, str] = field(default_factory=dict)


def clean(raw: Raw, layer: Layer, town: Town, lookups: Mapping[str, Lookup], wishes: Wishes) -> Cleaned:
    """Settle titles, coordinate system, cells and outlines; raises RefusedFile when the whole file is wrong."""
    matched = titles.match(raw, layer, wishes.columns)
    raw.columns |= {t: list(v) for t, v in own.names_over_codes(raw, layer, lookups).items()}
    shaped = outlines(raw, layer, town, wishes.crs)
    faults: dict[int, Fault] = dict(shaped.faults)
    columns = _columns(raw, layer, matched.used, lookups, wishes, faults)
    columns |= {name: [value] * len(raw) for name, value in wishes.assigned.items()}
    numbers = [raw.row(i) for i in range(len(raw))]
    _check_keys(layer, columns[layer.key], numbers, faults)
    _check_filled(layer, columns, faults)
    keys = columns[layer.key]
    rejected = [Rejected(numbers[i], str(keys[i] or ""), *faults[i]) for i in sorted(faults)]
    found = Cleaned(columns, shaped.shapes, numbers, shaped.placed.verdict, rejected)
    found.bad, found.rounding, found.bare = frozenset(faults), shaped.rounding, raw.bare
    found.versions = own.versions(raw)
    if matched.unused:
        found.notes.append(said("没有用到的列：{names}", names="、".join(matched.unused)))
    if shaped.repaired:
        shown = "、".join(str(numbers[i]) for i in shaped.repaired[:10])
        found.notes.append(
            said("{n} 行边界自相交，修复后面积不变，已采用（第 {rows} 行）", n=len(shaped.repaired), rows=shown)
        )
    return found


def _columns(
    raw: Raw,
    layer: Layer,
    used: Mapping[str, Any],
    lookups: Mapping[str, Lookup],
    wishes: Wishes,
    faults: dict[int, Fault],
) -> dict[str, Column]:
    """Values of every column the file speaks of; two file columns for one must not contradict each other."""
    made: dict[str, Column] = {}
    for title, meaning in used.items():
        texts = raw.columns[title]
        targets = _several(texts, title, meaning, layer, lookups, wishes, faults) if callable(meaning) else {
            meaning: _one(texts, title, cells.parser(layer, meaning, lookups, wishes.shift), faults)
        }  # fmt: skip
        for name, values in targets.items():
            made[name] = _joined(made[name], values, layer.column_title(name), faults) if name in made else values
    return made


def _one(texts: Sequence[str | None], title: str, parse: cells.Parse, faults: dict[int, Fault]) -> Column:
    """Parse one column, every distinct text once."""
    known: dict[str | None, Any] = {None: None}
    wrong: dict[str | None, Fault] = {}
    for text in dict.fromkeys(texts):
        if text is None or not text.strip():
            known[text] = None
            continue
        try:
            known[text] = parse(text.strip())
        except WrongCell as error:
            wrong[text] = (said("{title}：{why}", title=title, why=error.reason), error.remedy)
        except ValueError as error:
            wrong[text] = (said("{title}：{why}", title=title, why=str(error)), CORRECT)
    if wrong:
        for index, text in enumerate(texts):
            if text in wrong:
                faults.setdefault(index, wrong[text])
    return [known.get(text) for text in texts]


def _several(
    texts: Sequence[str | None],
    title: str,
    split: Any,
    layer: Layer,
    lookups: Mapping[str, Lookup],
    wishes: Wishes,
    faults: dict[int, Fault],
) -> dict[str, Column]:
    """A column that fills several: the layer's parser splits it, each part is then a cell of its own column."""
    parsers: dict[str, cells.Parse] = {}

    def parse(text: str) -> dict[str, Any]:
        parts = split(text)
        for name in parts:
            if name not in parsers:
                parsers[name] = cells.parser(layer, name, lookups, wishes.shift)
        return {n: parsers[n](v) if isinstance(v, str) else v for n, v in parts.items()}

    found = _one(texts, title, parse, faults)
    names = dict.fromkeys(name for parts in found if parts for name in parts)
    return {name: [parts.get(name) if parts else None for parts in found] for name in names}


def _joined(first: Column, second: Column, title: str, faults: dict[int, Fault]) -> Column:
    made = list(first)
    for index, (a, b) in enumerate(zip(first, second, strict=True)):
        if a is None:
            made[index] = b
        elif b is not None and a != b:
            reason = said("{title}：两列说法不同（{a}、{b}）", title=title, a=a, b=b)
            faults.setdefault(index, (reason, said("请只保留一列，或改成一致")))
    return made


def _check_keys(layer: Layer, keys: Column, numbers: Sequence[int], faults: dict[int, Fault]) -> None:
    first: dict[Any, int] = {}
    title = layer.column_title(layer.key)
    for index, key in enumerate(keys):
        if key is None:
            faults.setdefault(index, (said("{title}为空", title=title), said("请填写{title}", title=title)))
        elif key in first:
            reason = said("{title}“{key}”与第 {row} 行重复", title=title, key=key, row=numbers[first[key]])
            faults.setdefault(index, (reason, said("请改正其中一行的{title}", title=title)))
        else:
            first[key] = index


def _check_filled(layer: Layer, columns: dict[str, Column], faults: dict[int, Fault]) -> None:
    """A column the database requires may not be emptied; one that the file lacks is the plan's concern."""
    for name in columns:
        if name == layer.key or layer.table.c[name].nullable or None not in columns[name]:
            continue
        title = layer.column_title(name)
        fault = (said("{title}为空", title=title), said("请填写{title}", title=title))
        for index, value in enumerate(columns[name]):
            if value is None:
                faults.setdefault(index, fault)


def required(layer: Layer) -> Iterator[str]:
    """Columns that the database does not accept empty and does not fill by itself."""
    for name in layer.writable:
        column = layer.table.c[name]
        if not column.nullable and column.server_default is None and column.default is None:
            yield name


def wkb(shapes: NDArray[np.object_]) -> list[bytes]:
    """Outlines as the write path takes them."""
    return list(shapely.to_wkb(shapes))
