"""The running service: its database, the preparation and the web server, started and stopped together."""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Protocol

from geoapp.cluster import Cluster
from geoapp.postgres import ClusterError

ENTRY = "wsgi:app"
PORT_WAIT_S = 3.0
GRACE_S = 12.0
REVIVE_AFTER = 2
"""Checks that must fail in a row before the database is started again: a planned restart by hand comes first."""

log = logging.getLogger(__name__)


class ServeError(RuntimeError):
    """The service cannot start; the text says why and what to do."""


class ServeSettings(Protocol):
    """The settings that concern the running service."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def home(self) -> Path: ...
    @property
    def workers(self) -> int: ...
    @property
    def database_url(self) -> str | None: ...


class _Stop(BaseException):
    """Raised in the main thread by a signal."""


def serve(
    settings: ServeSettings,
    prepare: Callable[[], None],
    *,
    ready: Callable[[], None] = lambda: None,
    entry: str = ENTRY,
) -> int:
    """Run until a signal; returns the exit code.

    `prepare` is called when the database runs, `ready` once the web server answers. Raises ServeError and ClusterError.
    """
    refuse_taken_port(settings.host, settings.port)
    cluster = None if settings.database_url else Cluster(settings.home)
    web: subprocess.Popen[bytes] | None = None
    try:
        with _stopping_on_signals():
            if cluster:
                cluster.start(serving=True)
            prepare()
            web = _start_web(settings, entry)
            if _wait_for_answer(web, settings):
                ready()
            return _watch(web, cluster)
    except _Stop:
        return 0
    finally:
        with _deaf_to_signals():
            if web:
                _stop_web(web)
            if cluster:
                cluster.stop()


def refuse_taken_port(host: str, port: int) -> None:
    """Say so before anything else starts; a service that just died gets a moment to let go of its port."""
    until = time.monotonic() + PORT_WAIT_S
    while True:
        try:
            family, kind, number, _, address = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            with socket.socket(family, kind, number) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
            return
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > until:
                raise ServeError(_port_problem(host, port, error)) from error
            time.sleep(0.2)


def _port_problem(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"端口 {host}:{port} 已被占用：停掉占用它的程序，或设 GEOAPP_PORT\n"
            f"{host}:{port} is taken: stop what uses it, or set GEOAPP_PORT"
        )
    return f"无法使用地址 {host}:{port} / cannot use the address {host}:{port}: {error.strerror or error}"


@contextmanager
def _stopping_on_signals() -> Iterator[None]:
    """Turn the stop signals into an exception, even when a shell started us with them ignored (`script/server &`)."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _Stop

    chosen = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup keeps it ignored
        chosen.append(signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in chosen}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _deaf_to_signals() -> Iterator[None]:
    """A second Ctrl-C must not leave a database running behind."""
    before = {n: signal.signal(n, signal.SIG_IGN) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _start_web(settings: ServeSettings, entry: str) -> subprocess.Popen[bytes]:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    options = ["--bind", f"{host}:{settings.port}", "--workers", str(settings.workers)]
    return subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", "python:geoapp.gunicorn_conf", *options, entry],
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C reaches us alone; we stop the web server in order
    )


def _wait_for_answer(web: subprocess.Popen[bytes], settings: ServeSettings) -> bool:
    """True when a connection is accepted and answered; False when the web server gave up first."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 compared, not bound
    while web.poll() is None:
        try:
            with socket.create_connection((host, settings.port), timeout=60) as probe:
                probe.sendall(f"GET /healthz HTTP/1.0\r\nHost: {host}\r\n\r\n".encode("ascii"))
                if probe.recv(1):
                    return True
        except OSError:
            pass
        time.sleep(0.05)
    return False


def _watch(web: subprocess.Popen[bytes], cluster: Cluster | None) -> int:
    """Wait for the web server to end; meanwhile bring a killed database back."""
    missed = 0
    while True:
        try:
            return web.wait(timeout=1) or 1
        except subprocess.TimeoutExpired:
            if cluster is None:
                continue
        missed = 0 if cluster.is_running() else missed + 1
        if missed == 0 or missed >= REVIVE_AFTER:
            missed = 0
            _revive(cluster)


def _revive(cluster: Cluster) -> None:
    try:
        if cluster.revive():
            log.warning("数据库意外停止，已重新启动 / the database had stopped and was started again")
    except (ClusterError, OSError) as error:
        log.error("数据库未能重新启动，稍后再试 / the database did not start again, will retry: %s", error)


def _stop_web(web: subprocess.Popen[bytes]) -> None:
    """Let running requests finish, then insist."""
    for ask, seconds in ((signal.SIGTERM, GRACE_S), (signal.SIGQUIT, 3.0)):
        if web.poll() is not None:
            return
        web.send_signal(ask)
        try:
            web.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            continue
    if web.poll() is None:
        os.killpg(web.pid, signal.SIGKILL)
        web.wait()
