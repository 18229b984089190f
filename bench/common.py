"""A scratch service with synthetic load data, clocks, and the table of ratios."""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BASIC = "Basic " + b64encode(b"planner:demo-planner-2026").decode()
READY_S = 300


@dataclass
class Result:
    """One figure beside its limit or peer; ``ratio`` is ours divided by theirs in time (below 1 is faster)."""

    name: str
    ours: float
    theirs: float
    peer: str
    goal: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs


@dataclass
class Table:
    results: list[Result] = field(default_factory=list)

    def add(self, *args: object, **kwargs: object) -> None:
        found = Result(*args, **kwargs)  # type: ignore[arg-type]
        self.results.append(found)
        print(f"  {found.name}: {found.ours * 1000:.1f} ms, {found.peer} {found.theirs * 1000:.1f} ms", flush=True)

    def show(self) -> None:
        print(f"\n{'':38}{'ours':>10}{'beside':>10}  {'ratio':>6}  peer / limit")
        for r in self.results:
            print(f"{r.name:38}{r.ours * 1000:>8.1f}ms{r.theirs * 1000:>8.1f}ms  {r.ratio:>6.2f}  {r.peer} {r.goal}")


def median(act: Callable[[], object], rounds: int = 5) -> float:
    """Median seconds of several runs."""
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


@dataclass(frozen=True)
class Town:
    """A running service and its database."""

    base: str
    home: Path
    owner_url: str

    def get(self, path: str, **headers: str) -> bytes:
        asked = urllib.request.Request(self.base + path, headers={"Authorization": BASIC, **headers})  # noqa: S310
        with urllib.request.urlopen(asked, timeout=120) as answer:  # noqa: S310
            return bytes(answer.read())


def environment(home: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "GEOAPP_HOME": str(home), "GEOAPP_SEED": "demo", **more}


@contextmanager
def town(scale: int = 0) -> Iterator[Town]:
    """The demonstration town with ``scale`` more synthetic parcels, served on a free port."""
    home = Path(tempfile.mkdtemp(prefix="geoapp-bench-"))
    home.chmod(0o711)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    flask = [sys.executable, "-m", "flask", "--app", "wsgi"]
    env = environment(home / "home", GEOAPP_PORT=str(port))
    if scale:
        quiet = {"cwd": ROOT, "env": env, "check": True, "stdout": subprocess.DEVNULL}
        subprocess.run([*flask, "db", "upgrade"], **quiet)  # type: ignore[call-overload]
        subprocess.run([*flask, "seed"], **quiet)  # type: ignore[call-overload]
        began = time.perf_counter()
        subprocess.run([*flask, "seed", "--scale", str(scale)], **quiet)  # type: ignore[call-overload]
        print(f"  seed --scale {scale:,}: {time.perf_counter() - began:.1f} s", flush=True)
    served = subprocess.Popen([*flask, "serve"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL)
    try:
        base = f"http://127.0.0.1:{port}"
        _wait(base)
        from geoapp.cluster import Cluster

        yield Town(base, home, Cluster(home / "home").urls().owner_url)
    finally:
        served.terminate()
        served.wait(60)
        shutil.rmtree(home, ignore_errors=True)


def _wait(base: str) -> None:
    for _ in range(READY_S * 5):
        try:
            with urllib.request.urlopen(f"{base}/readyz", timeout=5):  # noqa: S310
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the service did not become ready")
