"""Two people on one parcel: the later one chooses, and nothing is overwritten unseen."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.test_drawing import NUMBER, drawing, live_server, parcels, pixel, shared_corner  # noqa: F401
from tests.support import basic_client


def colleague(app, **change):
    """An administrator changes the parcel meanwhile."""
    admin = basic_client(app, "admin")
    found = admin.get(f"/api/collections/parcels/items?parcel_no={NUMBER}&limit=1", buffered=True).get_json()[
        "features"
    ][0]
    headers = {"If-Match": f'"{found["properties"]["version"]}"'}
    answer = admin.patch(f"/api/collections/parcels/items/{found['id']}", json=change, headers=headers)
    assert answer.status_code == 200, answer.get_data(as_text=True)


def status(app):
    found = basic_client(app, "admin").get(f"/api/collections/parcels/items?parcel_no={NUMBER}&limit=1", buffered=True)
    return found.get_json()["features"][0]["properties"]["status"]


@pytest.mark.browser
@pytest.mark.parametrize("side", ["theirs", "mine"])
def test_the_same_status_changed_twice_is_chosen_by_the_later_one(demo_app, open_page, side):
    page = open_page("team", f"/map?layers=parcels&sel=parcels/{NUMBER}")
    page.watch.expected = ("412",)
    expect(page.locator("#panel .next-steps")).to_be_visible()
    page.evaluate("() => { window.mapPage.panel.reload = () => {}; }")  # the live reload does not spare us the clash
    colleague(demo_app, status="surveyed")
    page.locator("#panel button", has_text="已确认签字").first.click()
    expect(page.locator("#clash")).to_be_visible()
    expect(page.locator("#clash-rows")).to_contain_text("权属争议")
    expect(page.locator("#clash-rows")).to_contain_text("已调查")
    page.check(f"#clash-rows input[value={side}]")
    page.click("#clash button[type=submit]")
    expect(page.locator("#clash")).to_be_hidden()
    page.wait_for_timeout(600)
    assert status(demo_app) == {"theirs": "surveyed", "mine": "confirmed"}[side]


@pytest.mark.browser
def test_an_outline_drawn_twice_shows_all_three_and_the_difference(demo_app, open_page):
    lon, lat = shared_corner(demo_app)
    page = open_page("team", f"/map?layers=parcels&sel=parcels/{NUMBER}")
    page.watch.expected = ("412",)
    drawing(page, "edit")
    x, y = pixel(page, lon, lat)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 6, y + 25, steps=5)
    page.mouse.up()
    expect(page.locator("#draw-check")).not_to_be_empty()
    colleague(demo_app, group=9)
    before = parcels(demo_app)
    page.click("[data-draw=save]")
    expect(page.locator("#draw-words")).to_contain_text("admin 已改过")
    expect(page.locator("#draw-words")).to_contain_text("亩（黄线，")
    assert parcels(demo_app)[NUMBER][1].equals_exact(before[NUMBER][1], 0)
    page.click("[data-draw=mine]")
    expect(page.locator(".toast")).to_contain_text("已保存")
    assert not parcels(demo_app)[NUMBER][1].equals_exact(before[NUMBER][1], 1e-8)
