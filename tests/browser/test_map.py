"""What a viewer does on the map, by real clicks and keys, judged by what is painted."""

from __future__ import annotations

import io
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import expect
from pyproj import Transformer

pytestmark = pytest.mark.browser

PARCEL = "LL-05-0032"
READY = "() => performance.getEntriesByName('ui:first-parcels:done').length > 0"


def ready(page):
    page.wait_for_function(READY)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(150)


def config_of(page):
    return json.loads(page.locator("#map-config").text_content())


def painted_class(page, layer_id, lon, lat):
    """The legend class whose fill comes nearest to what is painted at a place."""
    x, y = page.evaluate(
        """([lon, lat]) => { const m = window.map_main, r = m.getContainer().getBoundingClientRect();
          const p = m.latLngToContainerPoint([lat, lon]); return [p.x + r.left, p.y + r.top]; }""",
        [lon, lat],
    )
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    near = [picture.getpixel((int(x) + dx, int(y) + dy)) for dx in range(-3, 4) for dy in range(-3, 4)]
    pixel = max(set(near), key=near.count)
    fills = {
        c["key"]: c["fill"] for layer in config_of(page)["layers"] if layer["id"] == layer_id for c in layer["classes"]
    }
    base = (252, 253, 251)

    def away(fill):
        rgb = [int(fill[i : i + 2], 16) * 0.78 + b * 0.22 for i, b in zip((1, 3, 5), base, strict=True)]
        return sum((a - b) ** 2 for a, b in zip(rgb, pixel, strict=True))

    nearest = min(fills, key=lambda key: away(fills[key]))
    return nearest if away(fills[nearest]) < 600 else "", pixel


def inner_point(app, where="status = 'delivered'"):
    """A large parcel's number and a point well inside."""
    from sqlalchemy import text

    with app.app_context(), app.extensions["database"].owner_session() as session:
        return session.execute(
            text(
                "SELECT parcel_no, ST_X(p), ST_Y(p) FROM (SELECT parcel_no, area_m2, "
                "(ST_MaximumInscribedCircle(geom)).center AS p, (ST_MaximumInscribedCircle(geom)).radius AS r "
                f"FROM parcel WHERE {where}) x ORDER BY r DESC LIMIT 1"
            )
        ).one()


@pytest.mark.parametrize("status", ["delivered", "signed", "calculated"])
def test_parcels_are_painted_in_their_legend_colour(app, open_page, status):
    number, lon, lat = inner_point(app, f"status = '{status}'")
    page = open_page("viewer", f"/map?layers=parcels&c={lon},{lat}&z=16")
    ready(page)
    layer = next(x for x in config_of(page)["layers"] if x["id"] == "parcels")
    expected = next(c["key"] for c in layer["classes"] if status in c["codes"])
    assert painted_class(page, "parcels", lon, lat)[0] == expected, number


def test_a_click_opens_the_card_beside_the_map(app, open_page):
    number, lon, lat = inner_point(app)
    page = open_page("viewer", f"/map?layers=parcels&c={lon},{lat}&z=16")
    ready(page)
    box = page.locator("#map_main").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("#panel-title")).to_have_text(number)
    expect(page.locator("#panel .fields").first).to_be_visible()
    assert parse_qs(urlsplit(page.url).query)["sel"] == [f"parcels/{number}"]
    assert "**" in page.locator("#panel-body").inner_text(), "a viewer sees names masked"
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    assert "sel=" not in page.url


def test_the_legend_leaves_only_what_was_clicked(app, open_page):
    _, lon, lat = inner_point(app)
    page = open_page("viewer", f"/map?layers=parcels&c={lon},{lat}&z=15")
    ready(page)
    assert painted_class(page, "parcels", lon, lat)[0] == "delivered"
    shown = page.request.get(f"{page.base}/legend.json?layer=parcels").json()["classes"]["disputed"]
    expect(page.get_by_test_id("count-parcels-disputed")).to_have_text(str(shown["n"]))
    expect(page.get_by_test_id("weight-parcels-disputed")).to_have_text(shown["weight"])
    page.get_by_test_id("legend-parcels-disputed").click()
    expect(page.get_by_test_id("total-parcels")).to_contain_text(f"{shown['n']} ")
    expect(page.get_by_test_id("total-parcels")).to_contain_text(shown["weight"])
    page.wait_for_timeout(200)
    assert painted_class(page, "parcels", lon, lat)[0] != "delivered", "delivered parcels are gone"
    assert "status=disputed" in page.url
    page.go_back()
    expect(page.get_by_test_id("legend-parcels-disputed")).to_have_attribute("aria-pressed", "false")
    page.wait_for_timeout(200)
    assert painted_class(page, "parcels", lon, lat)[0] == "delivered"


def test_the_address_is_the_view(open_page):
    page = open_page("viewer", f"/map?layers=parcels,projects&status=disputed&sel=parcels/{PARCEL}")
    ready(page)
    expect(page.locator("#panel-title")).to_have_text(PARCEL)
    phone = open_page("viewer", page.url.removeprefix(page.base), phone=True)
    ready(phone)
    expect(phone.locator("#panel-title")).to_have_text(PARCEL)
    assert phone.locator("[data-testid=legend-parcels-disputed]").get_attribute("aria-pressed") == "true"
    wanted, got = parse_qs(urlsplit(page.url).query), parse_qs(urlsplit(phone.url).query)
    assert {k: wanted[k] for k in ("layers", "status", "sel")} == {k: got[k] for k in ("layers", "status", "sel")}


def test_initials_find_a_household_and_enter_opens_it(open_page):
    page = open_page("team", "/map")
    ready(page)
    page.keyboard.press("/")
    page.keyboard.type("zjg")
    first = page.locator("[data-testid=search-item][aria-selected=true]")
    expect(first).to_contain_text("张建国")
    page.keyboard.press("Enter")
    expect(page.locator("#panel .fields").first).to_be_visible()
    assert "张建国" in page.locator("#panel-body").inner_text()


def test_a_viewer_cannot_search_for_names(open_page):
    page = open_page("viewer", "/map")
    ready(page)
    page.keyboard.press("/")
    page.keyboard.type("zjg")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(300)
    assert "张建国" not in page.locator("#search-results").inner_text()


def test_coordinates_are_those_of_the_cadastre(open_page):
    page = open_page("viewer", "/map?c=116.7735,27.9335&z=16")
    ready(page)
    to_plane = Transformer.from_crs(4490, 4548, always_xy=True)
    module = next(url for url in page.watch.asked if url.endswith("/js/map/gk.js"))
    for lon, lat in ((116.7735, 27.9335), (116.6, 27.8), (117.0, 28.0)):
        east, north = to_plane.transform(lon, lat)
        x, y = page.evaluate("async ([u, a, b]) => (await import(u)).toPlane(a, b, 117)", [module, lon, lat])
        assert abs(x - north) < 0.001 and abs(y - east) < 0.001
    shown = page.locator("#readout-plane").inner_text()
    x, y = re.search(r"X (\d+)\s+Y (\d+)", shown).groups()
    east, north = to_plane.transform(116.7735, 27.9335)
    assert abs(int(x) - north) < 3 and y.startswith("39") and abs(int(y[2:]) - east) < 3


def test_measuring_tells_mu(open_page):
    page = open_page("viewer", "/map?c=116.7735,27.9335&z=16")
    ready(page)
    page.keyboard.press("m")
    for x, y in ((700, 300), (900, 300), (900, 500), (700, 500)):
        page.mouse.click(x, y)
        page.wait_for_timeout(350)
    page.keyboard.press("Enter")
    said = page.locator("#measure-result").inner_text().replace(",", "")
    mu, m2 = map(float, re.search(r"([\d.]+) 亩（([\d.]+) m²", said).groups())
    assert abs(mu - m2 * 0.0015) < 0.0002
    side = 200 * 40075016.686 * 0.88354 / 2**24
    assert abs(m2 - side**2) / side**2 < 0.02


def test_on_a_phone_the_card_is_a_sheet_with_three_stops(open_page):
    page = open_page("viewer", f"/map?sel=parcels/{PARCEL}", phone=True)
    ready(page)
    expect(page.locator("#panel-title")).to_have_text(PARCEL)
    heights = []
    for _ in range(3):
        page.wait_for_timeout(350)
        heights.append(page.locator("#panel").bounding_box()["height"])
        page.locator("#panel .sheet-grip").click()
    assert heights[0] == pytest.approx(96, abs=2)
    assert heights[1] == pytest.approx(0.5 * 792, abs=30)
    assert heights[2] > 0.85 * 792


def test_an_ended_session_is_told_in_words(open_page):
    page = open_page("viewer", f"/map?sel=parcels/{PARCEL}")
    ready(page)
    page.watch.expected = ("401",)
    page.context.clear_cookies()
    page.keyboard.press("j")
    expect(page.locator("#panel .trouble")).to_contain_text("登录已过期")
    assert page.locator("#panel .trouble a").get_attribute("href").startswith("/login?next=")


def test_without_scripts_the_map_is_a_picture(open_page):
    page = open_page("viewer", "/map?status=disputed", java_script_enabled=False)
    picture = page.locator("noscript img, .no-script img")
    address = (
        picture.get_attribute("src") if picture.count() else re.search(r'src="(/map.svg[^"]*)"', page.content())[1]
    )
    answer = page.request.get(page.base + address.replace("&amp;", "&"))
    assert answer.status == 200 and answer.headers["content-type"].startswith("image/svg+xml")
    assert "status=disputed" in address
