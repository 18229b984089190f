"""Tables that went out from here and come back: they carry versions, and names beside codes.

A person edits the name, not the code; and what a colleague changed since the table went out must not be set back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from geoapp.importing.cleaning.cells import Lookup, same
from geoapp.importing.reading.transfer import Raw
from geoapp.layer import Layer

VERSION, INNER, NAMED = "版本", "内部编号", "名称"


def versions(raw: Raw) -> list[int | None] | None:
    """The version each row had when the table went out; None for a table of somebody else."""
    titles = {same(title): title for title in raw.columns}
    if same(VERSION) not in titles or same(INNER) not in titles:
        return None
    return [_whole(text) for text in raw.columns[titles[same(VERSION)]]]


def _whole(text: str | None) -> int | None:
    plain = (text or "").strip().removesuffix(".0")
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 10 else None


def names_over_codes(raw: Raw, layer: Layer, lookups: Mapping[str, Lookup]) -> dict[str, Sequence[str | None]]:
    """Columns of codes as the names beside them say; the codes themselves are hidden in the tables we make."""
    if versions(raw) is None:
        return {}
    titles = {same(title): title for title in raw.columns}
    known: dict[str, Lookup] = {"status": Lookup("", frozenset(), {s.label: s.code for s in layer.statuses}), **lookups}
    found: dict[str, Sequence[str | None]] = {}
    for column, lookup in known.items():
        code_title = titles.get(same(layer.column_title(column)))
        name_title = titles.get(same(layer.column_title(column) + NAMED))
        if code_title and name_title:
            pairs = zip(raw.columns[code_title], raw.columns[name_title], strict=True)
            found[code_title] = [_meant(code, (name or "").strip(), lookup) for code, name in pairs]
    return found


def _meant(code: str | None, name: str, lookup: Lookup) -> str | None:
    """The code of the name; the code itself where several share the name; a name nobody has, for the cell's own error."""
    if not name:
        return None
    return code if name in lookup.shared else lookup.by_label.get(name, name)
