"""The embedded database: usable from an empty folder, private, and back after anything dies."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import ProgrammingError

from geoapp.cluster import Cluster, ClusterInUse
from geoapp.postgres import Account, ClusterError, choose_folder, socket_folder

ROOT = Path(__file__).resolve().parent.parent
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops privileges")


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A scratch folder that root's cluster account can enter, which pytest's own is not."""
    folder = Path(tempfile.mkdtemp(prefix="geoapp-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def made(place: Path) -> Path:
    """A home whose cluster was made once, stopped, and may be started by every test."""
    home = place / "home"
    with Cluster(home, durable=False) as urls:
        query(urls.owner_url, "CREATE TABLE kept (n int)")
    return home


@pytest.fixture
def cluster(made: Path) -> Iterator[Cluster]:
    found = Cluster(made, durable=False)
    yield found
    found.stop()
    assert not found.is_running()


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        found = connection.exec_driver_sql(statement)
        return [tuple(row) for row in found] if found.returns_rows else []


def postmaster(cluster: Cluster) -> int:
    return int((cluster.folder / "data" / "postmaster.pid").read_text().split()[0])


def elsewhere(home: Path, *, serving: bool = False) -> subprocess.Popen[str]:
    """Another process that uses the cluster until its input closes."""
    program = f"""
        import sys
        from pathlib import Path
        from geoapp.cluster import Cluster
        cluster = Cluster(Path({str(home)!r}), durable=False)
        cluster.start(serving={serving})
        print("in", flush=True)
        sys.stdin.read()
        cluster.stop()
    """
    started = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "in\n"
    return started


def elsewhere_quick(home: Path) -> subprocess.Popen[str]:
    """Another process that starts the cluster, says where it is and leaves."""
    program = f"""
        from pathlib import Path
        from geoapp.cluster import Cluster
        with Cluster(Path({str(home)!r}), durable=False) as urls:
            print(urls.app_url)
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def end(process: subprocess.Popen[str], *, kill: bool = False) -> None:
    with process:
        if kill:
            process.kill()


def test_an_empty_folder_becomes_a_usable_postgis(place: Path) -> None:
    home = place / "带 空格 and 'quotes'"
    with Cluster(home) as urls:
        assert query(urls.owner_url, "SELECT postgis_lib_version() >= '3.3', current_setting('fsync')") == [
            (True, "on")
        ]
        assert query(urls.owner_url, "SHOW data_checksums") == [("on",)]
        assert query(urls.owner_url, "SELECT cardinality(show_trgm('里吴村')) > 0") == [(True,)]
        assert query(urls.app_url, "SELECT ST_AsMVT(t) IS NOT NULL FROM (SELECT ST_Point(1, 1) g) t") == [(True,)]
        assert query(urls.app_url, "SELECT current_setting('TimeZone'), current_setting('jit')") == [("UTC", "off")]
        assert query(urls.app_url, "SHOW max_parallel_workers_per_gather") == [("0",)]
    assert not Cluster(home).is_running()


def test_the_roles_hold_no_more_than_they_need(cluster: Cluster) -> None:
    urls = cluster.start()
    roles = "SELECT rolname, rolsuper FROM pg_roles WHERE starts_with(rolname, 'geoapp') ORDER BY 1"
    rights = query(urls.owner_url, roles)
    assert rights == [("geoapp_app", False), ("geoapp_owner", False)]
    for forbidden in (
        "CREATE TABLE x ()",
        "CREATE SCHEMA x",
        "SELECT * FROM kept",
        "CREATE ROLE x",
        "SET ROLE postgres",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"):
            query(urls.app_url, forbidden)


def test_nothing_listens_on_the_network(cluster: Cluster) -> None:
    urls = cluster.start()
    assert query(urls.owner_url, "SHOW listen_addresses") == [("",)]
    assert cluster.folder.stat().st_mode & 0o077 == 0
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        owned = [line.split()[7] for line in Path(table).read_text().splitlines()[1:]] if os.path.exists(table) else []
        account = Account.current()
        assert not account.dropped or str(account.uid) not in owned


def test_a_second_start_takes_a_moment(cluster: Cluster) -> None:
    begun = time.monotonic()
    cluster.start()
    assert time.monotonic() - begun < 3


def test_rows_survive_the_kill_of_the_database(place: Path) -> None:
    cluster = Cluster(place / "killed")
    urls = cluster.start()
    query(urls.owner_url, "CREATE TABLE kept AS SELECT generate_series(1, 50000) AS n")
    os.kill(postmaster(cluster), signal.SIGKILL)
    Cluster(cluster.home).start()
    assert query(urls.owner_url, "SELECT count(*) FROM kept") == [(50000,)]
    os.kill(postmaster(cluster), signal.SIGKILL)
    while cluster.is_running():
        time.sleep(0.02)
    assert cluster.revive()
    assert not cluster.revive()
    assert query(urls.owner_url, "SELECT count(*) FROM kept") == [(50000,)]
    query(urls.owner_url, "DROP TABLE kept")
    cluster._use.claim()
    cluster.stop()
    assert not cluster.is_running()


def test_two_services_do_not_share_a_folder(cluster: Cluster) -> None:
    other = elsewhere(cluster.home, serving=True)
    with pytest.raises(ClusterInUse, match=f"(?s)进程 {other.pid}.*process {other.pid}"):
        cluster.start(serving=True)
    assert cluster.is_running(), "the refused one must leave the other's database alone"
    end(other)
    cluster.start(serving=True)


def test_a_killed_service_leaves_a_database_that_the_next_adopts(cluster: Cluster) -> None:
    other = elsewhere(cluster.home, serving=True)
    before = postmaster(cluster)
    end(other, kill=True)
    assert cluster.is_running()
    cluster.start(serving=True)
    assert postmaster(cluster) == before


def test_a_command_uses_the_running_database_and_leaves_it_running(cluster: Cluster) -> None:
    cluster.start(serving=True)
    before = postmaster(cluster)
    end(elsewhere(cluster.home))
    assert cluster.is_running()
    assert postmaster(cluster) == before


def test_the_last_to_leave_stops_the_database(cluster: Cluster) -> None:
    cluster.start(serving=True)
    command = elsewhere(cluster.home)
    cluster.stop()
    assert cluster.is_running(), "a running import must not lose its database"
    end(command)
    assert not cluster.is_running()


def test_a_service_takes_the_other_uses_of_its_process_along(cluster: Cluster) -> None:
    cluster.start(serving=True)
    Cluster(cluster.home).start()
    cluster.stop()
    assert not cluster.is_running()


def test_eight_starts_at_once_make_one_database(place: Path) -> None:
    home = place / "eight"
    others = [elsewhere_quick(home) for _ in range(8)]
    found = {other.communicate(timeout=60)[0].strip() for other in others}
    assert [other.returncode for other in others] == [0] * 8
    assert "" not in found
    assert not Cluster(home).is_running()


def test_a_start_that_was_killed_half_way_is_finished_by_the_next(place: Path) -> None:
    home = place / "half"
    first = elsewhere_quick(home)
    time.sleep(0.7)
    end(first, kill=True)
    with Cluster(home, durable=False) as urls:
        assert query(urls.app_url, "SELECT 1") == [(1,)]


def test_a_path_longer_than_a_socket_allows(place: Path) -> None:
    home = place / "很长的目录名" / ("x" * 100)
    cluster = Cluster(home, durable=False)
    with cluster as urls:
        assert query(urls.app_url, "SELECT 1") == [(1,)]
    sockets = socket_folder(cluster.folder, Account.current())
    assert sockets.parent == Path("/tmp")
    assert sockets.stat().st_mode & 0o077 == 0
    shutil.rmtree(sockets)


def test_a_socket_folder_made_by_somebody_else_is_refused(place: Path) -> None:
    home = place / "trap" / ("y" * 100)
    sockets = socket_folder(home / "postgres", Account.current())
    sockets.symlink_to(place)
    try:
        with pytest.raises(ClusterError, match="another user"):
            Cluster(home, durable=False).start()
    finally:
        sockets.unlink()


@as_root
def test_as_root_the_database_runs_as_an_ordinary_user(cluster: Cluster) -> None:
    cluster.start()
    assert Path(f"/proc/{postmaster(cluster)}").stat().st_uid == Account.current().uid != 0


@as_root
def test_a_home_that_only_root_can_enter_moves_the_database(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    cluster = Cluster(closed / "home", durable=False)
    try:
        with cluster as urls:
            assert query(urls.app_url, "SELECT 1") == [(1,)]
        assert cluster.folder.parent == Path("/var/lib/geoapp")
        assert str(cluster.folder) in caplog.text
        closed.chmod(0o711)
        assert choose_folder(cluster.home, Account.current()) == cluster.folder, "the data stays where it began"
    finally:
        shutil.rmtree(cluster.folder)


@as_root
def test_an_ordinary_user_needs_no_root(place: Path) -> None:
    theirs = place / "theirs"
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)
    program = """
        import os, sys
        from pathlib import Path
        import psycopg
        from geoapp.cluster import Cluster
        os.setgroups([]), os.setgid(65534), os.setuid(65534), os.chdir("/")
        cluster = Cluster(Path(sys.argv[1]), durable=False)
        with cluster as urls, psycopg.connect(urls.app_url.replace("+psycopg", "")) as connection:
            pid = (cluster.folder / "data" / "postmaster.pid").read_text().split()[0]
            assert os.stat(f"/proc/{pid}").st_uid == os.geteuid() == 65534
            print(connection.execute("SELECT current_user").fetchone()[0])
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(theirs / "home")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "geoapp_app"), done.stderr
