"""The first five minutes of a leader and of a land team, by real clicks and keys, from the first page to the result."""

from __future__ import annotations

import re
import threading

import openpyxl
import pypdfium2
import pytest
from playwright.sync_api import expect
from sqlalchemy import text
from werkzeug.serving import make_server

from tests.support import basic_client


@pytest.fixture
def live_server(demo_app):
    server = make_server("127.0.0.1", 0, demo_app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def digits(words: str) -> int:
    return int(re.sub(r"\D", "", words.split("·")[0]))


@pytest.mark.browser
def test_a_leader_sees_where_the_work_stands(demo_app, open_page):
    """Overview → slowest project → its disputed parcels → one of them → a past day → link → paper → big screen."""
    page = open_page("viewer", "/")
    figures = page.locator("a.figure")
    assert figures.count() >= 5
    disputed = figures.filter(has_text="有争议")
    said = int(disputed.get_attribute("data-n"))
    disputed.click()
    listed = (
        basic_client(demo_app, "viewer")
        .get(page.url.removeprefix(page.base).replace("/parcels?", "/parcels.json?"))
        .get_json()
    )
    assert listed["total"]["n"] == said, "every figure equals the rows of the list it opens"
    page.go_back()
    page.locator(".strip-name", has_text="重点项目 09").click()
    expect(page.locator(".work-figures strong").first).to_contain_text("%")
    expect(page.locator(".course")).to_be_visible()
    page.locator("#parcels a", has_text="在地图上看").click()
    count = page.get_by_test_id("count-parcels-disputed")
    expect(count).not_to_be_empty()
    n = int(count.inner_text())
    assert n >= 1
    count.click()
    page.wait_for_url(lambda url: "status=" in url)
    rows = basic_client(demo_app, "viewer").get("/parcels.json?project=P09&status=disputed&limit=50").get_json()
    assert rows["total"]["n"] == n
    number = rows["rows"][0]["parcel_no"] if "rows" in rows else rows["items"][0]["parcel_no"]
    page.goto(f"{page.base}/map?layers=parcels&project=P09&status=disputed&sel=parcels/{number}")
    expect(page.locator("#panel-body")).to_contain_text("**")
    before = page.get_by_test_id("count-parcels-delivered").inner_text()
    page.keyboard.press("t")
    page.fill("#times-day", "2026-03-01")
    page.locator("#times-day").dispatch_event("change")
    page.wait_for_url(lambda url: "asof=2026-03-01" in url)
    expect(page.get_by_test_id("count-parcels-delivered")).not_to_have_text(before)
    page.click("#tool-share")
    expect(page.locator("#toasts")).to_contain_text("链接已复制")
    page.goto(f"{page.base}/projects/P09")
    page.locator(".page-actions a", has_text="制图").click()
    with page.expect_download() as got:
        page.locator("a", has_text="下载 PDF").click()
    assert len(pypdfium2.PdfDocument(got.value.path())) >= 2
    page.goto(f"{page.base}/board")
    expect(page.locator(".scene.is-on")).to_be_visible()


@pytest.mark.browser
def test_a_land_team_does_its_morning(demo_app, open_page, tmp_path):
    """Queue → a household by its initials → numbers pasted from Excel → a ledger dropped, checked and written → undone."""
    with demo_app.extensions["database"].session() as session:
        rows = session.execute(
            text("SELECT parcel_no, \"group\" FROM parcel WHERE status = 'delivered' ORDER BY parcel_no LIMIT 20")
        ).all()
    numbers = [r[0] for r in rows]
    page = open_page("team", "/queue")
    late = page.get_by_test_id("pile-late")
    expect(late).to_be_visible()
    page.locator(".task").first.click()
    expect(page.locator("#panel .next-steps")).to_be_visible()
    page.keyboard.press("s")
    page.locator("[data-select=paste]").click()
    page.fill("#paste-text", "\n".join([*numbers[:19], numbers[19][:-1] + "X"]))
    page.click("#paste-form button[type=submit]")
    expect(page.locator("#paste-result")).to_contain_text(numbers[19][:-1] + "X")
    page.locator("[data-select=paste-close]").click()
    expect(page.locator("#select-count")).to_contain_text("19")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["地块编号", "小组", "证载面积（亩）"])
    for number, group in rows[:18]:
        sheet.append([number, (group or 0) + 20, 3.5])
    sheet.append(["ZZ-00-0001", 1, 1])
    sheet.append([rows[18][0], "十二组半", 1])
    sheet.append(["合计", None, 99])
    path = tmp_path / "台账.xlsx"
    book.save(path)
    page.goto(f"{page.base}/import?layer=parcels")
    page.set_input_files("input[name=file]", str(path))
    page.locator(".import-form button[type=submit]").click()
    expect(page.get_by_test_id("changed")).to_have_text("18")
    expect(page.get_by_test_id("stopped")).to_have_text("2")
    expect(page.locator("main")).to_contain_text("ZZ-00-0001")
    with page.expect_download() as got:
        page.locator("a", has_text="下载有问题的行").click()
    assert "ZZ-00-0001" in got.value.path().read_text(encoding="utf-8-sig")
    page.check("input[name=sound_only]")
    page.locator("#apply button[type=submit]").click()
    page.wait_for_url(lambda url: "/ops/" in url)
    page.locator("button", has_text="撤销").first.click()
    page.wait_for_load_state()
    with demo_app.extensions["database"].session() as session:
        after = session.execute(
            text('SELECT parcel_no, "group" FROM parcel WHERE parcel_no = ANY(:n) ORDER BY 1'), {"n": numbers}
        ).all()
    assert [tuple(r) for r in after] == [tuple(r) for r in rows]
