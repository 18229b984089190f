"""Ledgers as villages keep them: merged headings, totals at the end, numbers as text."""

from __future__ import annotations

import io

import openpyxl

from tests.importing.test_page import brought, counts, exported, rows
from tests.support import basic_client, logged_in


def workbook(lines):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["征地台账", *[None] * 6])
    sheet.append(["序号", "地块编号", "权属", None, "面积", None, "备注"])
    sheet.append([None, None, "权利人", "村小组", "亩", "公顷", None])
    for line in lines:
        sheet.append(line)
    sheet.append(["合计", None, None, None, 99.9, None, None])
    for merged in ("A1:G1", "A2:A3", "B2:B3", "C2:D2", "E2:F2", "G2:G3"):
        sheet.merge_cells(merged)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def test_a_ledger_changes_what_is_there_by_number(demo_app):
    features = exported(demo_app)["features"]
    a, b = (f["properties"]["parcel_no"] for f in features[:2])
    lines = [
        [1, a, "新户主", 7, 12.5, None, None],
        [None] * 7,
        [2, b, None, "８", "3.4", None, None],
        [3, "ZZ-1", "甲", 1, 1, None, None],
    ]
    team = logged_in(demo_app, "team")
    csrf, answer = brought(demo_app, team, workbook(lines), "台账.xlsx")
    page = team.get(answer.headers["Location"]).get_data(as_text=True)
    assert counts(page) == {"added": 0, "changed": 2, "unchanged": 0, "stopped": 1}
    assert "合计、小计行没有导入：1 行" in page and ">7</td>" in page, "rows are numbered as Excel numbers them"
    from tests.importing.test_page import hidden

    form = {"csrf_token": csrf, "digest": hidden(page, "digest"), "sound_only": "1"}
    assert team.post(answer.headers["Location"], data=form).status_code == 303
    wanted = 'SELECT household_name, "group", area_paper_mu FROM parcel WHERE parcel_no = :n'
    assert rows(demo_app, wanted, n=a)[0][:2] == ("新户主", 7)
    assert rows(demo_app, wanted, n=b)[0][1] == 8 and float(rows(demo_app, wanted, n=b)[0][2]) == 3.4


def test_our_own_csv_comes_back_unchanged(demo_app):
    team = logged_in(demo_app, "team")
    content = basic_client(demo_app, "team").get("/export/parcels.csv?project=P15", buffered=True).get_data()
    _, answer = brought(demo_app, team, content, "地块.csv")
    page = team.get(answer.headers["Location"]).get_data(as_text=True)
    assert counts(page) == {"added": 0, "changed": 0, "unchanged": 48, "stopped": 0}


def test_our_own_workbook_comes_back_unchanged(demo_app):
    team = logged_in(demo_app, "team")
    content = basic_client(demo_app, "team").get("/export/parcels.xlsx?project=P15", buffered=True).get_data()
    _, answer = brought(demo_app, team, content, "地块.xlsx")
    page = team.get(answer.headers["Location"]).get_data(as_text=True)
    assert counts(page) == {"added": 0, "changed": 0, "unchanged": 48, "stopped": 0}
