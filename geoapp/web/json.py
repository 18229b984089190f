"""JSON answers: Chinese as it is written, dates as ISO 8601."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Flask


def init_app(app: Flask) -> None:
    """Wrap the provider that is in place; call it after the extensions that bring their own."""
    provider: Any = app.json
    otherwise = provider.default

    def default(value: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else otherwise(value)

    provider.ensure_ascii = False
    provider.default = default
