"""How gunicorn runs the service; the address and the number of workers come on its command line."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from gunicorn.http import wsgi

worker_class = "gthread"
threads = 16
preload_app = False
control_socket_disable = True
graceful_timeout = 8
timeout = 120
keepalive = 15
loglevel = "warning"
errorlog = "-"
if Path("/dev/shm").is_dir():  # noqa: S108 heartbeat files of the workers, made private by gunicorn
    worker_tmp_dir = "/dev/shm"  # noqa: S108

_standard_headers = wsgi.Response.default_headers


def _without_server(response: Any) -> list[str]:
    """The name and version of the server are nobody's business."""
    return [line for line in _standard_headers(response) if not line.startswith("Server:")]


wsgi.Response.default_headers = _without_server


def on_starting(_arbiter: Any) -> None:
    """Stop when the service that started us dies, however it dies: no web server without its database's keeper."""
    parent = os.getppid()
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit(1)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def post_worker_init(worker: Any) -> None:
    """Streams end when their worker is told to stop, so that stopping takes a moment and not a grace period."""
    from geoapp.services.live import Serving

    Serving.alive = staticmethod(lambda: worker.alive)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
