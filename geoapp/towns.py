"""The towns the service knows: name, extent and zone, read from ``data/geo/towns.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from geoapp.settings import SettingsError

SEED_FOLDER = Path(__file__).resolve().parent.parent / "data" / "geo"


@dataclass(frozen=True, slots=True)
class Bbox:
    """minx, miny, maxx, maxy in degrees of longitude and latitude (CRS84 order)."""

    west: float
    south: float
    east: float
    north: float

    def as_list(self) -> list[float]:
        return [self.west, self.south, self.east, self.north]

    def contains(self, other: Bbox) -> bool:
        return (
            self.west <= other.west
            and self.south <= other.south
            and self.east >= other.east
            and self.north >= other.north
        )


@dataclass(frozen=True, slots=True)
class Town:
    """One town: division code, names and the extent no feature may leave (EPSG:4490)."""

    code: str
    name: str
    county: str
    extent: Bbox

    @property
    def centre(self) -> tuple[float, float]:
        return (self.extent.west + self.extent.east) / 2, (self.extent.south + self.extent.north) / 2


def load_town(code: str, folder: Path = SEED_FOLDER) -> Town:
    """The town of a division code; raises SettingsError naming the file to add it to."""
    with (folder / "towns.toml").open("rb") as file:
        towns = tomllib.load(file)
    found = towns.get(code)
    if not isinstance(found, dict):
        raise SettingsError(
            f"GEOAPP_TOWN={code}：data/geo/towns.toml 中没有这个镇，请先登记；not listed in data/geo/towns.toml, add it there"
        )
    return Town(code, found["name"], found["county"], Bbox(*found["extent"]))
