"""Books of rates: read from TOML or CSV, checked by the layer's own rules, kept whole and never changed."""

from __future__ import annotations

import csv
import hashlib
import json
import tomllib
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from geoapp.errors import BadRequest, Conflict, NotFound
from geoapp.layer import Layer
from geoapp.money_tables import RateBook
from geoapp.reckoning import Reckoning
from geoapp.said import said

HEAD = ("code", "title", "doc_no", "effective_from", "effective_to", "official")


def read(path: Path, lists: Collection[str] = ()) -> dict[str, Any]:
    """A book as plain values: ``[book]`` and one list a table. CSV names the table in its first column, ``table``;
    its cells in the columns ``lists`` hold several values apart by spaces or semicolons."""
    if path.suffix.lower() == ".toml":
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadRequest("价目文件读不懂：{why}", why=str(error)) from None
        plain: dict[str, Any] = json.loads(json.dumps(found, default=str, ensure_ascii=False))
        return plain
    tables: dict[str, Any] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            values: dict[str, Any] = {k: v.strip() for k, v in row.items() if k and k != "table" and v and v.strip()}
            for name in set(lists) & set(values):
                values[name] = values[name].replace(";", " ").split()
            tables.setdefault((row.get("table") or "").strip(), []).append(values)
    return {**tables, "book": tables.get("book", [{}])[0]}


def add(session: Session, layer: Layer, given: Mapping[str, Any], by: str) -> RateBook:
    """Keep a book; raises BadRequest with every problem at once, Conflict when its code is taken by another content."""
    reckoning = reckoning_of(layer)
    head = given.get("book", {})
    content = {k: v for k, v in given.items() if k != "book"}
    found: list[str] = [
        said("[book] 缺少 {name}", name=n) for n in ("code", "title", "effective_from") if not head.get(n)
    ]
    days: dict[str, date | None] = {}
    for name in ("effective_from", "effective_to"):
        try:
            days[name] = date.fromisoformat(str(head[name])) if head.get(name) else None
        except ValueError:
            found.append(said("[book] 的 {name} 应为日期，如 2026-06-30", name=name))
    found += reckoning.problems(content)
    if found:
        raise BadRequest(problems=found)
    text = json.dumps(given, sort_keys=True, ensure_ascii=False)
    book = RateBook(
        layer=layer.id, code=head["code"], title=head["title"], doc_no=head.get("doc_no", ""), content=content, by=by,
        effective_from=days["effective_from"], effective_to=days["effective_to"],
        official=str(head.get("official", "")).lower() in ("true", "1", "是"), sha256=hashlib.sha256(text.encode()).hexdigest(),
    )  # fmt: skip
    present = session.execute(select(RateBook).where(RateBook.code == book.code)).scalar_one_or_none()
    if present is not None:
        if present.sha256 == book.sha256:
            return present
        raise Conflict("价目“{code}”已存在且内容不同；新版本请用新的编号", code=book.code)
    session.add(book)
    session.flush()
    return book


def books(session: Session, layer: Layer) -> list[RateBook]:
    """All books of a layer, the newest first."""
    wanted = (
        select(RateBook).where(RateBook.layer == layer.id).order_by(RateBook.effective_from.desc(), RateBook.id.desc())
    )
    return list(session.execute(wanted).scalars())


def book_on(session: Session, layer: Layer, day: date) -> RateBook:
    """The book in force on a day, or NotFound."""
    wanted = (
        select(RateBook)
        .where(RateBook.layer == layer.id, RateBook.effective_from <= day)
        .where(or_(RateBook.effective_to.is_(None), RateBook.effective_to >= day))
        .order_by(RateBook.effective_from.desc(), RateBook.id.desc())
        .limit(1)
    )
    found = session.execute(wanted).scalar_one_or_none()
    if found is None:
        raise NotFound("{day} 没有生效的价目，请管理员用命令行导入", day=day.isoformat())
    return found


def reckoning_of(layer: Layer) -> Reckoning:
    """What the layer declares about money, or NotFound."""
    if layer.reckoning is None:
        raise NotFound("{title}没有补偿测算", title=layer.title)
    return layer.reckoning
