"""The embedded PostGIS: a private cluster in the service's own folder, reached through a unix socket only."""

from __future__ import annotations

import logging
import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import psycopg
from psycopg import sql
from sqlalchemy import URL

from geoapp import postgres
from geoapp.occupancy import ClusterInUse, Occupancy
from geoapp.postgres import PORT, Account, ClusterError, Programs

__all__ = ["Cluster", "ClusterError", "ClusterInUse", "ClusterUrls"]

DATABASE = "geoapp"
OWNER = "geoapp_owner"
APP = "geoapp_app"
EXTENSIONS = ("postgis", "pg_trgm")
FURNISHED = "1"
"""Raise when `_furnish` has something new to do in clusters that exist already."""
LAUNCH_S = 20.0
READY_S = 120.0
LOG_LIMIT = 20 * postgres.MIB

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ClusterUrls:
    """Addresses for SQLAlchemy: the owner migrates, the application reads and writes rows."""

    owner_url: str
    app_url: str


class Cluster:
    """One private cluster. `start` makes, starts or adopts it; `stop` leaves it and, as the last user, stops it."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        """`durable=False` gives up crash safety for speed: only for tests."""
        self.home = Path(home).expanduser().resolve()
        self.durable = durable
        self._use = Occupancy(self.home)
        self._found: tuple[Account, Path, Path] | None = None

    def __enter__(self) -> ClusterUrls:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def folder(self) -> Path:
        """Where the data lies: `<home>/postgres`, except when root's cluster account cannot reach the home."""
        return self._place()[1]

    def start(self, *, serving: bool = False) -> ClusterUrls:
        """Make the database usable; `serving` claims the folder for the one running service."""
        self._make_home()
        if serving:
            self._use.claim()
        try:
            with self._use.alone():
                self._use.join()
                self._ensure()
        except BaseException:
            self._use.leave()
            raise
        return self.urls()

    def stop(self) -> None:
        """Leave the cluster; the last user stops it. A service takes every use by its own process along."""
        if not self._use.present:
            return
        with self._use.alone():
            self._use.leave()
            if self._use.nobody_in():
                self._halt()

    def revive(self) -> bool:
        """Start the database again if it died under us; True when it had."""
        if self.is_running():
            self._trim_log()
            return False
        with self._use.alone():
            self._ensure()
        return True

    def is_running(self) -> bool:
        """Whether a postmaster answers on this cluster's socket."""
        if not self.home.is_dir():
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(2)
            try:
                probe.connect(str(self._place()[2] / f".s.PGSQL.{PORT}"))
            except OSError:
                return False
        return True

    def urls(self) -> ClusterUrls:
        """The addresses, without starting anything: for worker processes of a service that runs already."""
        query = {"host": str(self._place()[2]), "port": str(PORT)}
        empty = URL.create("postgresql+psycopg", database=DATABASE, query=query)
        owner, app = (empty.set(username=role).render_as_string() for role in (OWNER, APP))
        return ClusterUrls(owner_url=owner, app_url=app)

    def _make_home(self) -> None:
        if not self.home.is_dir():
            self.home.mkdir(mode=0o711, parents=True, exist_ok=True)  # another start may have made it meanwhile
            self.home.chmod(0o711)

    def _place(self) -> tuple[Account, Path, Path]:
        """Account, folder and socket folder; settled once."""
        if self._found is None:
            self._make_home()
            account = Account.current()
            folder = postgres.choose_folder(self.home, account)
            self._found = account, folder, postgres.socket_folder(folder, account)
        return self._found

    def _ensure(self) -> None:
        account, folder, sockets = self._place()
        data = folder / "data"
        if not self.is_running():
            if folder != self.home / "postgres":
                log.warning("%s 不可访问，数据库改放 / out of reach, the database is in %s", self.home, folder)
                folder.parent.mkdir(mode=0o711, exist_ok=True)
            account.make_private(folder)
            account.make_private(sockets)
            made = data / "PG_VERSION"
            programs = Programs.find(int(made.read_text(encoding="utf-8")) if made.exists() else None)
            if not made.exists():
                postgres.initialise(programs, account, data)
            postgres.configure(data, sockets, account, durable=self.durable)
            self._launch(programs)
        self._wait_ready()
        self._furnish()

    def _launch(self, programs: Programs) -> None:
        """Start the postmaster; a killed one may hold its lock file until the kernel has buried it, so try again."""
        account, folder, _ = self._place()
        self._trim_log()
        journal = folder / "postgres.log"
        seen = journal.stat().st_size if journal.exists() else 0
        until = time.monotonic() + LAUNCH_S
        while True:
            code, said = account.run(
                [programs["pg_ctl"], "start", "-D", folder / "data", "-l", journal, "-w", "-t", str(int(READY_S))],
                timeout=READY_S + 30,
            )
            if code == 0 or self.is_running():
                return
            with journal.open("rb") if journal.exists() else open(os.devnull, "rb") as text:
                text.seek(seen)
                news = text.read().decode("utf-8", "replace")
            passing = any(sign in news for sign in ("lock file", "shared memory block", "still in use"))
            if time.monotonic() > until or not passing:
                raise ClusterError(f"PostgreSQL 启动失败 / did not start:\n{said}\n{news[-2000:]}\n{journal}")
            time.sleep(0.1)

    def _wait_ready(self) -> None:
        """After a crash the postmaster listens before it has replayed its log."""
        until = time.monotonic() + READY_S
        while True:
            try:
                self._connect("postgres").close()
                return
            except psycopg.OperationalError as error:
                if "not permitted" in str(error) or "authentication failed" in str(error):
                    raise ClusterError(f"数据库拒绝了本用户 / the database refused this user:\n{error}") from error
                if time.monotonic() > until:
                    raise ClusterError(f"数据库未就绪 / the database is not ready:\n{error}") from error
                time.sleep(0.05)

    def _furnish(self) -> None:
        """Roles, database and extensions; written so that a killed attempt is simply finished by the next."""
        mark = self._place()[1] / "furnished"
        if mark.exists() and mark.read_text(encoding="utf-8") == FURNISHED:
            return
        with self._connect("postgres") as connection:
            known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            for role, rights in ((OWNER, "CREATEDB CREATEROLE"), (APP, "")):
                if role not in known:
                    connection.execute(sql.SQL("CREATE ROLE {} LOGIN " + rights).format(sql.Identifier(role)))
            connection.execute(f"ALTER ROLE {APP} SET max_parallel_workers_per_gather = 0")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER} TEMPLATE template0")
        with self._connect(DATABASE) as connection:
            available = {name for (name,) in connection.execute("SELECT name FROM pg_available_extensions")}
            for extension in EXTENSIONS:
                if extension in available or extension == "postgis":
                    connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
        mark.write_text(FURNISHED, encoding="utf-8")

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self._place()[2]),
            port=PORT,
            user="postgres",
            dbname=database,
            autocommit=True,
            connect_timeout=10,
        )

    def _halt(self) -> None:
        account, folder, _ = self._place()
        data = folder / "data"
        if not (data / "postmaster.pid").exists():
            return
        programs = Programs.find(int((data / "PG_VERSION").read_text(encoding="utf-8")))
        for mode in ("fast", "immediate"):
            code, said = account.run([programs["pg_ctl"], "stop", "-D", data, "-m", mode, "-w", "-t", "60"])
            if code == 0 or not self.is_running():
                return
        log.error("PostgreSQL 未能停止 / did not stop: %s", said)

    def _trim_log(self) -> None:
        """Keep the log and one older copy; the postmaster appends, so the file may be emptied under it."""
        journal = self._place()[1] / "postgres.log"
        if journal.exists() and journal.stat().st_size > LOG_LIMIT:
            older = journal.with_suffix(".log.1")
            older.write_bytes(journal.read_bytes())
            older.chmod(0o600)
            os.truncate(journal, 0)
