"""Turns the values of any format into text, and notices those no text can hold."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

UNREADABLE = "单元格里有无法保存的字符（空字符 U+0000 或错误编码）"


class Texts:
    """Columns of text, filled row by row; equal texts share one object."""

    def __init__(self, names: Sequence[str]) -> None:
        self.columns: dict[str, list[str | None]] = {name: [] for name in names}
        self.problems: dict[int, str] = {}
        self._lists = list(self.columns.values())
        self._known: dict[Any, str | None] = {}
        self._n = 0

    def add(self, values: Iterable[Any]) -> None:
        """Append one row."""
        for cells, value in zip(self._lists, values, strict=True):
            kept = (type(value), value) if isinstance(value, (bool, int, float)) else value
            try:
                text = self._known[kept]
            except (KeyError, TypeError):
                text = self._make(kept, value)
            cells.append(text)
        self._n += 1

    def _make(self, kept: Any, value: Any) -> str | None:
        try:
            text = as_text(value)
        except ValueError:
            self.problems[self._n] = UNREADABLE
            return None
        if not isinstance(value, (dict, list)) and len(self._known) < 500_000:
            self._known[kept] = text
        return text


def as_text(value: Any) -> str | None:
    """One value as text, exactly; raises ValueError when it cannot be stored as text."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("not finite")
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, (dict, list)):
        value = json.dumps(value, ensure_ascii=False)
    text = value.decode("utf-8") if isinstance(value, bytes) else str(value)
    if "\x00" in text:
        raise ValueError("NUL")
    text.encode("utf-8")
    return text
