"""Features as typed rows, for formats that are tables: fields with titles and kinds, values and outlines in batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, Connection, Date, DateTime, Integer, Numeric

from geoapp import crs
from geoapp.crs import Crs
from geoapp.layer import Layer
from geoapp.queries.geojson import Wanted, kept_sql, properties_of
from geoapp.queries.past import applied
from geoapp.services.export_formats.geojson import field

BATCH = 2000
RISKY = ("=", "+", "-", "@", "\t", "\r")
"""First characters by which a spreadsheet would take a text for a formula."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the table: ``kind`` text | integer | number | boolean | date | moment."""

    name: str
    title: str
    unit: str
    kind: str
    choices: dict[str, str]

    @property
    def heading(self) -> str:
        return self.title if not self.unit or self.unit in self.title else f"{self.title}（{self.unit}）"

    def shown(self, value: Any) -> Any:
        """The value as people read it: a code by its label."""
        return self.choices.get(str(value), value) if value is not None else None


def fields(layer: Layer) -> list[Field]:
    """The properties of the GeoJSON export, typed, in the same order."""
    return [_field(layer, name) for name in properties_of(layer)]


def _field(layer: Layer, name: str) -> Field:
    told = field(layer, name)
    column = layer.columns_by_name.get(name)
    choices = {str(k): str(v) for k, v in column.info.get("choices", {}).items()} if column is not None else {}
    return Field(name, told["title"], told.get("unit", ""), _kind(column), choices)


def _kind(column: Any) -> str:
    kinds = ((Boolean, "boolean"), (Integer, "integer"), (Numeric, "number"), (DateTime, "moment"), (Date, "date"))
    return next((kind for cls, kind in kinds if column is not None and isinstance(column.type, cls)), "text")


def read(connection: Connection, wanted: Wanted, system: Crs | None = None) -> Iterator[list[tuple[Any, ...]]]:
    """Batches of (id, values of ``fields`` in order, outline as WKB in ``system``), ordered by id, from a server-side cursor."""
    statement, parameters = _statement(wanted, system or wanted.writing.crs)
    raw: Any = connection.connection.driver_connection
    with raw.cursor(name="export_rows") as cursor:
        cursor.itersize = BATCH
        cursor.execute(applied(connection, statement), parameters)
        while batch := cursor.fetchmany(BATCH):
            yield batch


def _statement(wanted: Wanted, system: Crs) -> tuple[str, dict[str, Any]]:
    layer = wanted.layer
    kept, parameters = kept_sql(wanted, "id")
    labels = ", ".join(f"({_quoted(s.code)}, {_quoted(s.label)})" for s in layer.statuses)
    joins = [f"JOIN (VALUES {labels}) st(code, label) ON st.code = t.status"]
    names: dict[str, str] = {}
    for n, reference in enumerate(layer.references):
        parent = wanted.layers[reference.layer]
        names[f"{reference.column}_name"] = f'r{n}."{reference.label}"'
        joins.append(f'LEFT JOIN {parent.table.name} r{n} ON r{n}."{parent.key}" = t."{reference.column}"')
    shown = [names.get(name) or _value(layer, name, wanted.reader.personal) for name in properties_of(layer)]
    geom = "t.geom" if crs.same_datum_as_storage(system.srid) else f"ST_Transform(t.geom, {system.srid})"
    text = (
        f"SELECT t.id, {', '.join(shown)}, ST_AsBinary({geom}) FROM {layer.table.name} t {' '.join(joins)} "
        f"WHERE t.id IN ({kept}) ORDER BY t.id"
    )
    return text, parameters


def _value(layer: Layer, name: str, personal: bool) -> str:
    if name == "status_label":
        return "st.label"
    if name in layer.personal and not personal:
        return f"left(t.\"{name}\"::text, 1) || '**'"
    return f't."{name}"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"


def harmless(text: str) -> str:
    """A text that no spreadsheet runs as a formula."""
    return f"'{text}" if text.startswith(RISKY) else text
