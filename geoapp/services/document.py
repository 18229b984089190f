"""What the town's own document says of it, as ``data/geo/document.toml`` quotes it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from geoapp.towns import SEED_FOLDER


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure of the document in its own words."""

    label: str
    value: str
    unit: str


@lru_cache(maxsize=4)
def _read(folder: Path) -> dict[str, Any]:
    path = folder / "document.toml"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return tomllib.load(file)


def title(folder: Path = SEED_FOLDER) -> str:
    """The document's title and year, for the line that names the source."""
    return str(_read(folder).get("title", ""))


def facts(folder: Path = SEED_FOLDER) -> tuple[Fact, ...]:
    """Its figures in its order; none where there is no document."""
    return tuple(
        Fact(entry["label"], str(entry["value"]), entry.get("unit", "")) for entry in _read(folder).get("figure", [])
    )
