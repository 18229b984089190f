"""Which column of the layer each column of the file means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from geoapp.importing.cleaning.cells import same
from geoapp.importing.reading.transfer import LABELS, Raw
from geoapp.importing.report import refused, said
from geoapp.layer import ColumnParser, Layer


@dataclass(frozen=True)
class Titles:
    """File column → column of the layer, or a parser that fills several; and the file columns nobody asked for."""

    used: Mapping[str, str | ColumnParser]
    unused: tuple[str, ...]


def match(raw: Raw, layer: Layer, chosen: Mapping[str, str] | None = None) -> Titles:
    """Recognise titles by declaration, column name or column title; ``chosen`` says otherwise for some, ``*`` keeps a parser.

    Raises RefusedFile without the key.
    """
    known = _known(layer)
    used: dict[str, str | ColumnParser] = {}
    for title in raw.columns:
        found = known.get(same(title)) or _cut(title, known, raw.cut)
        if chosen and chosen.get(title, "*") != "*":
            found = chosen[title] if chosen[title] in layer.writable else None
        if found is not None:
            used[title] = found
    if layer.key not in used.values():
        label = next(
            (t for t in LABELS if t in raw.columns and t not in used and not (chosen and chosen.get(t) == "")), None
        )
        if label:
            used[label] = layer.key
    _check(raw, layer, used)
    return Titles(used, tuple(t for t in raw.columns if t not in used))


def _known(layer: Layer) -> dict[str, str | ColumnParser]:
    """Normalised title → meaning; the declaration's own titles win over comments."""
    found: dict[str, str | ColumnParser] = {}
    for name in layer.writable:
        found[same(layer.column_title(name))] = name
    for name in layer.writable:
        found[same(name)] = name
    for title, meaning in layer.import_columns.items():
        found[same(title)] = meaning
    return found


def _cut(title: str, known: Mapping[str, str | ColumnParser], cut: int) -> str | ColumnParser | None:
    """A dbf cuts names at ten bytes: the title whose beginning it is, when there is only one such meaning."""
    longest = max(len(title.encode("gb18030", "replace")), len(title.encode("utf-8", "replace")))
    if not cut or longest < cut - 1:
        return None
    meanings = {id(m) if callable(m) else m: m for t, m in known.items() if t.startswith(same(title))}
    return next(iter(meanings.values())) if len(meanings) == 1 else None


def _check(raw: Raw, layer: Layer, used: Mapping[str, str | ColumnParser]) -> None:
    if layer.key not in used.values():
        wanted = [t for t, m in layer.import_columns.items() if m == layer.key] or [layer.key]
        raise refused(
            said(
                "没有找到“{key}”列，不知道每行是哪一个{title}。文件里的列：{columns}。请把这一列命名为 {wanted}",
                key=layer.column_title(layer.key),
                title=layer.title,
                columns="、".join(list(raw.columns)[:20]) or "—",
                wanted=" / ".join(dict.fromkeys(wanted)),
            )
        )
