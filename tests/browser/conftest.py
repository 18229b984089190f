"""A real browser on the running demonstration town; every page watched for foreign hosts and errors."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support import PASSWORDS

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@dataclass
class Watch:
    """What a page asked for and complained about."""

    base: str
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()
    """Complaints a test provokes on purpose."""

    def attach(self, page: Page) -> None:
        page.on("request", lambda r: self._request(r.url))
        page.on("pageerror", lambda e: self.complaints.append(f"{page.url}: {e}"))
        page.on("console", lambda m: self._console(page, m))

    def _request(self, url: str) -> None:
        self.asked.append(url)
        if not url.startswith((self.base, "data:", "blob:")):
            self.foreign.append(url)

    def _console(self, page: Page, message: Any) -> None:
        if message.type == "error" and not any(words in message.text for words in self.expected):
            self.complaints.append(f"{page.url}: {message.text}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next((w for w in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if w), None)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield launched
        launched.close()


Opener = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, live_server: str) -> Iterator[Opener]:
    """``open_page("viewer", "/map")`` logs in and opens a page; ``phone=True`` on a small touch screen."""
    opened: list[Any] = []
    watches: list[Watch] = []

    def open_one(user: str, path: str, *, phone: bool = False, base: str = live_server, **options: Any) -> Page:
        context = browser.new_context(
            viewport=PHONE if phone else DESKTOP, has_touch=phone, is_mobile=phone, locale="zh-CN", **options
        )
        opened.append(context)
        page = context.new_page()
        page.base = base  # type: ignore[attr-defined]
        page.watch = Watch(base)  # type: ignore[attr-defined]
        page.watch.attach(page)  # type: ignore[attr-defined]
        watches.append(page.watch)  # type: ignore[attr-defined]
        log_in(page, base, user)
        page.goto(base + path)
        return page

    yield open_one
    for context in opened:
        context.close()
    for watch in watches:
        assert not watch.foreign, f"asked other hosts: {watch.foreign[:5]}"
        assert not watch.complaints, "\n".join(watch.complaints)


def log_in(page: Page, base: str, user: str) -> None:
    page.goto(f"{base}/login")
    page.fill("main input[name=username]", user)
    page.fill("main input[name=password]", PASSWORDS[user])
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/login" not in url)
