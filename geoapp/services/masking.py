"""Personal values as those without the right may see them."""

from __future__ import annotations


def name(value: str | None) -> str | None:
    """王小明 → 王**."""
    return value[:1] + "**" if value else value


def phone(value: str | None) -> str | None:
    """13812345678 → 138****5678."""
    return value[:3] + "****" + value[-4:] if value and len(value) >= 11 else _last_four(value)


def number(value: str | None) -> str | None:
    """An ID or bank number: only its last four digits."""
    return _last_four(value)


def _last_four(value: str | None) -> str | None:
    return "*" * max(len(value) - 4, 4) + value[-4:] if value else value
