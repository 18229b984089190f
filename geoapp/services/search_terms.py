"""What a feature may be found by: text, pinyin in all readings, and initials."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice, product
from typing import Any

from pypinyin import Style, pinyin
from sqlalchemy import text
from sqlalchemy.orm import Session

from geoapp.layer import Layer
from geoapp.services import bulk

READINGS = 12
"""Combinations of readings kept for one text: surnames such as 单 (shàn, dān, chán) need all of theirs."""

SURNAMES = {
    "单": ["shan"], "仇": ["qiu"], "曾": ["zeng"], "查": ["zha"], "区": ["ou"], "任": ["ren"], "盖": ["ge"],
    "翟": ["zhai"], "解": ["xie"], "朴": ["piao"], "尉": ["yu"], "员": ["yun"], "覃": ["qin", "tan"], "黑": ["he"],
    "洗": ["xian"], "折": ["she"], "种": ["chong"], "召": ["shao"], "繁": ["po"], "缪": ["miao"], "乐": ["yue"],
}  # fmt: skip


@lru_cache(maxsize=20_000)
def terms(value: str) -> tuple[str, ...]:
    """Lower-case terms of one text: itself, its parts after a hyphen, pinyin and initials.

    >>> "shan" in "".join(terms("单志"))
    True
    """
    cleaned = " ".join(value.lower().split())
    if not cleaned:
        return ()
    found = [cleaned]
    parts = [p for p in cleaned.replace("_", "-").split("-") if p]
    found += ["-".join(parts[i:]) for i in range(1, len(parts))]
    if any("一" <= ch <= "鿿" or ch > "\U0001ffff" for ch in cleaned):
        found += _spelled(cleaned)
    return tuple(dict.fromkeys(t[:120] for t in found))


def _spelled(value: str) -> Iterator[str]:
    letters: Any = list  # what is no Chinese character stays, one entry a letter
    read = pinyin(value, style=Style.NORMAL, heteronym=True, errors=letters)
    readings = [list(dict.fromkeys(options)) for options in read]
    flat = [[r.strip() for r in options if r.strip()] or [""] for options in readings]
    if value[0] in SURNAMES and flat:
        flat[0] = list(dict.fromkeys([*SURNAMES[value[0]], *flat[0]]))
    for combination in islice(product(*flat), READINGS):
        yield "".join(combination)
        yield "".join(syllable[:1] for syllable in combination)


def add(session: Session, layer: Layer, rows: Sequence[Sequence[Any]]) -> None:
    """Terms of new features: each row is an id and the values of the layer's search columns."""
    known: dict[tuple[str, Any], tuple[str, ...]] = {}
    columns = layer.search_columns

    def lines() -> Iterator[tuple[str, int, str, str, bool]]:
        for feature_id, *values in rows:
            for column, value in zip(columns, values, strict=True):
                if value is None:
                    continue
                if (column, value) not in known:
                    known[column, value] = terms.__wrapped__(str(value))
                for term in known[column, value]:
                    yield layer.id, feature_id, column, term, column in layer.personal

    bulk.copy(session, "search_term", ("layer", "feature_id", "column", "term", "personal"), lines())


def renew(session: Session, layer: Layer, ids: Sequence[int]) -> None:
    """Rewrite the terms of some features from their search columns."""
    if not ids:
        return
    columns = layer.search_columns
    selected = ", ".join(f'"{c}"' for c in columns)
    rows = session.execute(
        text(f"SELECT id, {selected} FROM {layer.table.name} WHERE id = ANY(:ids)"), {"ids": list(ids)}
    ).all()
    forget(session, layer, ids)
    found = [
        (row.id, column, term)
        for row in rows
        for column, value in zip(columns, row[1:], strict=True)
        if value is not None
        for term in terms(str(value))
    ]
    _insert(session, layer, found)


def forget(session: Session, layer: Layer, ids: Iterable[int]) -> None:
    """Remove every term of some features."""
    session.execute(
        text("DELETE FROM search_term WHERE layer = :layer AND feature_id = ANY(:ids)"),
        {"layer": layer.id, "ids": list(ids)},
    )


def _insert(session: Session, layer: Layer, found: Sequence[tuple[int, str, str]]) -> None:
    statement = text(
        'INSERT INTO search_term (layer, feature_id, "column", term, personal) '
        "SELECT :layer, f, c, t, c = ANY(:personal) FROM unnest(CAST(:f AS bigint[]), CAST(:c AS text[]), CAST(:t AS text[])) "
        "AS v(f, c, t) ON CONFLICT DO NOTHING"
    )
    parameters = {
        "layer": layer.id,
        "personal": sorted(layer.personal),
        "f": [f for f, _, _ in found],
        "c": [c for _, c, _ in found],
        "t": [t for _, _, t in found],
    }
    session.execute(statement, parameters)
