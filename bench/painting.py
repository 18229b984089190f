"""First paint of the map at 2,000 and 100,000 parcels, and a plain Folium page with every parcel inlined beside it."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from pathlib import Path

import folium
from playwright.sync_api import Browser, sync_playwright

from bench.common import Table, Town, town

PAINTED = "() => performance.getEntriesByName('ui:first-parcels:done')[0]?.startTime"
DRAWN = "() => document.querySelectorAll('path.leaflet-interactive').length > 0"


def run(table: Table) -> None:
    """P7, P9."""
    found = next((w for w in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if w), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        with town() as small:
            two = _ours(browser, small)
            plain = _folium(browser, small)
        with town(100_000) as large:
            many = _ours(browser, large)
        browser.close()
    table.add("map painted, 100,000 parcels", many, two, "the same with 2,000", goal="(goal ≤ 1.5)")
    table.add("map painted, 2,000 parcels", two, plain, "plain Folium GeoJson page")


def _ours(browser: Browser, served: Town) -> float:
    times = []
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{served.base}/login")
    page.fill("main input[name=username]", "viewer")
    page.fill("main input[name=password]", "demo-viewer-2026")
    page.click("main button[type=submit]")
    for _ in range(5):
        page.goto(f"{served.base}/map?c=116.7735,27.9335&z=15")
        page.wait_for_function(PAINTED)
        times.append(page.evaluate(PAINTED) / 1000)
    context.close()
    return sorted(times)[2]


def _folium(browser: Browser, served: Town) -> float:
    """Folium's own page of the same parcels: built, loaded, drawn. Its outside scripts are given from our copies."""
    body = served.get("/export/parcels.geojson").decode()
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        drawn = folium.Map(location=[27.9335, 116.7735], zoom_start=15, tiles=None)
        folium.GeoJson(body).add_to(drawn)
        path = Path(folder) / "plain.html"
        drawn.save(str(path))
        built = time.perf_counter() - began
        page = browser.new_page()
        vendor = Path(__file__).resolve().parent.parent / "geoapp/static/vendor/leaflet"
        page.route(re.compile("^https:"), lambda route: _given(route, vendor))
        began = time.perf_counter()
        page.goto(path.as_uri())
        page.wait_for_function(DRAWN)
        took = time.perf_counter() - began
        page.close()
    return built + took


def _given(route: object, vendor: Path) -> None:
    name = route.request.url.rpartition("/")[2]  # type: ignore[attr-defined]
    if (vendor / name).is_file():
        route.fulfill(path=str(vendor / name))  # type: ignore[attr-defined]
    else:
        route.fulfill(status=200, body="")  # type: ignore[attr-defined]
