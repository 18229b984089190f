"""Who uses a data folder: one service at most, any number of commands, and the last one to leave puts out the light.

`server.lock` is held by the running service, `users.lock` is shared by everybody who uses the database, `start.lock` is
held while the cluster is being started or stopped. The kernel drops them all when a process dies, however it dies.
"""

from __future__ import annotations

import fcntl
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geoapp.postgres import ClusterError

_joined: defaultdict[Path, set[int]] = defaultdict(set)
"""Descriptors on `users.lock` held by this process, by home."""


class ClusterInUse(ClusterError):
    """Another live service holds the same folder."""


class Occupancy:
    """One use of a home folder by this process."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._user: int | None = None
        self._server: int | None = None

    @property
    def present(self) -> bool:
        return self._user is not None or self._server is not None

    def claim(self) -> None:
        """Become the one service of this folder."""
        if self._server is not None:
            return
        held = self._open("server.lock")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            by = os.read(held, 20).decode("ascii", "replace").strip() or "?"
            os.close(held)
            raise ClusterInUse(
                f"数据目录 {self.home} 正被另一个服务使用（进程 {by}）：先停掉它，或用 GEOAPP_HOME 另设目录\n"
                f"{self.home} is in use by another running service (process {by}):"
                " stop it first, or set GEOAPP_HOME to another folder"
            ) from None
        os.ftruncate(held, 0)
        os.pwrite(held, f"{os.getpid()}\n".encode("ascii"), 0)
        self._server = held

    def join(self) -> None:
        """Become one of the users."""
        if self._user is None:
            self._user = self._open("users.lock")
            fcntl.flock(self._user, fcntl.LOCK_SH)
            _joined[self.home].add(self._user)

    def leave(self) -> None:
        """Stop using the folder. A service takes every other use by its own process along."""
        leaving = set(_joined[self.home]) if self._server is not None else {self._user} & _joined[self.home]
        for held in leaving:
            if held is not None:
                _joined[self.home].discard(held)
                os.close(held)
        if self._server is not None:
            os.close(self._server)
        self._user = self._server = None

    def nobody_in(self) -> bool:
        """Whether no process uses the database; ask under `alone`, so that nobody comes in meanwhile."""
        held = self._open("users.lock")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(held)
        return True

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Only one process at a time starts or stops the cluster."""
        held = self._open("start.lock")
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield
        finally:
            os.close(held)

    def _open(self, name: str) -> int:
        try:
            return os.open(self.home / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except PermissionError:
            raise ClusterError(
                f"无权写入数据目录 {self.home}：请用建立它的用户运行，或另设 GEOAPP_HOME\n"
                f"{self.home} is not writable: run as the user who made it, or set another GEOAPP_HOME"
            ) from None
