"""Coordinate reference systems: the only file with an EPSG number.

Storage is CGCS2000 geographic (EPSG:4490). Plane work for a town in 3-degree zone 39 uses EPSG:4548 (central
meridian 117°E, easting without zone prefix) or EPSG:4527 (easting with prefix 39). CGCS2000 and WGS 84 agree
to millimetres in shape, so their coordinates pass through unchanged. Longitude/easting always comes first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

Srid = NewType("Srid", int)

WGS84 = Srid(4326)
STORAGE = Srid(4490)
PLANE = Srid(4548)
PLANE_PREFIXED = Srid(4527)
WEB_MERCATOR = Srid(3857)

ZONE = 39
CENTRAL_MERIDIAN = 117
MU_PER_M2 = "0.0015"
"""1 亩 = 10000/15 m², exactly 0.0015 亩 per m²."""

OGC_CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


@dataclass(frozen=True, slots=True)
class Crs:
    """A coordinate reference system that files and requests may name."""

    srid: Srid
    title: str
    geographic: bool
    digits: int
    """Decimals that hold 0.1 mm."""

    @property
    def name(self) -> str:
        return f"EPSG:{self.srid}"

    @property
    def uri(self) -> str:
        return f"http://www.opengis.net/def/crs/EPSG/0/{self.srid}"

    @property
    def authority_flips(self) -> bool:
        """True when the authority orders axes north (or latitude) first, as OGC API answers must."""
        return self.srid != WEB_MERCATOR


OUTPUT = {
    int(c.srid): c
    for c in (
        Crs(WGS84, "WGS 84 经纬度", True, 9),
        Crs(STORAGE, "CGCS2000 经纬度", True, 9),
        Crs(PLANE, "CGCS2000 / 3° 带 中央经线 117E（无带号）", False, 4),
        Crs(PLANE_PREFIXED, "CGCS2000 / 3° 带 39 带（有带号）", False, 4),
    )
}
"""The systems that exports and the API offer, by number."""

PREFIXED_TWIN = {4547: 4526, int(PLANE): int(PLANE_PREFIXED), 4549: 4528}
"""3-degree systems without a zone prefix in the easting → the same projection with it."""

READINGS = {
    int(STORAGE): "CGCS2000 经纬度",
    int(PLANE): "CGCS2000 3° 带 中央经线 117E（无带号）",
    int(PLANE_PREFIXED): "CGCS2000 3° 带 39 带（有带号）",
    4547: "CGCS2000 3° 带 中央经线 114E（无带号）",
    4526: "CGCS2000 3° 带 38 带（有带号）",
    4549: "CGCS2000 3° 带 中央经线 120E（无带号）",
    4528: "CGCS2000 3° 带 40 带（有带号）",
    4498: "CGCS2000 6° 带 20 带（有带号）",
    int(WEB_MERCATOR): "Web 墨卡托",
}
"""Systems that a file of this town may be in, by number: what an import tries when the declared one does not fit."""


def same_datum_as_storage(srid: int) -> bool:
    """Whether coordinates pass into storage without a datum shift (WGS 84 is equal for display and survey use)."""
    return srid in (WGS84, STORAGE)


def area_m2_sql(column: str = "geom") -> str:
    """Plane area (Gauss–Krüger, EPSG:4548) in m², rounded to 2 decimals from the raw value."""
    return f"round((ST_Area(ST_Transform({column}, {PLANE})))::numeric, 2)"


def area_ellip_m2_sql(column: str = "geom") -> str:
    """Area on the CGCS2000 ellipsoid in m², rounded to 2 decimals from the raw value."""
    return f"round((ST_Area({column}::geography))::numeric, 2)"


def area_mu_sql(column: str = "geom") -> str:
    """亩 = plane m² × 0.0015, rounded to 4 decimals from the raw value and never from a rounded m²."""
    return f"round((ST_Area(ST_Transform({column}, {PLANE})))::numeric * {MU_PER_M2}, 4)"
