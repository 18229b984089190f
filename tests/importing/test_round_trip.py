"""A workbook goes out, is edited in Excel, and comes back: only the edits are taken, and a colleague's work stays."""

from __future__ import annotations

import io

import openpyxl
import pytest

from tests.importing.test_page import brought, counts, hidden, rows
from tests.support import basic_client, logged_in

WANTED = 'SELECT status, "group", household_name, version FROM parcel WHERE parcel_no = :n'


@pytest.fixture
def out(demo_app):
    """The workbook as it went out, and its rows by number."""
    content = basic_client(demo_app, "team").get("/export/parcels.xlsx?project=P15", buffered=True).get_data()
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.active
    heads = {c.value: c.column for c in sheet[1]}
    at = {sheet.cell(r, heads["地块编号"]).value: r for r in range(2, sheet.max_row)}
    return book, sheet, heads, at


def back(app, book, *, role="team"):
    held = io.BytesIO()
    book.save(held)
    client = logged_in(app, role)
    csrf, answer = brought(app, client, held.getvalue(), "地块.xlsx")
    return client, csrf, answer.headers["Location"], client.get(answer.headers["Location"]).get_data(as_text=True)


def accept(client, csrf, place, page, **more):
    return client.post(place, data={"csrf_token": csrf, "digest": hidden(page, "digest"), **more})


def test_only_what_was_edited_is_taken(demo_app, out):
    book, sheet, heads, at = out
    a, b = list(at)[3:5]
    sheet.cell(at[a], heads["村小组"]).value = 33
    sheet.cell(at[b], heads["状态名称"]).value = "未达成协议"
    client, csrf, place, page = back(demo_app, book)
    assert counts(page) == {"added": 0, "changed": 2, "unchanged": 46, "stopped": 0}
    assert accept(client, csrf, place, page).status_code == 303
    assert rows(demo_app, WANTED, n=a)[0][1] == 33
    assert rows(demo_app, WANTED, n=b)[0][0] == "holdout"


def test_what_a_colleague_changed_meanwhile_is_not_set_back(demo_app, out):
    book, sheet, heads, at = out
    a = list(at)[3]
    before = rows(demo_app, WANTED, n=a)[0]
    etag = (
        basic_client(demo_app, "admin")
        .get(f"/api/collections/parcels/items?parcel_no={a}&limit=1")
        .get_json()["features"][0]
    )
    done = basic_client(demo_app, "admin").patch(
        f"/api/collections/parcels/items/{etag['id']}",
        json={"household_name": "新户主"},
        headers={"If-Match": f'"{before[3]}"'},
    )
    assert done.status_code == 200
    sheet.cell(at[a], heads["村小组"]).value = 44
    client, csrf, place, page = back(demo_app, book)
    assert counts(page) == {"added": 0, "changed": 1, "unchanged": 47, "stopped": 0}
    assert accept(client, csrf, place, page).status_code == 303
    after = rows(demo_app, WANTED, n=a)[0]
    assert (after[1], after[2]) == (44, "新户主")


def test_the_same_cell_changed_by_both_is_a_conflict_told_with_all_three_values(demo_app, out):
    book, sheet, heads, at = out
    a = list(at)[3]
    before = rows(demo_app, WANTED, n=a)[0]
    found = (
        basic_client(demo_app, "admin")
        .get(f"/api/collections/parcels/items?parcel_no={a}&limit=1")
        .get_json()["features"][0]
    )
    basic_client(demo_app, "admin").patch(
        f"/api/collections/parcels/items/{found['id']}", json={"group": 77}, headers={"If-Match": f'"{before[3]}"'}
    )
    sheet.cell(at[a], heads["村小组"]).value = 44
    client, csrf, place, page = back(demo_app, book)
    assert counts(page)["stopped"] == 1 and counts(page)["changed"] == 0
    assert f"原为 {before[1]}，别人已改为 77，表格改为 44" in page
    assert accept(client, csrf, place, page).status_code == 409
    assert rows(demo_app, WANTED, n=a)[0][1] == 77


def test_an_impossible_step_an_unknown_number_and_a_wrong_version_are_told_by_row(demo_app, out):
    book, sheet, heads, at = out
    a, b, c, d = list(at)[3:7]
    sheet.cell(at[a], heads["状态名称"]).value = "已交地"
    sheet.cell(at[b], heads["地块编号"]).value = "ZZ-99-0001"
    sheet.cell(at[c], heads["版本"]).value = 99
    sheet.cell(at[c], heads["村小组"]).value = 9
    sheet.cell(at[d], heads["项目名称"]).value = "没有的项目"
    _, _, _, page = back(demo_app, book)
    assert counts(page)["stopped"] == 4
    for told in ("“已测算”不能直接改为“已交地”", "库中没有这个编号", "版本 99 不是这一行的版本", "没有“没有的项目”"):
        assert told in page, told
    assert f">{at[a]}</td>" in page


def test_a_range_pasted_from_excel_is_read_like_a_file(demo_app):
    team = logged_in(demo_app, "team")
    page = team.get("/import").get_data(as_text=True)
    form = {
        "csrf_token": hidden(page, "csrf_token"),
        "layer": "parcels",
        "pasted": "地块编号\t小组\nLL-05-0032\t12\nLL-05-0030\t13\n",
    }
    answer = team.post("/import", data=form)
    assert answer.status_code == 303
    assert counts(team.get(answer.headers["Location"]).get_data(as_text=True))["changed"] == 2


@pytest.mark.parametrize(
    "layer_id", ["parcels", "projects", "illegal_structures", "pilot_villages", "villages", "disputes", "patrols"]
)
def test_every_layer_has_an_empty_table_that_its_own_reader_knows(demo_app, layer_id):
    content = basic_client(demo_app, "team").get(f"/import/template/{layer_id}.xlsx").get_data()
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet.cell(1, 1).value and sheet.max_row == 2
    team = logged_in(demo_app, "team")
    page = team.get("/import").get_data(as_text=True)
    files = {"file": (io.BytesIO(content), "模板.xlsx"), "layer": layer_id, "csrf_token": hidden(page, "csrf_token")}
    answer = team.post("/import", data=files, content_type="multipart/form-data")
    assert answer.status_code == 303
    shown = team.get(answer.headers["Location"]).get_data(as_text=True)
    assert "没有找到" not in shown.split("不能导入的行")[0]
