"""What somebody saves reaches everybody who looks, without a reload."""

from __future__ import annotations

import json
import threading

import pytest
from playwright.sync_api import expect
from werkzeug.serving import make_server

from tests.support import PASSWORDS, basic_client


@pytest.fixture
def own_server(demo_app):
    server = make_server("127.0.0.1", 0, demo_app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def live_server(own_server):
    return own_server


def test_a_save_is_told_to_streams(demo_app):
    team = basic_client(demo_app, "team")
    stream = team.get("/events").iter_encoded()
    assert b"retry" in next(stream)
    etag = team.get("/api/collections/parcels/items/5").headers["ETag"]
    waiting = threading.Timer(
        0.5,
        lambda: basic_client(demo_app, "team").patch(
            "/api/collections/parcels/items/5", json={"group": 77}, headers={"If-Match": etag}
        ),
    )
    waiting.start()
    told = json.loads(next(stream).decode().removeprefix("data: "))
    assert told["layer"] == "parcels" and told["revision"] > 0
    stream.close()


@pytest.mark.browser
def test_an_open_map_follows_a_colleague(demo_app, open_page):
    page = open_page("viewer", "/map")
    counted = page.get_by_test_id("count-parcels-on_hold")
    expect(counted).not_to_be_empty()
    before = int(counted.inner_text())
    team = basic_client(demo_app, "team")
    found = team.get("/api/collections/parcels/items?status=signed&limit=1").json["features"][0]
    page.wait_for_timeout(1200)
    body = {"status": "suspended"}
    saved = team.patch(
        f"/api/collections/parcels/items/{found['id']}",
        json=body,
        headers={"If-Match": f'"{found["properties"]["version"]}"'},
    )
    assert saved.status_code == 200, saved.text
    expect(counted).to_have_text(str(before + 1), timeout=8000)


@pytest.mark.browser
def test_a_land_team_changes_undoes_and_changes_many(demo_app, open_page):
    """A key changes the open parcel, Ctrl+Z takes it back; a box and five clicks change a strip at once."""
    number, lon, lat = _signed(demo_app)
    page = open_page("team", f"/map?layers=parcels&sel=parcels/{number}&c={lon},{lat}&z=17")
    expect(page.locator("#panel .fields").first).to_be_visible()
    signed, paid = page.get_by_test_id("count-parcels-signed"), page.get_by_test_id("count-parcels-paid")
    expect(paid).not_to_be_empty()
    before = (int(signed.inner_text()), int(paid.inner_text()))
    page.keyboard.press("6")
    expect(paid).to_have_text(str(before[1] + 1))
    expect(page.locator("#toasts")).to_contain_text("已改为已付款")
    expect(page.locator("#panel article.card")).to_have_attribute("data-status", "paid")
    page.keyboard.press("Control+z")
    expect(paid).to_have_text(str(before[1]))
    expect(signed).to_have_text(str(before[0]))
    page.keyboard.press("Escape")
    box = page.locator("#map_main").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.wait_for_timeout(300)
    page.keyboard.down("Shift")
    page.mouse.move(x - 260, y - 200)
    page.mouse.down()
    page.mouse.move(x, y, steps=4)
    page.mouse.move(x + 260, y + 200, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(page.locator("#select-count")).to_contain_text("已选")
    page.click("#bulk-open")
    page.select_option("#bulk-value", "paid")
    page.click("#bulk-form [data-step=choose] button[type=submit]")
    can = page.locator("#bulk-can")
    expect(can).to_contain_text("可改")
    n = int("".join(c for c in can.inner_text().split("·")[0] if c.isdigit()))
    assert n >= 1
    page.click("#bulk-apply")
    expect(page.locator("#toasts")).to_contain_text("已修改")
    expect(paid).to_have_text(str(before[1] + n))
    page.locator("#toasts .toast-action").first.click()
    expect(paid).to_have_text(str(before[1]))


@pytest.mark.browser
def test_an_ended_session_logs_in_again_in_place_and_saves(demo_app, open_page):
    number, lon, lat = _signed(demo_app)
    page = open_page("team", f"/map?layers=parcels&sel=parcels/{number}&c={lon},{lat}&z=17")
    page.watch.expected = ("401",)
    expect(page.locator("#panel .fields").first).to_be_visible()
    paid = page.get_by_test_id("count-parcels-paid")
    expect(paid).not_to_be_empty()
    before = int(paid.inner_text())
    page.context.clear_cookies()
    page.keyboard.press("6")
    dialog = page.locator("#login-again")
    expect(dialog).to_be_visible()
    dialog.locator("input[name=password]").fill("wrong")
    dialog.locator("button[type=submit]").click()
    expect(page.locator("#login-again-trouble")).to_be_visible()
    dialog.locator("input[name=password]").fill(PASSWORDS["team"])
    dialog.locator("button[type=submit]").click()
    expect(page.locator("#toasts")).to_contain_text("已改为已付款")
    expect(paid).to_have_text(str(before + 1))
    page.keyboard.press("Control+z")
    expect(paid).to_have_text(str(before))
    expect(page.locator("#toasts")).to_contain_text("已撤销")


def _signed(app):
    from sqlalchemy import text

    with app.app_context(), app.extensions["database"].owner_session() as session:
        return session.execute(
            text(
                "SELECT p.parcel_no, ST_X(c), ST_Y(c) FROM parcel p JOIN project j ON j.code = p.project "
                "CROSS JOIN LATERAL (SELECT (ST_MaximumInscribedCircle(p.geom)).*) m(c, n, r) "
                "WHERE p.status = 'signed' AND j.status IN ('approved', 'implementing', 'acq_announced') ORDER BY r DESC LIMIT 1"
            )
        ).one()
