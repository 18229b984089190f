"""What a hand feels on the map, desktop: from the event to the second frame after the writing, p75 beside its budget."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable

import psycopg
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from bench.common import Table, Town, town
from bench.serving import SCHEMA

ROUNDS = 20
WATCH = """
for (const kind of ["pointerdown", "pointerup", "keydown", "input", "wheel"])
  addEventListener(kind, (e) => { window.lastEvent = e.timeStamp; }, { capture: true, passive: true });
"""
MARKED = """(name) => { const found = performance.getEntriesByName(`ui:${name}:done`).filter((m) => m.startTime > window.lastEvent);
  return found.length ? found[0].startTime - window.lastEvent : null; }"""
SIGNED = (
    "SELECT p.parcel_no, ST_X(c), ST_Y(c) FROM parcel p JOIN project j ON j.code = p.project "
    "CROSS JOIN LATERAL (SELECT (ST_MaximumInscribedCircle(p.geom)).*) m(c, n, r) "
    "WHERE p.status = 'signed' AND j.status IN ('approved', 'implementing', 'acq_announced') ORDER BY r DESC LIMIT 1"
)


def run(table: Table) -> None:
    """Clicks, keys, filters, undo, many at once, and the past."""
    found = next((w for w in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if w), None)
    with sync_playwright() as playwright, town() as served:
        with psycopg.connect(served.owner_url.replace("+psycopg", "")) as connection:
            connection.execute(SCHEMA)
            _, lon, lat = connection.execute(SIGNED).fetchone() or ("", 0, 0)
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = _opened(browser.new_context(viewport={"width": 1440, "height": 900}), served, lon, lat)
        for name, budget, times in _all(page, float(lon), float(lat)):
            table.add(name, sorted(times)[int(len(times) * 0.75)], budget / 1000, "budget", goal="(goal ≤ 1)")
        browser.close()


def _opened(context: object, served: Town, lon: float, lat: float) -> Page:
    context.add_init_script(WATCH)  # type: ignore[attr-defined]
    page: Page = context.new_page()  # type: ignore[attr-defined]
    page.goto(f"{served.base}/login")
    page.fill("main input[name=username]", "team")
    page.fill("main input[name=password]", "demo-team-2026")
    page.click("main button[type=submit]")
    page.goto(f"{served.base}/map?layers=parcels&c={lon},{lat}&z=17")
    page.wait_for_function("() => performance.getEntriesByName('ui:first-parcels:done').length > 0")
    page.wait_for_timeout(1500)
    return page


def _at(page: Page, lon: float, lat: float) -> tuple[float, float]:
    """Where a place stands on the screen now."""
    x, y = page.evaluate(
        """([lon, lat]) => { const m = window.map_main, r = m.getContainer().getBoundingClientRect();
          const p = m.latLngToContainerPoint([lat, lon]); return [p.x + r.left, p.y + r.top]; }""",
        [lon, lat],
    )
    return x, y


def _all(page: Page, lon: float, lat: float) -> list[tuple[str, float, list[float]]]:
    made: list[tuple[str, float, list[float]]] = []

    def timed(
        name: str, budget: float, mark: str, act: Callable[[int], object], rounds: int = ROUNDS, rest: int = 350
    ) -> None:
        times = []
        for n in range(rounds):
            act(n)
            times.append(_took(page, mark) / 1000)
            page.wait_for_timeout(rest)
        print(f"  {name} …", flush=True)
        made.append((name, budget, times))

    clicked, closed = [], []
    for _ in range(ROUNDS):
        page.mouse.click(*_at(page, lon, lat))
        clicked.append(_took(page, "select") / 1000)
        page.wait_for_timeout(350)
        page.keyboard.press("Escape")
        closed.append(_took(page, "panel") / 1000)
        page.wait_for_timeout(350)
    made += [("click a parcel", 50, clicked), ("panel closes", 50, closed)]
    page.mouse.click(*_at(page, lon, lat))
    page.wait_for_timeout(600)
    timed("next parcel (J, K)", 50, "select", lambda n: page.keyboard.press("jk"[n % 2]))
    page.keyboard.press("Escape")
    page.mouse.click(*_at(page, lon, lat))
    page.wait_for_timeout(1200)
    x, y = _at(page, lon, lat)
    before = _pixel(page, x + 14, y + 14)
    status, undone = [], []
    for n in range(ROUNDS):
        page.keyboard.press("6")
        status.append(_took(page, "status") / 1000)
        page.wait_for_timeout(700)
        if n == 0:
            assert _pixel(page, x + 14, y + 14) != before, "the parcel was not painted anew"
        page.keyboard.press("Control+z")
        undone.append(_took(page, "undo") / 1000)
        page.wait_for_timeout(700)
    made += [("change status by key", 50, status), ("undo", 50, undone)]
    page.keyboard.press("Escape")
    timed("legend filters", 100, "legend", lambda _n: page.get_by_test_id("count-parcels-signed").click())
    timed("pan", 100, "pan", lambda n: _drag(page, x, y, 60 if n % 2 else -60))
    page.keyboard.press("t")
    page.wait_for_timeout(500)
    timed(
        "as-of slider, counts of the day",
        150,
        "counts",
        lambda _n: page.locator("#times-slider").press("ArrowLeft"),
        10,
        900,
    )
    return made


def _took(page: Page, mark: str) -> float:
    for _ in range(400):
        found = page.evaluate(MARKED, mark)
        if found is not None:
            return float(found)
        page.wait_for_timeout(5)
    raise SystemExit(f"ui:{mark}:done never came")


def _drag(page: Page, x: float, y: float, by: int) -> None:
    page.mouse.move(x, y + 120)
    page.mouse.down()
    page.mouse.move(x + by, y + 120, steps=3)
    page.mouse.up()


def _pixel(page: Page, x: float, y: float) -> tuple[int, ...]:
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    found = picture.getpixel((int(x), int(y)))
    assert isinstance(found, tuple)
    return tuple(int(v) for v in found)
