"""The running application's own parts, typed."""

from __future__ import annotations

from flask import current_app

from geoapp.registry import Layers
from geoapp.settings import Settings
from geoapp.towns import Town


def layers() -> Layers:
    found: Layers = current_app.extensions["layers"]
    return found


def settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found


def town() -> Town:
    found: Town = current_app.extensions["town"]
    return found
