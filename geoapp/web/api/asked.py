"""The parameters of the OGC interface, parsed. Everything wrong with a request is reported at once, with status 400."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from geoapp import crs
from geoapp.layer import Layer
from geoapp.queries.filtering import Filter
from geoapp.queries.geojson import Writing
from geoapp.queries.reader import Reader
from geoapp.web import params
from geoapp.web.api import box
from geoapp.web.params import Problems

DEFAULT_LIMIT = 10
MAX_LIMIT = 10_000
ALWAYS = ("f",)
PAGING = ("limit", "after", "bbox", "bbox-crs", "crs", "datetime")
CRS84 = Writing(crs.OUTPUT[crs.WGS84])
FORMATS = ("json", "html")
_DAY = timedelta(days=1) - timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a collection: which features, how written, how many, after which id."""

    where: Filter
    writing: Writing
    limit: int
    after: int


def systems() -> dict[str, Writing]:
    """URI of each CRS an answer may be in; CRS84, the default, comes first. The others have the authority's axes."""
    return {crs.OGC_CRS84: CRS84} | {c.uri: Writing(c, flipped=True) for c in crs.OUTPUT.values()}


def uri_of(writing: Writing) -> str:
    return writing.crs.uri if writing.flipped else crs.OGC_CRS84


def queryables(layer: Layer, reader: Reader) -> tuple[str, ...]:
    """Columns this reader may filter by, each a parameter of its own name."""
    hidden = frozenset() if reader.personal else layer.personal
    taken = {"id", *PAGING, *ALWAYS, *params.EVERYWHERE}
    return tuple(n for n in layer.columns_by_name if n not in hidden and n not in taken)


def nothing_else(args: MultiDict[str, str], *names: str) -> None:
    """Refuse parameters an address does not have, and formats it does not speak."""
    problems = Problems()
    _common(args, names, problems)
    problems.raise_any()


def _common(args: MultiDict[str, str], names: tuple[str, ...], problems: Problems) -> None:
    params.no_nul(args)
    params.only_known(args, (*names, *ALWAYS), problems)
    if args.get("f", "json") not in FORMATS:
        problems.add(f"f 可用：{'、'.join(FORMATS)}")


def one(args: MultiDict[str, str]) -> Writing:
    """Parameters of a single feature."""
    problems = Problems()
    _common(args, ("crs",), problems)
    found = _writing(args, "crs", problems)
    problems.raise_any()
    return found


def page(
    layer: Layer, layers: Mapping[str, Layer], args: MultiDict[str, str], reader: Reader, session: Session
) -> Page:
    """Parameters of a collection's items: Part 1 and 2, the filters of our own pages, and the queryables."""
    problems = Problems()
    own = queryables(layer, reader)
    if refused := [n for n in args if n in layer.personal and n not in own]:
        problems.add(f"不能按 {'、'.join(refused)} 筛选：您的账号看不到这些列")
    _common(args, (*PAGING, *params.filter_names(layer), *own, *refused), problems)
    found = params.layer_filter(layer, layers, _without(args, "bbox", *refused), reader, session, problems)
    since, until = interval(args["datetime"], problems) if "datetime" in args else (None, None)
    where = replace(found, equals=(*found.equals, *_equals(layer, own, args, problems)), since=since, until=until)
    if "bbox" in args:
        given = _writing(args, "bbox-crs", problems)
        degrees, area = box.of_request(args["bbox"], given.crs, given.flipped, problems)
        where = replace(where, bbox=degrees, area=area)
    elif "bbox-crs" in args:
        _writing(args, "bbox-crs", problems)
    made = Page(where, _writing(args, "crs", problems), _limit(args, problems), _after(args, problems))
    problems.raise_any()
    return made


def _without(args: MultiDict[str, str], *names: str) -> MultiDict[str, str]:
    return MultiDict([(k, v) for k, v in args.items(multi=True) if k not in names])


def _equals(
    layer: Layer, own: tuple[str, ...], args: MultiDict[str, str], problems: Problems
) -> list[tuple[str, tuple[Any, ...]]]:
    """Queryables that are no filter of the pages: one exact value each, or any of several when repeated."""
    found = []
    for name in own:
        if name not in args or name in params.filter_names(layer):
            continue
        values = [params.typed(layer, name, text, problems) for text in args.getlist(name)]
        found.append((name, tuple(v for v in values if v is not None)))
    return found


def _writing(args: MultiDict[str, str], name: str, problems: Problems) -> Writing:
    if name not in args:
        return CRS84
    if args[name] not in systems():
        problems.add(f"{name} 可用：{'、'.join(systems())}")
    return systems().get(args[name], CRS84)


def _whole(args: MultiDict[str, str], name: str, low: int, problems: Problems) -> int | None:
    text = args.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18 or int(text) < low:
        problems.add(f"{name} 应为不小于 {low} 的整数")
        return None
    return int(text)


def _limit(args: MultiDict[str, str], problems: Problems) -> int:
    found = _whole(args, "limit", 1, problems)
    return DEFAULT_LIMIT if found is None else min(found, MAX_LIMIT)


def _after(args: MultiDict[str, str], problems: Problems) -> int:
    return _whole(args, "after", 0, problems) or 0


def interval(text: str, problems: Problems) -> tuple[datetime | None, datetime | None]:
    """``datetime``: an instant, or an interval one end of which may be open (``..`` or nothing). Days count whole."""
    parts = text.split("/")
    if len(parts) > 2 or all(part in ("", "..") for part in parts):
        problems.add("datetime 应为一个时刻，或 起/止，其中一端可写 ..")
        return None, None
    ends = {part: params.instant(part, "datetime", problems) for part in parts if part not in ("", "..")}
    since, until = ends.get(parts[0]), ends.get(parts[-1])
    if until and len(parts[-1]) == 10:
        until += _DAY
    if since and until and since > until:
        problems.add("datetime 的起始晚于结束")
    return since, until
