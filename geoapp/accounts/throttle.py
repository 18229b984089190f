"""Wrong passwords are counted in the database, so that every process counts alike.

They are counted by the address they come from: nobody can try many passwords or many accounts, and nobody can lock out
somebody else who logs in from another place.
"""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, text

from geoapp.db import Database
from geoapp.errors import Busy, GeoAppError

Found = TypeVar("Found")
TRIES = 10
WINDOW_S = 15 * 60
PATIENCE_S = 10.0
_one_at_a_time = threading.Lock()
"""A password check keeps a processor and 64 MiB busy for a moment: one at a time in each process."""

_TURN = text("SELECT pg_advisory_xact_lock(hashtext('login'), hashtext(:address))")
_WAIT = text(
    f"SELECT {WINDOW_S} - extract(epoch FROM now() - at)::int FROM login_try "
    f"WHERE address = :address AND at > now() - interval '{WINDOW_S} seconds' "
    f"ORDER BY at DESC OFFSET {TRIES - 1} LIMIT 1"
)
_WRONG = text("INSERT INTO login_try (account, address) VALUES (:account, :address)")
_SWEEP = text(f"DELETE FROM login_try WHERE at < now() - interval '{WINDOW_S} seconds'")
_RIGHT = text("DELETE FROM login_try WHERE account = :account AND address = :address")


class TooManyTries(GeoAppError):
    """Too many wrong passwords from one place; ``retry_after`` in seconds."""

    status = 429
    title = "尝试次数过多"

    def __init__(self, wait_s: int) -> None:
        self.retry_after = max(wait_s, 1)
        super().__init__("密码错误次数过多，请 {minutes} 分钟后再试", minutes=-(-self.retry_after // 60))


def place(address: str) -> str:
    """What counts as one place: an IPv4 address, or the /64 network that an IPv6 customer owns."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:60]
    if found.version == 6:
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False).network_address)
    return str(found)


def guarded(
    database: Database, account: str, address: str, check: Callable[[Connection], Found | None]
) -> Found | None:
    """Run one password check; raises TooManyTries instead when its place failed too often lately.

    Checks of one place follow each other in all processes, so that many at once cannot slip under the limit; ``None`` from
    ``check`` counts as a wrong try.
    """
    values = {"account": account.strip().lower()[:60], "address": place(address)}
    if not _one_at_a_time.acquire(timeout=PATIENCE_S):
        raise Busy("登录的人太多，请稍后再试")
    try:
        with database.app.begin() as connection:
            connection.execute(_TURN, {"address": values["address"]})
            wait = connection.execute(_WAIT, {"address": values["address"]}).scalar_one_or_none()
            if wait is not None:
                raise TooManyTries(wait)
            found = check(connection)
            connection.execute(_RIGHT if found is not None else _WRONG, values)
            if found is None:
                connection.execute(_SWEEP)
    finally:
        _one_at_a_time.release()
    return found
