"""The coordinate system is settled with its reason; land is never moved silently."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely

from geoapp.importing.report import RefusedFile
from tests.importing import made

ZONE_38 = 4526


def prj(epsg: int) -> str:
    return str(pyproj.CRS.from_epsg(epsg).to_wkt("WKT1_ESRI"))


def moved(rows, change):
    rows = rows.copy()
    rows["geometry"] = shapely.transform(rows.geometry.values, change)
    return rows


def prefixed(c):
    return c + np.array([39_000_000, 0])


def swapped(c):
    return c[:, ::-1]


def zipped(folder: Path, rows, text: str | None) -> Path:
    return made.shapefile_zip(folder / "a.zip", rows, prj=text)


def crs_of(report):
    return next(v for v in report.verdicts if v.name == "坐标系")


@pytest.fixture(scope="module")
def rows():
    return made.cadastre(9)


@pytest.fixture
def right(rows, bring, tmp_path):
    """What the rows look like when nothing was wrong: a second import of them must change nothing."""
    path = made.gpkg(tmp_path / "right.gpkg", rows)
    return lambda: bring(path)


@pytest.mark.parametrize(
    ("change", "declared", "value", "why"),
    [
        (None, 4548, "EPSG:4548", ".prj 声明"),
        (prefixed, 4527, "EPSG:4527", ".prj 声明"),
        (None, None, "EPSG:4548", "没有声明"),
        (prefixed, None, "EPSG:4527", "没有声明"),
        (prefixed, 4548, "EPSG:4527", "带号与之不符"),
        (None, 4527, "EPSG:4548", "带号与之不符"),
        (swapped, 4548, "EPSG:4548", "两轴颠倒"),
        (lambda c: swapped(prefixed(c)), 4527, "EPSG:4527", "两轴颠倒"),
        (lambda c: swapped(prefixed(c)), 4548, "EPSG:4527", "两轴颠倒且带号不符"),
        (swapped, None, "EPSG:4548", "两轴颠倒"),
    ],
)
def test_what_the_numbers_prove_is_put_right_and_said(
    change, declared, value, why, rows, bring, right, tmp_path
) -> None:
    written = moved(rows, change) if change else rows
    report = bring(zipped(tmp_path, written, prj(declared) if declared else None))
    assert crs_of(report).value.startswith(value)
    assert why in str(crs_of(report).reason)
    assert report.added == 9
    assert right().unchanged == 9


@pytest.mark.parametrize(
    ("epsg", "declared", "option"),
    [
        (4548, ZONE_38, "EPSG:4548"),
        (4548, 4549, "EPSG:4548"),
        (4548, 4547, "EPSG:4548"),
        (4490, 4548, "EPSG:4490"),
        (3857, 4548, "EPSG:3857"),
    ],
)
def test_a_wrong_declaration_is_refused_with_the_system_that_fits(
    epsg, declared, option, rows, bring, untouched, tmp_path
) -> None:
    path = zipped(tmp_path, rows.to_crs(epsg), prj(declared))
    with pytest.raises(RefusedFile, match=f"--crs {option}") as refusal:
        bring(path)
    assert "按 .prj 声明的" in str(refusal.value)
    untouched()
    assert bring(path, crs=option).added == 9


def test_a_refusal_says_how_far_off_the_file_lies(rows, bring, untouched, tmp_path) -> None:
    far = moved(rows, lambda c: c + np.array([0, 500_000]))
    with pytest.raises(RefusedFile, match=r"落在本镇北 \d+ km"):
        bring(zipped(tmp_path, far, made.ESRI_4548))
    untouched()


@pytest.mark.parametrize(
    ("epsg", "title"), [(2384, "1980 西安"), (2415, "1954 北京"), (4610, "1980 西安"), (4214, "1954 北京")]
)
def test_old_datums_are_never_converted(epsg, title, rows, bring, untouched, tmp_path) -> None:
    with pytest.raises(RefusedFile, match=title):
        bring(zipped(tmp_path, rows, prj(epsg)))
    with pytest.raises(RefusedFile, match=title):
        bring(zipped(tmp_path, rows, None), crs=f"EPSG:{epsg}")
    untouched()


def test_a_foreign_system_on_the_same_datum_is_converted(rows, bring, right, tmp_path) -> None:
    report = bring(made.gpkg(tmp_path / "a.gpkg", rows.to_crs(32650)))
    assert "32650" in crs_of(report).value
    assert right().unchanged == 9


def test_longitude_comes_first_whatever_the_authority_says(rows, bring, right, tmp_path) -> None:
    assert bring(made.gpkg(tmp_path / "a.gpkg", rows.to_crs(4490))).added == 9
    assert right().unchanged == 9


def test_latitude_first_is_noticed(rows, bring, right, tmp_path) -> None:
    report = bring(made.gpkg(tmp_path / "a.gpkg", moved(rows.to_crs(4490), swapped)))
    assert "两轴颠倒" in str(crs_of(report).reason)
    assert right().unchanged == 9


def test_projected_numbers_in_bare_geojson_are_recognised(rows, bring, right, tmp_path) -> None:
    path = made.geojson(tmp_path / "a.geojson", rows, to_wgs84=False)
    report = bring(path)
    assert crs_of(report).value.startswith("EPSG:4548")
    assert right().unchanged == 9


@pytest.mark.parametrize("name", ["EPSG:999999", "4548x", "+proj=longlat", "urn:evil"])
def test_an_unknown_system_name_is_refused(name, rows, bring, untouched, tmp_path) -> None:
    with pytest.raises(RefusedFile, match="不认识"):
        bring(made.gpkg(tmp_path / "a.gpkg", rows), crs=name)
    untouched()


def test_a_row_elsewhere_is_rejected_by_its_number(rows, bring, untouched, tmp_path) -> None:
    far = rows.copy()
    far.loc[4, "geometry"] = shapely.transform(far.geometry[4], lambda c: c + np.array([200_000, 0]))
    report = bring(zipped(tmp_path, far, made.ESRI_4548))
    assert [(r.row, r.key) for r in report.rejected] == [(5, "XG-A-0005")]
    assert "超出本镇范围" in str(report.rejected[0].reason)
    untouched()
