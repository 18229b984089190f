"""The files a land team holds come in whole, with their Chinese intact, and a second time change nothing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import shapely

from tests.importing import made


def verdicts(report) -> dict[str, str]:
    return {v.name: f"{v.value} {v.reason}" for v in report.verdicts}


def file_of(kind: str, folder: Path) -> Path:
    rows = made.cadastre()
    match kind:
        case "gbk zip":
            return made.shapefile_zip(folder / "地块.zip", rows)
        case "bare shp":
            return made.shapefile(folder / "shp", rows)
        case "folder":
            return made.shapefile(folder / "shp", rows).parent
        case "gpkg":
            return made.gpkg(folder / "a.gpkg", rows.to_crs(4490))
        case "geojson":
            crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
            return made.geojson(folder / "a.geojson", rows.to_crs(4490), crs=crs, to_wgs84=False)
        case "rfc 7946":
            return made.geojson(folder / "a.json", rows)
        case "fgb":
            return made.flatgeobuf(folder / "a.fgb", rows)
        case "zipped gpkg":
            return made.zipped(folder / "g.zip", [made.gpkg(folder / "a.gpkg", rows.to_crs(4490))])
    raise AssertionError(kind)


@pytest.mark.parametrize("kind", ["gbk zip", "bare shp", "folder", "gpkg", "geojson", "rfc 7946", "fgb", "zipped gpkg"])
def test_every_format_comes_in_and_a_second_time_changes_nothing(kind, tmp_path, bring, parcels) -> None:
    path = file_of(kind, tmp_path)
    first = bring(path)
    assert (first.added, first.changed, first.unchanged, len(first.rejected)) == (389, 0, 0, 0)
    assert first.operation_id
    rows = parcels()
    assert [r.parcel_no for r in rows[:2]] == ["XG-A-0001", "XG-A-0002"]
    assert {r.household_name for r in rows} == set(made.HOUSEHOLDS)
    assert {r.village for r in rows} == set(made.VILLAGES)
    assert rows[0].group == 1 and rows[0].land_class == "0101" and rows[0].status == "identified"
    for row in rows[:40]:
        assert abs(row.area_mu - row.area_paper_mu) <= Decimal("0.006")
    again = bring(path)
    assert (again.added, again.changed, again.unchanged, again.operation_id) == (0, 0, 389, None)


def test_all_formats_of_one_cadastre_agree(tmp_path, bring, parcels) -> None:
    bring(file_of("gbk zip", tmp_path))
    for kind in ("gpkg", "geojson", "fgb"):
        assert bring(file_of(kind, tmp_path)).unchanged == 389


def test_one_import_is_one_operation(tmp_path, bring, database) -> None:
    from sqlalchemy import text

    bring(made.gpkg(tmp_path / "a.gpkg", made.cadastre(30)))
    rows = made.cadastre(60)
    rows.loc[:9, "状态"] = "已归档"
    report = bring(made.gpkg(tmp_path / "b.gpkg", rows))
    assert (report.added, report.changed, report.unchanged) == (30, 10, 20)
    with database.session() as session:
        counted = session.execute(
            text("SELECT operation_id, count(*) FROM change WHERE layer = 'parcels' GROUP BY 1 ORDER BY 1")
        ).all()
        assert [n for _, n in counted] == [30, 40]
        assert counted[1][0] == report.operation_id


def test_the_search_finds_what_was_imported(tmp_path, bring, database) -> None:
    from sqlalchemy import text

    bring(made.gpkg(tmp_path / "a.gpkg", made.cadastre(8)))
    with database.session() as session:
        found = "SELECT count(DISTINCT feature_id) FROM search_term WHERE personal AND term LIKE 'shanyan%'"
        assert session.execute(text(found)).scalar() == 1


def test_a_preview_writes_nothing(tmp_path, bring, untouched) -> None:
    report = bring(made.gpkg(tmp_path / "a.gpkg", made.cadastre(5)), dry_run=True)
    assert report.added == 5 and report.operation_id is None
    untouched()


def test_a_project_takes_every_row(tmp_path, bring, parcels) -> None:
    bring(made.gpkg(tmp_path / "a.gpkg", made.cadastre(5)), project="P01")
    assert {r.project for r in parcels()} == {"P01"}


def test_only_columns_of_the_file_are_compared(tmp_path, bring, parcels) -> None:
    rows = made.cadastre(5)
    bring(made.gpkg(tmp_path / "a.gpkg", rows), project="P01")
    report = bring(made.gpkg(tmp_path / "b.gpkg", rows[["宗地号", "geometry"]]))
    assert report.unchanged == 5
    assert {r.project for r in parcels()} == {"P01"}


def test_a_changed_outline_is_told_from_a_changed_field(tmp_path, bring) -> None:
    rows = made.cadastre(6)
    bring(made.gpkg(tmp_path / "a.gpkg", rows))
    rows.loc[0, "geometry"] = shapely.transform(rows.geometry[0], lambda c: c + np.array([0.01, 0]))
    rows.loc[1, "权利人"] = "区建国"
    report = bring(made.gpkg(tmp_path / "b.gpkg", rows))
    assert (report.changed, report.moved, report.unchanged) == (2, 1, 4)


def test_where_a_ring_begins_makes_no_difference(tmp_path, bring) -> None:
    rows = made.cadastre(3)
    bring(made.gpkg(tmp_path / "a.gpkg", rows))
    ring = shapely.get_coordinates(rows.geometry[0])[:-1]
    rows.loc[0, "geometry"] = shapely.Polygon([*ring[2:], *ring[:2]])
    assert bring(made.gpkg(tmp_path / "b.gpkg", rows)).unchanged == 3


@pytest.mark.parametrize(
    ("encoding", "cpg", "value", "why"),
    [
        ("GBK", None, "GB18030", "没有 .cpg"),
        ("GBK", "936", "GB18030", ".cpg 声明"),
        ("UTF-8", None, "UTF-8", "没有 .cpg"),
        ("UTF-8", "GBK", "UTF-8", "其实是 UTF-8"),
        ("GBK", "UTF-8", "GB18030", "其实是 GB18030"),
    ],
)
def test_the_encoding_is_what_the_bytes_say(encoding, cpg, value, why, tmp_path, bring, parcels) -> None:
    path = made.shapefile_zip(tmp_path / "a.zip", made.cadastre(12), encoding=encoding, cpg=cpg)
    report = bring(path)
    assert verdicts(report)["编码"].startswith(value)
    assert why in verdicts(report)["编码"]
    assert {r.household_name for r in parcels()} == set(made.HOUSEHOLDS)


def test_an_encoding_that_cannot_be_is_refused(tmp_path, bring, untouched) -> None:
    from geoapp.importing.report import RefusedFile

    path = made.shapefile_zip(tmp_path / "a.zip", made.cadastre(4))
    with pytest.raises(RefusedFile, match="不能解码"):
        bring(path, encoding="UTF-8")
    untouched()


def test_the_summary_says_what_was_settled(tmp_path, bring) -> None:
    lines = "\n".join(bring(made.shapefile_zip(tmp_path / "a.zip", made.cadastre(7))).lines("zh"))
    for words in ("编码：GB18030", "坐标系：EPSG:4548", "新增 7", "未变 0", "未通过 0", "可整体撤销"):
        assert words in lines
