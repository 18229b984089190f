"""Lets each request count terms as the office does; what was read holds for a few seconds."""

from __future__ import annotations

import time

from flask import current_app, request

from geoapp.db import database
from geoapp.services import office
from geoapp.workdays import OFFICE, Office

FRESH_S = 3.0
WITHOUT = ("static", "tiles.", "health.", "assets.", "basemap.")
"""Endpoints that count nothing."""


def settle() -> None:
    """Before every request that may count days."""
    if request.endpoint is None or request.endpoint.startswith(WITHOUT):
        return
    kept: tuple[float, Office] | None = current_app.extensions.get("office")
    if kept is None or time.monotonic() - kept[0] > FRESH_S:
        with database().session() as session:
            kept = (time.monotonic(), office.load(session))
        current_app.extensions["office"] = kept
    OFFICE.set(kept[1])


def leave(_error: BaseException | None = None) -> None:
    """After a request: what counted for it counts for nothing else of this thread."""
    OFFICE.set(Office())


def forget() -> None:
    """Read anew at the next request."""
    current_app.extensions.pop("office", None)
