"""What a private PostgreSQL needs from the machine: programs, an account to run as, a folder and a configuration."""

from __future__ import annotations

import glob
import hashlib
import os
import pwd
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

PORT = 5861
"""Only names the socket file; nothing listens on TCP."""
MIN_MAJOR = 15
SOCKET_PATH_LIMIT = 103
"""The shortest sun_path of the supported systems (macOS); Linux allows 107."""
SYSTEM_FOLDER = Path("/var/lib/geoapp")
PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
MIB = 1024 * 1024


class ClusterError(RuntimeError):
    """The embedded database cannot be used; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """The operating system's user that owns and runs the cluster."""

    name: str
    uid: int
    gid: int
    dropped: bool
    """True when the service runs as root and PostgreSQL, which refuses root, runs as this user instead."""

    @classmethod
    def current(cls) -> Account:
        try:
            if os.geteuid() == 0:
                found = pwd.getpwnam("postgres")
                return cls(found.pw_name, found.pw_uid, found.pw_gid, dropped=True)
            found = pwd.getpwuid(os.geteuid())
        except KeyError:
            raise ClusterError(
                "找不到可运行 PostgreSQL 的系统用户：以 root 运行时需要用户 postgres\n"
                "No system user can run PostgreSQL: as root, a user named postgres is needed"
            ) from None
        return cls(found.pw_name, found.pw_uid, found.pw_gid, dropped=False)

    def run(self, command: list[str | Path], *, timeout: float = 180) -> tuple[int, str]:
        """Run as this account; returns exit code and output. Output goes to a file: a daemon would keep a pipe open."""
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [str(part) for part in command],
                cwd="/",
                env={"PATH": "/usr/bin:/bin", "LC_ALL": _locale(), "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                check=False,
                user=self.uid if self.dropped else None,
                group=self.gid if self.dropped else None,
                extra_groups=[] if self.dropped else None,
            )
            output.seek(0)
            return done.returncode, output.read().decode("utf-8", "replace").strip()

    def can_enter(self, folder: Path) -> bool:
        """Whether every parent lets this account through."""
        return self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", folder])[0] == 0

    def make_private(self, folder: Path) -> None:
        """Create a folder that only this account reads; refuses one that somebody else made."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (self.uid, os.geteuid()):
            raise ClusterError(
                f"{folder} 属于另一个用户；请用原来的用户运行，或另设 GEOAPP_HOME\n"
                f"{folder} belongs to another user: run as that user, or set another GEOAPP_HOME"
            )
        if found.st_uid != self.uid:
            os.chown(folder, self.uid, self.gid)
        folder.chmod(0o700)


@dataclass(frozen=True, slots=True)
class Programs:
    """One installed PostgreSQL."""

    folder: Path
    major: int

    @classmethod
    def find(cls, major: int | None = None) -> Programs:
        """The newest installed version that has PostGIS, or exactly the one that made the data."""
        places = [Path(found) for pattern in PLACES for found in glob.glob(pattern)]
        on_path = shutil.which("initdb")
        if on_path:
            places.append(Path(on_path).resolve().parent)
        found = [cls(place, _major(place)) for place in places if (place / "initdb").exists()]
        fitting = [p for p in found if p.major == major] if major else [p for p in found if p.major >= MIN_MAJOR]
        if not fitting:
            wanted = str(major) if major else f"{MIN_MAJOR}+"
            raise ClusterError(
                f"没有找到 PostgreSQL {wanted}（含 PostGIS）；请运行 script/setup，或设置 GEOAPP_DATABASE_URL\n"
                f"PostgreSQL {wanted} with PostGIS is not installed: run script/setup, or set GEOAPP_DATABASE_URL"
            )
        return max(fitting, key=lambda p: (p.has_postgis(), p.major))

    def has_postgis(self) -> bool:
        shares = (
            Path(f"/usr/share/postgresql/{self.major}"),
            Path("/usr/share/pgsql"),
            *self.folder.parent.glob("share/postgresql*"),
            self.folder.parent / "share",
        )
        return any((share / "extension" / "postgis.control").exists() for share in shares)

    def __getitem__(self, name: str) -> Path:
        return self.folder / name


def _major(folder: Path) -> int:
    named = re.search(r"(?:postgresql/|pgsql-|postgresql@)(\d+)", str(folder))
    if named:
        return int(named[1])
    said = subprocess.run([str(folder / "initdb"), "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"(\d+)", said)
    return int(version[1]) if version else 0


def _locale() -> str:
    """macOS has no C.UTF-8; trigrams of Chinese text need a UTF-8 character type everywhere."""
    return "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"


def choose_folder(home: Path, account: Account) -> Path:
    """`<home>/postgres`, or a folder under /var/lib when root's cluster account cannot reach the home."""
    wanted = home / "postgres"
    if not account.dropped:
        return wanted
    instead = SYSTEM_FOLDER / hashlib.sha256(str(home).encode()).hexdigest()[:12]
    started_there = (instead / "data" / "PG_VERSION").exists() and not (wanted / "data" / "PG_VERSION").exists()
    return wanted if account.can_enter(home) and not started_there else instead


def socket_folder(folder: Path, account: Account) -> Path:
    """A private folder whose socket path fits the kernel's limit."""
    near = folder / "run"
    if len(os.fsencode(near / f".s.PGSQL.{PORT}.lock")) <= SOCKET_PATH_LIMIT:
        return near
    return Path("/tmp") / f"geoapp-{account.uid}-{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"  # noqa: S108 owner checked


def initialise(programs: Programs, account: Account, data: Path) -> None:
    """Make the data folder under another name first, so that a killed attempt leaves nothing half-made in its place."""
    draft = data.with_name("data.new")
    shutil.rmtree(draft, ignore_errors=True)
    options = f"-U postgres -k -A peer -E UTF8 --locale {_locale()} --lc-collate C --lc-messages C"
    code, said = account.run([programs["initdb"], "-D", draft, *options.split()])
    if code:
        shutil.rmtree(draft, ignore_errors=True)
        raise ClusterError(f"initdb 失败 / initdb failed:\n{said}")
    with (draft / "postgresql.conf").open("a", encoding="utf-8") as main:
        main.write("\ninclude 'geoapp.conf'\n")
    draft.rename(data)


def configure(data: Path, sockets: Path, account: Account, *, durable: bool) -> None:
    """Write the parts that depend on machine, place and account; done at every start, so a moved folder just works."""
    users = dict.fromkeys((account.name, "root"))
    roles = ("postgres", "geoapp_owner", "geoapp_app")
    _replace(data / "geoapp.conf", _configuration(sockets, durable=durable), account)
    _replace(data / "pg_hba.conf", "local all all peer map=geoapp\nlocal replication all peer map=geoapp\n", account)
    _replace(data / "pg_ident.conf", "".join(f'geoapp "{u}" {r}\n' for u in users for r in roles), account)


def _replace(path: Path, text: str, account: Account) -> None:
    path.write_text(text, encoding="utf-8")
    os.chown(path, account.uid, account.gid)
    path.chmod(0o600)


def _configuration(sockets: Path, *, durable: bool) -> str:
    memory = _memory()
    place = str(sockets).replace("'", "''")
    lines = {
        "listen_addresses": "''",
        "port": PORT,
        "unix_socket_directories": f"'{place}'" if "," not in place else f"'\"{place}\"'",
        "unix_socket_permissions": "0700",
        "max_connections": 120,
        "shared_buffers": f"{_between(memory // 8, 128, 2048)}MB",
        "effective_cache_size": f"{_between(memory // 2, 256, 1 << 20)}MB",
        "maintenance_work_mem": f"{_between(memory // 32, 64, 512)}MB",
        "work_mem": f"{_between(memory // 512, 8, 32)}MB",
        "random_page_cost": "1.1",
        "wal_compression": "on",
        "max_wal_size": "2GB",
        "jit": "off",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "lc_messages": "'C'",
        # A failing statement or its DETAIL line would put names and amounts into the log.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_line_prefix": "'%m [%p] %u@%d '",
    }
    if not durable:
        lines |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    return "# Written at every start.\n" + "".join(f"{name} = {value}\n" for name, value in lines.items())


def _memory() -> int:
    """Megabytes this service may use: the machine's, or its container's when that is less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            total = min(total, int(Path(limit).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            continue
    return total // MIB


def _between(value: int, low: int, high: int) -> int:
    return max(low, min(value, high))
