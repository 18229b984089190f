"""The engine: serves any declared layer as maps, tables, tiles and files, and knows none of them by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from geoapp.db import Urls
    from geoapp.registry import Layers
    from geoapp.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


def create_app(settings: Settings, layers: Layers, urls: Urls | None = None) -> Flask:
    """Build the WSGI application.

    ``urls`` are the database's addresses when the caller runs the database; otherwise they come from
    ``settings.database_url`` or from the embedded database in ``settings.home``. Nothing connects before the first request.
    Raises DeclarationError or SettingsError with one sentence when something does not fit.
    """
    from geoapp.boot import build

    return build(settings, layers, urls)
