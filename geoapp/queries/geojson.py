"""GeoJSON made by the database: text for text, so that neither an ORM object nor a JSON encoder stands in the way.

A feature is one ``||`` chain: codes under a CHECK are joined as they are, everything else goes through ``to_json``, and
each operand that may be NULL is coalesced, because one NULL would swallow the whole feature. The text leaves in strings
of PAGE features, by a binary COPY: a text format would look at every character again for quotes, a sixth of the time.

Coordinates: CGCS2000 and WGS 84 are one for this purpose (they agree to centimetres), so EPSG:4490 is written as WGS 84
unchanged. Polygons leave with the outer ring counter-clockwise (RFC 7946, 3.1.6). Longitude or easting comes first,
unless ``flipped`` asks for the authority's order, as OGC API answers in another CRS must have it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Boolean, Column, Integer, Numeric, literal_column, select
from sqlalchemy.dialects.postgresql import psycopg

from geoapp import crs
from geoapp.layer import Layer, Reference
from geoapp.queries.filtering import Filter, conditions
from geoapp.queries.reader import Reader

PAGE = 500
SEPARATOR = ","
RECORD_SEPARATOR = "\x1e"
COPY_HEAD = 19
"""Bytes before the first row: signature, flags and length of an extension that is never there."""
COPY_ROW = struct.Struct("!hiqi")
"""Before the text of a row: number of columns, 8, number of features, length of the text."""
_DIALECT = psycopg.dialect()


@dataclass(frozen=True, slots=True)
class Writing:
    """How outlines are written: the CRS, and whether in the authority's axis order."""

    crs: crs.Crs
    flipped: bool = False


def properties_of(layer: Layer) -> tuple[str, ...]:
    """Names of the members of ``properties``, in order."""
    found: list[str] = []
    for name in (layer.key, "status", *layer.columns_by_name):
        if name == "id" or name in found:
            continue
        found.append(name)
        if name == "status":
            found.append("status_label")
        elif name in layer.reference_by_column:
            found.append(f"{name}_name")
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Features to write: of a layer, under a filter, for a reader."""

    layer: Layer
    layers: Mapping[str, Layer]
    where: Filter
    reader: Reader
    writing: Writing

    @property
    def table(self) -> str:
        return self.layer.table.name

    @property
    def feature(self) -> tuple[str, str]:
        """Expression and joins of one feature's text."""
        parents = tuple(self.layers[r.layer] for r in self.layer.references)
        return feature_sql(self.layer, parents, self.reader.personal, self.writing)


def export_copy(wanted: Wanted, *, listed: bool, separator: str = SEPARATOR) -> tuple[str, dict[str, Any]]:
    """COPY statement and parameters: rows (number of features, their text) in the order of id.

    It walks id ranges and starts at once, or pages over the list of kept ids when ``listed`` or filtered: ranges of ids
    of which few are kept would be read in vain.
    """
    table = wanted.table
    pages = f"(SELECT min(id) AS lo, max(id) AS hi FROM {table}) m, generate_series(lo, hi, {PAGE}) AS g"
    rows, parameters = f"id >= g AND id < g + {PAGE}", dict[str, Any]()
    if listed or not wanted.where.empty:
        kept, parameters = kept_sql(wanted, "id", f"(row_number() OVER (ORDER BY id) - 1) / {PAGE} AS page")
        pages = f"(SELECT array_agg(id) AS ids FROM ({kept}) k GROUP BY page ORDER BY page) g"
        rows = "id = ANY(g.ids)"
    text, joins = wanted.feature
    page = (
        f"SELECT count(*) AS n, string_agg({text}, '{separator}' ORDER BY t.id) AS s "
        f"FROM (SELECT * FROM {table} WHERE {rows}) t {joins}"
    )
    return (
        f"COPY (SELECT a.n, a.s FROM {pages}, LATERAL ({page}) a WHERE a.n > 0) TO STDOUT (FORMAT binary)",
        parameters,
    )


def page_statement(wanted: Wanted) -> tuple[str, dict[str, Any]]:
    """One statement for one page: (matched, left, returned, last id, text); the caller adds ``after`` and ``limit``.

    ``matched`` counts everything the filter keeps, ``left`` what of it comes after ``after``; without a filter they are
    the layer's own counter, kept by each write, and unknown. Rows are fetched by their place, found for count and page
    at once.
    """
    table, (text, joins) = wanted.table, wanted.feature
    if wanted.where.empty:
        kept, parameters = "", dict[str, Any]()
        figures = f"(SELECT n FROM layer_revision WHERE layer = '{wanted.layer.id}'), NULL::bigint"
        rows = "id > %(after)s ORDER BY id LIMIT %(limit)s"
    else:
        kept, parameters = kept_sql(wanted, "id", "ctid AS place")
        kept = f"WITH k AS MATERIALIZED ({kept}) "
        figures = "(SELECT count(*) FROM k), (SELECT count(*) FROM k WHERE id > %(after)s)"
        rows = "ctid = ANY(ARRAY(SELECT place FROM k WHERE id > %(after)s ORDER BY id LIMIT %(limit)s))"
    return (
        f"{kept}SELECT {figures}, count(*), max(t.id), string_agg({text}, '{SEPARATOR}' ORDER BY t.id) "
        f"FROM (SELECT * FROM {table} WHERE {rows}) t {joins}"
    ), parameters


def one_statement(wanted: Wanted) -> str:
    """(version, text) of the feature ``id``."""
    text, joins = wanted.feature
    return f"SELECT t.version, {text} FROM {wanted.table} t {joins} WHERE t.id = %(id)s"


def kept_sql(wanted: Wanted, *columns: str) -> tuple[str, dict[str, Any]]:
    """``SELECT columns FROM table WHERE filter`` as the driver's SQL with its parameters.

    The statement is made whole: a condition by itself would lose the tie between its subqueries and the table.
    """
    layer = wanted.layer
    kept = conditions(layer, wanted.where, wanted.reader)
    shown: list[Any] = [literal_column(c) for c in columns]
    compiled = (
        select(*shown)
        .select_from(layer.table)
        .where(kept)
        .compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    )
    return str(compiled), dict(compiled.params)


@lru_cache(maxsize=512)
def feature_sql(layer: Layer, parents: tuple[Layer, ...], personal: bool, writing: Writing) -> tuple[str, str]:
    """The expression of one feature's text over the row ``t``, and the joins it needs. Percent signs are doubled."""
    joins = [_status_join(layer)]
    aliases: dict[str, str] = {}
    itself = {r.column for r, parent in zip(layer.references, parents, strict=True) if r.label == parent.key}
    for reference, parent in zip(layer.references, parents, strict=True):
        if reference.column in itself:
            continue
        aliases[reference.column] = f"r{len(aliases)}"
        joins.append(_reference_join(reference, parent, aliases[reference.column]))
    parts = [_literal('{"type":"Feature","id":'), "t.id::text", _literal(f',"properties":{{"{layer.key}":')]
    parts.append(_value(layer, layer.key, personal))
    for name in ("status", *layer.columns_by_name):
        if name in ("id", layer.key) or (name == "status" and "st.member" in parts):
            continue
        if name == "status":
            parts.append("st.member")
        elif name in itself:
            parts.append(_orphan(name, f"coalesce(to_json(t.\"{name}\")::text, 'null')"))
        elif name in aliases:
            parts.append(f"coalesce({aliases[name]}.member, {_orphan(name)})")
        else:
            parts += [_member(name), _value(layer, name, personal)]
    parts += [_literal('},"geometry":'), geometry_sql(writing), _literal("}")]
    return _joined(parts).replace("%", "%%"), " ".join(joins).replace("%", "%%")


def _joined(parts: Sequence[str]) -> str:
    """``||`` over text operands as a balanced tree: a plain chain would copy the growing text once for each operand."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return f"({_joined(parts[:middle])}||{_joined(parts[middle:])})"


def geometry_sql(writing: Writing, column: str = "t.geom") -> str:
    """An outline as GeoJSON text."""
    srid = writing.crs.srid
    shape = column if crs.same_datum_as_storage(srid) else f"ST_Transform({column}, {srid})"
    shape = f"ST_ForcePolygonCCW({shape})"
    if writing.flipped and writing.crs.authority_flips:
        shape = f"ST_FlipCoordinates({shape})"
    return f"ST_AsGeoJSON({shape}, {writing.crs.digits}, 0)"


def _value(layer: Layer, name: str, personal: bool) -> str:
    column = layer.columns_by_name[name]
    quoted = f't."{name}"'
    if name in layer.personal and not personal:
        return f"coalesce(to_json(left({quoted}::text, 1)||'**')::text, 'null')"
    if _bare(column):
        found = f"{quoted}::text"
    elif _checked(column):
        found = f"'\"'||{quoted}||'\"'"
    else:
        found = f"to_json({quoted})::text"
    return f"coalesce({found}, 'null')" if column.nullable else found


def _bare(column: Column[Any]) -> bool:
    """Columns whose text is a JSON value: whole numbers, truth values, and numbers the database computed itself.

    A NUMERIC that people write may be NaN, which ``to_json`` puts in quotes.
    """
    if isinstance(column.type, Numeric):
        return column.computed is not None
    return isinstance(column.type, (Integer, Boolean))


def _checked(column: Column[Any]) -> bool:
    """Columns under a CHECK whose codes need no escape."""
    return "choices" in column.info and all(json.dumps(code) == f'"{code}"' for code in column.info["choices"])


def _status_join(layer: Layer) -> str:
    """``"status":…,"status_label":…`` ready for each status, found by hash."""
    rows = []
    for status in layer.statuses:
        member = f',"status":{_json(status.code)},"status_label":{_json(status.label)}'
        rows.append(f"({_literal(status.code)}, {_literal(member)})")
    return f"JOIN (VALUES {', '.join(rows)}) st(code, member) ON st.code = t.status"


def _reference_join(reference: Reference, parent: Layer, alias: str) -> str:
    """The key and the name of a reference, made once for each parent: OFFSET 0 keeps it from being made for each child."""
    column, code, label = reference.column, f'"{parent.key}"', f'"{reference.label}"'
    name = f"{_member(column + '_name')}||coalesce(to_json({label})::text, 'null')"
    member = f"{_member(column)}||to_json({code})||{name}"
    ready = f"SELECT {code} AS code, {member} AS member FROM {parent.table.name} OFFSET 0"
    return f'LEFT JOIN ({ready}) {alias} ON {alias}.code = t."{column}"'


def _orphan(name: str, label: str = "'null'") -> str:
    """A reference that is empty, whose parent is not there, or that is read by its key, which needs no join."""
    return f"{_member(name)}||coalesce(to_json(t.\"{name}\")::text, 'null')||{_member(name + '_name')}||{label}"


def _member(name: str) -> str:
    return _literal(f',"{name}":')


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _literal(text: str) -> str:
    """An SQL literal of text that comes from a declaration."""
    return "'" + text.replace("'", "''") + "'"
