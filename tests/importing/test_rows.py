"""Every row's fate is told: cells parsed without damage, bad rows rejected by number, nothing half written."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from geoapp.importing.cleaning import cells
from geoapp.importing.cleaning.cells import WrongCell
from geoapp.importing.report import RefusedFile
from tests.importing import made
from tests.importing.made import feature, square


@pytest.mark.parametrize(
    ("layer", "column", "text", "value"),
    [
        ("parcels", "area_paper_mu", "１，２３４．５", Decimal("1234.5000")),
        ("parcels", "area_paper_mu", "1,234.5", Decimal("1234.5000")),
        ("parcels", "area_paper_mu", "28.730000000000002", Decimal("28.7300")),
        ("parcels", "area_paper_mu", "3.2亩", Decimal("3.2000")),
        ("parcels", "group", "１２", 12),
        ("parcels", "group", "12.0", 12),
        ("parcels", "status", "未启动", "identified"),
        ("parcels", "status", "已付款", "paid"),
        ("parcels", "status", "PAID", "paid"),
        ("parcels", "land_class", "水田", "0101"),
        ("parcels", "land_class", "0101水田", "0101"),
        ("parcels", "status_on", "2024年3月2日", date(2024, 3, 2)),
        ("parcels", "status_on", "20240302", date(2024, 3, 2)),
        ("parcels", "status_on", "2024/3/2", date(2024, 3, 2)),
        ("parcels", "status_on", "２０２４-０３-０２", date(2024, 3, 2)),
        ("illegal_structures", "structure", "砖混", "brick_concrete"),
        ("pilot_villages", "invest_upper_yuan", "1,200,000.456", Decimal("1200000.46")),
    ],
)
def test_cells_are_read_as_people_write_them(layer, column, text, value, layers) -> None:
    found = cells.parser(layers[layer], column, {})(text)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("area_paper_mu", "三亩"),
        ("area_paper_mu", "nan"),
        ("area_paper_mu", "1e400000000"),
        ("area_paper_mu", "1_000"),
        ("area_paper_mu", "12,34"),
        ("area_paper_mu", "99999999999"),
        ("group", "1.5"),
        ("group", "9999999999"),
        ("status", "已付錢"),
        ("status_on", "2024-02-30"),
        ("status_on", "昨天"),
        ("land_class", "9999"),
    ],
)
def test_a_cell_that_does_not_fit_says_so(column, text, layers) -> None:
    with pytest.raises((WrongCell, ValueError)) as refusal:
        cells.parser(layers["parcels"], column, {})(text)
    assert text[:4] in str(refusal.value)


def test_an_unknown_village_is_answered_with_the_nearest(bring, untouched, tmp_path) -> None:
    path = made.collection(
        tmp_path / "a.geojson", [feature("A-1", square()), feature("A-2", square(116.79), 村组="先丰村2组")]
    )
    report = bring(path)
    assert [(r.row, r.key) for r in report.rejected] == [(2, "A-2")]
    assert "没有“先丰村”" in str(report.rejected[0].reason)
    assert "先锋村" in str(report.rejected[0].remedy)
    assert report.refused
    untouched()


BOX = [[116.78, 27.9], [116.781, 27.9], [116.781, 27.901], [116.78, 27.901], [116.78, 27.9]]
BOW_TIE = [[[116.78, 27.9], [116.781, 27.901], [116.781, 27.9], [116.78, 27.901], [116.78, 27.9]]]
SPIKE = [[*BOX[:3], [116.782, 27.902], *BOX[2:]]]


@pytest.mark.parametrize(
    ("outline", "why"),
    [
        (BOW_TIE, "自相交，在 (116.7805"),
        (square()[0][:-1], "至少要 4 个"),
        ([square()[0][:-1]], "没有闭合"),
        ([square()[0][:2]], "至少要 4 个"),
        ([[[116.78, 27.9]] * 4], "围不成面"),
        ([[["116.78", "27.9"], *square()[0][1:-1], ["116.78", "27.9"]]], "不是数字"),
        ([[[float("nan"), 27.9], *square()[0][1:-1], [float("nan"), 27.9]]], "不是"),
        ([[[116.78, float("inf")], *square()[0][1:-1], [116.78, float("inf")]]], "不是有限数"),
        ([], "没有"),
    ],
    ids=["bow tie", "no rings", "open", "two points", "one spot", "text", "nan", "infinity", "empty"],
)
def test_a_wrong_outline_is_rejected_by_row_and_place(outline, why, bring, untouched, tmp_path) -> None:
    path = made.collection(tmp_path / "a.geojson", [feature("A-1", square()), feature("A-2", outline)])
    report = bring(path)
    assert [(r.row, r.key) for r in report.rejected] == [(2, "A-2")]
    assert why in str(report.rejected[0].reason)
    untouched()


def test_a_spike_without_area_is_repaired_and_said(bring, tmp_path) -> None:
    report = bring(made.collection(tmp_path / "a.geojson", [feature("A-1", SPIKE)]))
    assert report.added == 1
    assert any("修复后面积不变" in str(note) for note in report.notes)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([feature("A-1", square()), feature("A-1", square(116.79))], "与第 1 行重复"),
        ([feature("A-0", square()), feature("", square(116.79))], "为空"),
        ([feature("A-0", square()), feature("A-1", square(), 地类=None)], "地类为空"),
        ([feature("A-0", square()), {**feature("A-1", square()), "geometry": None}], "没有图形"),
        ([feature("A-0", square()), feature("A-1", [116.78, 27.9], "Point")], "图形是点，本图层要多面"),
        ([feature("A-0", square()), feature("A-1", square(), 权利人="王\x00明")], "U+0000"),
        ([feature("A-0", square()), feature("A-1", square(), 地类编码="旱地")], "两列说法不同"),
        ([feature("A-0", square()), feature("A-1", square(), 面积亩="约三亩")], "不是数字"),
    ],
)
def test_bad_rows_are_listed_and_nothing_is_written(rows, why, bring, untouched, tmp_path) -> None:
    report = bring(made.collection(tmp_path / "a.geojson", rows))
    assert report.refused and report.rejected[0].row == 2
    assert why in str(report.rejected[0].reason)
    untouched()


def test_rejected_rows_and_remedies_are_in_the_summary(bring, tmp_path) -> None:
    report = bring(made.collection(tmp_path / "a.geojson", [feature("A-1", BOW_TIE)]))
    lines = "\n".join(report.lines("zh"))
    assert "第 1 行（A-1）" in lines and "没有写入" in lines and "→" in lines


def test_a_file_without_the_key_names_the_columns_it_has(bring, untouched, tmp_path) -> None:
    rows = made.cadastre(3).rename(columns={"宗地号": "编号甲"})
    with pytest.raises(RefusedFile, match=r"编号甲.*宗地号"):
        bring(made.gpkg(tmp_path / "a.gpkg", rows))
    untouched()


def test_titles_are_matched_whatever_their_width(bring, parcels, tmp_path) -> None:
    rows = made.cadastre(3).rename(columns={"宗地号": "ＰＡＲＣＥＬ_ＮＯ", "面积亩": "证载面积(亩)", "地类": " 地类 "})
    assert bring(made.gpkg(tmp_path / "a.gpkg", rows)).added == 3
    assert all(r.area_paper_mu for r in parcels())


def test_a_title_cut_by_the_dbf_is_completed(bring, parcels, tmp_path) -> None:
    rows = made.cadastre(3).rename(columns={"面积亩": "证载面积（"})
    assert bring(made.shapefile_zip(tmp_path / "a.zip", rows)).added == 3
    assert all(r.area_paper_mu for r in parcels())


def test_new_rows_need_the_required_columns(bring, untouched, tmp_path) -> None:
    report = bring(made.gpkg(tmp_path / "a.gpkg", made.cadastre(3)[["宗地号", "村组", "geometry"]]))
    assert len(report.rejected) == 3 and "地类" in str(report.rejected[0].reason)
    untouched()


def test_rows_marked_deleted_are_left_out_and_counted(bring, tmp_path) -> None:
    path = made.shapefile(tmp_path / "shp", made.cadastre(5))

    def delete_second(content: bytes) -> bytes:
        first, size = int.from_bytes(content[8:10], "little"), int.from_bytes(content[10:12], "little")
        return content[: first + size] + b"*" + content[first + size + 1 :]

    made.rewritten(path.with_suffix(".dbf"), delete_second)
    report = bring(path)
    assert report.added == 4
    assert any("已删除" in str(note) for note in report.notes)


def test_someone_elses_edit_since_the_plan_stops_the_import(bring, database, layers, town, tmp_path) -> None:
    from geoapp.errors import StaleFeature
    from geoapp.importing.apply import apply
    from geoapp.importing.read import read_file
    from geoapp.importing.run import Choices, prepare
    from geoapp.services import write
    from geoapp.services.write import Deed, Edit

    rows = made.cadastre(4)
    bring(made.gpkg(tmp_path / "a.gpkg", rows))
    rows["权利人"] = "新户主"
    source = read_file(made.gpkg(tmp_path / "b.gpkg", rows))
    with database.session() as session:
        _, plan = prepare(session, layers, town, layers["parcels"], source, Choices(), lambda *_: None)
    with database.session() as other:
        write.revise(other, layers["parcels"], [Edit(plan.changed[2].id, {"group": 77})], Deed("另一人"))
        other.commit()
    with database.session() as session, pytest.raises(StaleFeature):
        apply(session, layers["parcels"], plan, Deed("team", "import"))
    assert bring(tmp_path / "a.gpkg", dry_run=True).changed == 1
