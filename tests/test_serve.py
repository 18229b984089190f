"""The running service: it answers, and whatever dies, nothing is left behind and the next start works."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from geoapp.cluster import Cluster

ROOT = Path(__file__).resolve().parent.parent
APP = """
from geoapp.cluster import Cluster
import psycopg, sys, time
from pathlib import Path

def app(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        time.sleep(2)
    body = b"alive"
    if environ["PATH_INFO"] == "/row":
        url = Cluster(Path(__file__).parent / "home").urls().app_url
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            body = str(connection.execute("SELECT 40 + 2").fetchone()[0]).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""
SERVICE = """
    import sys
    from functools import partial
    from pathlib import Path
    from types import SimpleNamespace
    from geoapp.cluster import ClusterError
    from geoapp.serve import ServeError, serve
    here, port = Path(sys.argv[1]), int(sys.argv[2])
    settings = SimpleNamespace(host="127.0.0.1", port=port, home=here / "home", workers=1, database_url=None)
    tell = partial(print, flush=True)
    try:
        code = serve(settings, partial(tell, "prepared"), ready=partial(tell, "ready"), entry="tiny:app")
    except (ServeError, ClusterError) as error:
        sys.exit(str(error))
    sys.exit(code)
"""


class Service:
    """One folder and port; started and killed as the test likes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cluster = Cluster(folder / "home")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        (folder / "tiny.py").write_text(APP, encoding="utf-8")

    def launch(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", textwrap.dedent(SERVICE), str(self.folder), str(self.port)]
        paths = f"{ROOT}{os.pathsep}{self.folder}"
        environ = os.environ | {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.Popen(
            command, cwd=self.folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self) -> subprocess.Popen[str]:
        started = self.launch()
        assert started.stdout is not None
        assert [started.stdout.readline(), started.stdout.readline()] == ["prepared\n", "ready\n"]
        return started

    def get(self, path: str = "/row") -> tuple[str, dict[str, str]]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
            return answer.read().decode(), dict(answer.headers)

    def answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    folder = Path(tempfile.mkdtemp(prefix="geoapp-"))
    folder.chmod(0o711)
    yield Service(folder)
    shutil.rmtree(folder)


def eventually(condition: Callable[[], bool], seconds: float = 15) -> bool:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def works(service: Service) -> bool:
    try:
        return service.get()[0] == "42"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_service_and_its_database(service: Service, number: signal.Signals) -> None:
    with service.run() as process:
        body, headers = service.get()
        assert body == "42"
        assert "Server" not in headers
        process.send_signal(number)
        assert process.wait(timeout=20) == 0
    assert not service.answers()
    assert not service.cluster.is_running()


def test_a_running_request_is_finished_before_the_stop(service: Service) -> None:
    with service.run() as process:
        request = b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        with socket.create_connection(("127.0.0.1", service.port), timeout=20) as client:
            client.sendall(request)
            time.sleep(0.5)
            process.terminate()
            answer = b"".join(iter(lambda: client.recv(4096), b""))
        assert answer.endswith(b"alive")
        assert process.wait(timeout=20) == 0


def test_a_killed_service_takes_its_web_server_along_and_starts_again(service: Service) -> None:
    with service.run() as process:
        process.kill()
    assert eventually(lambda: not service.answers())
    assert service.cluster.is_running(), "left over, for the next start to adopt"
    with service.run() as process:
        assert works(service)
        process.terminate()
    assert not service.cluster.is_running()


def test_a_killed_database_comes_back_under_the_running_service(service: Service) -> None:
    with service.run() as process:
        os.kill(int((service.cluster.folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        assert eventually(lambda: not service.cluster.is_running())
        assert eventually(lambda: works(service))
        process.terminate()
    assert not service.cluster.is_running()


def test_a_second_service_on_the_port_is_refused_before_it_touches_anything(service: Service) -> None:
    with service.run() as process:
        with service.launch() as second:
            out, said = second.communicate(timeout=20)
        assert second.returncode == 1
        assert out == ""
        assert f"端口 127.0.0.1:{service.port} 已被占用" in said
        assert "set GEOAPP_PORT" in said
        assert works(service)
        process.terminate()


def test_a_second_service_on_the_folder_is_refused_and_the_first_goes_on(service: Service) -> None:
    with service.run() as process:
        other = Service(service.folder)
        with other.launch() as second:
            said = second.communicate(timeout=20)[1]
        assert second.returncode == 1
        assert f"process {process.pid}" in said
        assert works(service)
        process.terminate()


def test_a_failing_web_server_ends_the_service_and_its_database(service: Service) -> None:
    (service.folder / "tiny.py").write_text("raise RuntimeError('broken on purpose')", encoding="utf-8")
    try:
        with service.launch() as process:
            said = process.communicate(timeout=30)[1]
        assert process.returncode not in (0, None)
        assert "broken on purpose" in said
        assert not service.cluster.is_running()
    finally:
        (service.folder / "tiny.py").write_text(APP, encoding="utf-8")
