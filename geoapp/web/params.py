"""Everything that comes from a URL is parsed here; past this file there are no strings from the URL.

All problems of a request are collected and reported together (BadRequest).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import BigInteger, Date, DateTime, Integer, Numeric, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from geoapp import crs
from geoapp.crs import Crs
from geoapp.errors import BadRequest
from geoapp.layer import Layer
from geoapp.queries.filtering import Filter
from geoapp.queries.reader import Reader
from geoapp.queries.tiles import MAX_ZOOM, Tile
from geoapp.towns import Bbox

MAX_TEXT = 100
MAX_VALUES = 500
MAX_DIGITS = 40
FILTER_NAMES = ("status", "q", "bbox", "ids")
EVERYWHERE = ("lang", "asof", "as_of", "basis")
"""Parameters every address takes."""


@dataclass(slots=True)
class Problems:
    """Collects what is wrong with a request; ``raise_any`` reports it at once."""

    found: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        self.found.append(text)

    def raise_any(self) -> None:
        if self.found:
            raise BadRequest(problems=self.found)


def tile(z: int, x: int, y: int) -> Tile:
    """A tile inside the quad tree."""
    if not 0 <= z <= MAX_ZOOM or not (0 <= x < 1 << z and 0 <= y < 1 << z):
        raise BadRequest("瓦片 {z}/{x}/{y} 不存在", z=z, x=x, y=y)
    return Tile(z, x, y)


def only_known(args: MultiDict[str, str], names: Iterable[str], problems: Problems) -> None:
    """A misspelt parameter must not pass for a filter that keeps everything."""
    known = {*names, *EVERYWHERE}
    for name in args:
        if name not in known:
            problems.add(f"没有参数“{name[:40]}”，可用：{'、'.join(sorted(known))}")


def filter_names(layer: Layer) -> tuple[str, ...]:
    """Parameters that ``layer_filter`` reads."""
    return tuple(dict.fromkeys((*layer.filters, *(r.column for r in layer.references), *FILTER_NAMES)))


def output_crs(text: str, problems: Problems) -> Crs:
    """``EPSG:4548``, ``4548`` or the OGC URI of a CRS the service offers; nothing means WGS 84."""
    number = text.strip().upper().removeprefix("EPSG:").removeprefix("HTTP://WWW.OPENGIS.NET/DEF/CRS/EPSG/0/")
    if not text or text == crs.OGC_CRS84:
        return crs.OUTPUT[crs.WGS84]
    if number.isascii() and number.isdigit() and len(number) < 7 and int(number) in crs.OUTPUT:
        return crs.OUTPUT[int(number)]
    problems.add(f"crs 可用：{'、'.join(c.name for c in crs.OUTPUT.values())}")
    return crs.OUTPUT[crs.WGS84]


def export_request(
    layer: Layer, layers: Mapping[str, Layer], args: MultiDict[str, str], reader: Reader, session: Session
) -> tuple[Filter, Crs]:
    """What an export asks for: a page's filter and a CRS, and nothing else."""
    problems = Problems()
    only_known(args, (*filter_names(layer), "crs"), problems)
    where = layer_filter(layer, layers, args, reader, session, problems)
    system = output_crs(args.get("crs", ""), problems)
    problems.raise_any()
    return where, system


def bbox(text: str, problems: Problems) -> Bbox | None:
    """``minx,miny,maxx,maxy`` in degrees (six numbers are taken without the heights)."""
    parts = text.split(",")
    try:
        numbers = [float(p) for p in parts]
    except ValueError:
        numbers = []
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != 4 or not all(math.isfinite(n) for n in numbers):
        problems.add("bbox 应为 4 或 6 个数：最小经度,最小纬度,最大经度,最大纬度")
        return None
    west, south, east, north = numbers
    if west > east or south > north or abs(south) > 90 or abs(north) > 90 or abs(west) > 180 or abs(east) > 180:
        problems.add("bbox 的最小值大于最大值，或超出经纬度范围")
        return None
    return Bbox(west, south, east, north)


def instant(text: str, name: str, problems: Problems) -> datetime | None:
    """An RFC 3339 date or date-time; a bare date is its midnight in UTC."""
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        moment = datetime.fromisoformat(text.replace("Z", "+00:00").replace("z", "+00:00").replace(" ", "+"))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError:
        problems.add(f"{name} 应为日期或 RFC 3339 时间，如 2026-06-30 或 2026-06-30T08:00:00Z")
        return None


def layer_filter(
    layer: Layer,
    layers: Mapping[str, Layer],
    args: MultiDict[str, str],
    reader: Reader,
    session: Session,
    problems: Problems | None = None,
) -> Filter:
    """The filter of a page, tile, count or export. Names that are no filter of this layer are left to the caller."""
    own = Problems() if problems is None else problems
    no_nul(args)
    equals = []
    for name in (*layer.filters, *(r.column for r in layer.references if r.column not in layer.filters)):
        given = _listed(args, name)
        if not given:
            continue
        if name in layer.personal and not reader.personal:
            own.add(f"不能按 {name} 筛选：您的账号看不到这一列")
            continue
        values = _values(layer, layers, name, given, session, own)
        if values:
            equals.append((name, tuple(values)))
    statuses, by_class = _statuses(layer, _listed(args, "status"), own)
    if by_class:
        equals.append((layer.legend_by, by_class))
    text = " ".join(args.get("q", "").split())
    if len(text) > MAX_TEXT:
        own.add(f"q 最多 {MAX_TEXT} 个字")
    box = bbox(args["bbox"], own) if args.get("bbox") else None
    ids = _ids(args.get("ids", ""), own)
    if problems is None:
        own.raise_any()
    return Filter(statuses, tuple(equals), box, ids, text)


def shared_filters(
    shown: Sequence[Layer], layers: Mapping[str, Layer], args: MultiDict[str, str], reader: Reader, session: Session
) -> dict[Layer, Filter]:
    """Filters of several layers from one address, as on the map: a status narrows the layers that know it, a number the
    plots; one that no layer shown knows is a problem."""
    given = _listed(args, "status")
    unknown = [text for text in given if not any(_knows(layer, text) for layer in shown)]
    if unknown:
        raise BadRequest("没有状态“{text}”", text=unknown[0][:40])
    found = {}
    for layer in shown:
        own = MultiDict(args)
        own.setlist("status", [text for text in given if _knows(layer, text)])
        found[layer] = layer_filter(layer, layers, own, reader, session)
    return found


def _knows(layer: Layer, text: str) -> bool:
    if text.isascii() and text.isdigit():
        return layer.style.kind == "area" and len(text) < 4 and int(text) < len(layer.legend_classes)
    return text in layer.legend_codes or text in layer.status_by_code


def _listed(args: MultiDict[str, str], name: str) -> list[str]:
    found = [part.strip() for text in args.getlist(name) for part in text.split(",")]
    return [part for part in found if part][:MAX_VALUES]


def _ids(text: str, problems: Problems) -> tuple[int, ...]:
    parts = [p for p in text.split(",") if p]
    if any(not p.isascii() or not p.isdigit() or len(p) > 18 for p in parts):
        problems.add("ids 应为逗号分开的整数")
        return ()
    return tuple(int(p) for p in parts)


def _statuses(layer: Layer, given: Sequence[str], problems: Problems) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Status codes, legend class keys or legend numbers → status codes, or codes of another legend column."""
    statuses: list[str] = []
    classes: list[str] = []
    for text in given:
        key = text
        if text.isascii() and text.isdigit() and len(text) < 4 and int(text) < len(layer.legend_classes):
            key = layer.legend_classes[int(text)].key
        if key in layer.legend_codes and layer.legend_by != "status":
            classes.append(key)
        elif key in layer.legend_codes:
            statuses += layer.legend_codes[key]
        elif key in layer.status_by_code:
            statuses.append(key)
        else:
            known = "、".join([*layer.legend_codes, *layer.status_by_code])
            problems.add(f"没有状态“{text[:40]}”，可用：{known}")
    return tuple(dict.fromkeys(statuses)), tuple(dict.fromkeys(classes))


def _values(
    layer: Layer, layers: Mapping[str, Layer], name: str, given: Sequence[str], session: Session, problems: Problems
) -> list[Any]:
    reference = layer.reference_by_column.get(name)
    if reference is not None:
        parent = layers[reference.layer]
        return [_parent_key(parent, reference.label, text, name, session, problems) for text in given]
    parsed = [typed(layer, name, text, problems) for text in given]
    return [value for value in parsed if value is not None]


def _parent_key(parent: Layer, label: str, text: str, name: str, session: Session, problems: Problems) -> str | None:
    """A key, a full name or a name without its kind (里吴 for 里吴村); ``none`` means empty."""
    if text == "none":
        return None
    t = parent.table.c
    for condition in (t[parent.key] == text, t[label] == text, t[label].startswith(text, autoescape=True)):
        found = session.execute(select(t[parent.key]).where(condition).limit(2)).scalars().all()
        if len(found) == 1:
            return str(found[0])
    problems.add(f"{name}：没有“{text[:40]}”")
    return ""


def typed(layer: Layer, name: str, text: str, problems: Problems) -> Any:
    """A URL text as a value of a column; adds a problem and returns None when it does not fit."""
    kind = layer.table.c[name].type
    try:
        if isinstance(kind, Integer):
            return _whole(text, 63 if isinstance(kind, BigInteger) else 31)
        if isinstance(kind, Numeric):
            number = Decimal(text)
            return number if number.is_finite() and abs(number.adjusted()) < MAX_DIGITS else _bad(text)
        if isinstance(kind, DateTime):
            return instant(text, name, problems)
        if isinstance(kind, Date):
            return date.fromisoformat(text)
    except (ValueError, InvalidOperation):
        problems.add(f"{name}：“{text[:40]}”不是这一列的值")
        return None
    return text


def no_nul(args: MultiDict[str, str]) -> None:
    """PostgreSQL cannot hold U+0000 in a text, so no value may have it."""
    for name, values in args.lists():
        if any("\x00" in value for value in values):
            raise BadRequest("{name} 含有不可用的字符", name=name[:40])


def _whole(text: str, bits: int) -> int:
    if not re.fullmatch(r"-?[0-9]{1,19}", text) or not -(1 << bits) <= int(text) < 1 << bits:
        raise ValueError(text)
    return int(text)


def _bad(text: str) -> Any:
    raise ValueError(text)
