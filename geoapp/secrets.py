"""The key that signs sessions: from the settings, or made once and kept in the data folder."""

from __future__ import annotations

import os
import secrets

from geoapp.settings import Settings


def secret_key(settings: Settings) -> str:
    """``GEOAPP_SECRET_KEY`` or the content of ``<home>/secret_key`` (mode 0600), made on first use."""
    if settings.secret_key:
        return settings.secret_key
    path = settings.home / "secret_key"
    settings.home.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii").strip()
