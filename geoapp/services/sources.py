"""Where the shown data come from, as ``data/geo/sources.toml`` declares it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from geoapp.layer import Layer
from geoapp.orm import Operation
from geoapp.towns import SEED_FOLDER

INVENTED = ("演示数据 ", "压力测试数据")
"""How the notes of operations begin that brought invented features."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the seed folder: title, origin, licence, and what in it is invented."""

    file: str
    title: str
    origin: str
    licence: str
    crs: str
    synthetic: bool
    note: str


@lru_cache(maxsize=4)
def declared(folder: Path = SEED_FOLDER) -> tuple[Source, ...]:
    """Every declared source in the file's order."""
    with (folder / "sources.toml").open("rb") as file:
        document = tomllib.load(file)
    return tuple(
        Source(
            entry["file"],
            entry["title"],
            entry["origin"],
            entry["licence"],
            entry.get("crs", ""),
            entry["synthetic"],
            entry.get("note", ""),
        )
        for entry in document["source"]
    )


def synthetic() -> bool:
    """Whether anything shown may be invented, so that pages say so."""
    return any(source.synthetic for source in declared())


def invented(session: Session, layers: Iterable[Layer]) -> bool:
    """Whether any of these layers ever took in invented features, as its own ledger says."""
    begun = or_(*(Operation.note.startswith(text) for text in INVENTED))
    wanted = select(Operation.id).where(Operation.layer.in_([x.id for x in layers]), begun).limit(1)
    return session.execute(wanted).first() is not None
