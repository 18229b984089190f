"""Takes the pictures that README and docs show, from a freshly seeded demonstration town."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
READY_S = 300
SHOTS = (
    ("map.png", "/map", (1440, 900)),
    ("card.png", "/map?sel=parcels/LL-05-0032", (1440, 900)),
    ("phone.png", "/map?sel=parcels/LL-05-0032", (390, 844)),
    ("overview.png", "/", (1440, 900)),
)


def main() -> None:
    """Serve, shoot, stop."""
    home = Path(tempfile.mkdtemp(prefix="geoapp-picture-"))
    home.chmod(0o711)
    port = _free_port()
    environ = {**os.environ, "GEOAPP_HOME": str(home / "home"), "GEOAPP_PORT": str(port), "GEOAPP_SEED": "demo"}
    served = subprocess.Popen([sys.executable, "-m", "flask", "--app", "wsgi", "serve"], cwd=ROOT, env=environ)
    try:
        base = f"http://127.0.0.1:{port}"
        _wait(base)
        _shoot(base)
    finally:
        served.terminate()
        served.wait(60)
        shutil.rmtree(home, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(base: str) -> None:
    for _ in range(READY_S):
        try:
            with urllib.request.urlopen(f"{base}/readyz", timeout=5) as answer:  # noqa: S310 — our own loopback address
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(1)
    raise SystemExit("the service did not become ready")


def _shoot(base: str) -> None:
    found = next((w for w in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if w), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for name, path, (width, height) in SHOTS:
            phone = width < 500
            size = {"width": width, "height": height}
            context = browser.new_context(viewport=size, is_mobile=phone, has_touch=phone, locale="zh-CN")
            page = context.new_page()
            page.goto(f"{base}/login?next={path}")
            page.fill("main input[name=username]", "viewer")
            page.fill("main input[name=password]", "demo-viewer-2026")
            page.click("main button[type=submit]")
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(800)
            page.screenshot(path=str(ROOT / "docs" / name))
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
