"""How a row stood when its table went out, so that only what the person changed in the table is taken from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from geoapp.importing.report import Said, said
from geoapp.layer import Layer
from geoapp.orm import Change
from geoapp.services.chronicle import typed


@dataclass(frozen=True, slots=True)
class Base:
    """The version a table row has, and the ledger's entry of that version; None when there is no such entry."""

    version: int | None
    entry: Change | None

    def settle(
        self, layer: Layer, fields: dict[str, tuple[Any, Any]], current: Mapping[str, Any], now: int
    ) -> tuple[Said, Said] | None:
        """Take out of ``fields`` (column → old, new) what the person left as it was; (reason, remedy) of a real conflict."""
        if self.entry is None:
            return (
                said(
                    "版本 {version} 不是这一行的版本（现在是第 {now} 版）",
                    version=self.version if self.version is not None else "—",
                    now=now,
                ),
                said("请重新下载表格再改"),
            )
        clashes = []
        for name, (_, new) in list(fields.items()):
            was = typed(layer, name, self.entry.properties.get(name))
            if new == was:
                del fields[name]
            elif current[name] != was:
                clashes.append(said("{title}：原为 {was}，别人已改为 {current}，表格改为 {new}", title=layer.column_title(name), was=_word(layer, name, was), current=_word(layer, name, current[name]), new=_word(layer, name, new)))  # fmt: skip
        if not clashes:
            return None
        told = clashes[0] if len(clashes) == 1 else said("{first}；另有 {n} 列", first=clashes[0], n=len(clashes) - 1)
        return told, said("别人在您下载后改过这一行。请重新下载表格，核对后再改")


def versions_of(session: Session, layer: Layer, wanted: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Change]:
    """Entries of the ledger by (feature, version)."""
    found: dict[tuple[int, int], Change] = {}
    for start in range(0, len(wanted), 5000):
        pairs = tuple_(Change.feature_id, Change.version).in_(list(wanted[start : start + 5000]))
        for entry in session.execute(select(Change).where(Change.layer == layer.id, pairs)).scalars():
            found[entry.feature_id, entry.version] = entry
    return found


def _word(layer: Layer, name: str, value: Any) -> str:
    if value is None:
        return "—"
    if name == "status" and value in layer.status_by_code:
        return layer.status_by_code[value].label
    return str(layer.columns_by_name[name].info.get("choices", {}).get(value, value))
