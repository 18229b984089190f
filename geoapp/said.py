"""A sentence with places, kept apart from its values, so that it can still be told in another language."""

from __future__ import annotations

from typing import Any


class Said(str):
    """Reads as zh text everywhere; ``text`` is its source with ``{name}`` places and ``values`` what fills them."""

    __slots__ = ("text", "values")

    text: str
    values: dict[str, Any]

    def __new__(cls, text: str, /, **values: Any) -> Said:
        made = super().__new__(cls, text.format(**values) if values else text)
        made.text = text
        made.values = values
        return made


def said(text: str, /, **values: Any) -> Said:
    """Mark a text for the catalogue: ``said("没有列“{name}”", name=…)``. Values may be sentences themselves."""
    return Said(text, **values)
