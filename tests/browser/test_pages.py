"""Every page in a real browser, large and small: nothing foreign, nothing broken, nothing wider than the screen."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

PAGES = (
    "/", "/map", "/parcels", "/parcels/LL-05-0032", "/projects", "/projects/P09", "/villages", "/villages/361027100204",
    "/illegal", "/pilots", "/export", "/sources", "/help", "/account", "/api/", "/api/collections/parcels/items",
)  # fmt: skip


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_every_page_stays_in_the_house_and_on_the_screen(open_page, phone):
    page = open_page("planner", "/", phone=phone)
    wide = []
    for path in PAGES:
        answer = page.goto(page.base + path)
        assert answer.status == 200, path
        page.wait_for_load_state("networkidle")
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if width > 0:
            wide.append((path, width))
    assert not wide


def test_what_is_small_can_still_be_touched(open_page):
    page = open_page("viewer", "/map", phone=True)
    page.wait_for_load_state("networkidle")
    small = page.evaluate(
        """() => [...document.querySelectorAll('.map-tools .tool, .topbar .menu > summary')]
          .filter((e) => e.offsetParent && (e.offsetWidth < 44 || e.offsetHeight < 44)).map((e) => e.className)"""
    )
    assert small == []


def test_english_is_one_press_away_and_keeps_the_address(open_page):
    page = open_page("viewer", "/projects?status=land_ready")
    page.locator(".topbar-end .menu summary").last.click()
    page.click("a[data-lang=en]")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.lang") == "en"
    assert "status=land_ready" in page.url
    assert "Key projects" in page.title() or "projects" in page.title().lower()


@pytest.mark.browser
def test_the_big_screen_turns_by_itself_and_rests_when_touched(open_page):
    page = open_page("viewer", "/login?next=/board")
    page.clock.install()
    page.goto(page.base + "/board")
    shown = page.locator("[data-scene].is-on h2").first
    first = shown.inner_text()
    page.clock.run_for(10_500)
    second = shown.inner_text()
    assert first != second
    page.mouse.move(400, 400)
    page.clock.run_for(10_500)
    assert shown.inner_text() == second
