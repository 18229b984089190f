"""The table of a shapefile, read by ourselves: numbers keep their digits, text is bytes until settled."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from geoapp.importing.formats.cells import UNREADABLE
from geoapp.importing.reading.encoding import decoded
from geoapp.importing.reading.transfer import Refusal

TEXT = b"CM"
NAME_BYTES = 10
SAMPLE = 50_000


@dataclass(frozen=True)
class Field:
    name: bytes
    kind: bytes
    start: int
    width: int


@dataclass(frozen=True)
class Dbf:
    """A dbf in memory."""

    content: bytes
    fields: tuple[Field, ...]
    first: int
    size: int
    count: int
    language: int

    def deleted(self, index: int) -> bool:
        return self.content[self.first + index * self.size] == 0x2A

    def cell(self, field: Field, index: int) -> bytes:
        start = self.first + index * self.size + field.start
        return self.content[start : start + field.width].rstrip(b" \x00")

    def telling(self) -> list[bytes]:
        """Distinct bytes whose encoding matters: text cells, then field names."""
        found: dict[bytes, None] = {}
        for field in self.fields:
            if field.kind == b"C":
                found |= dict.fromkeys(self.cell(field, i) for i in range(min(self.count, SAMPLE)))
        return [*found, *(f.name for f in self.fields)]

    def columns(self, encoding: str) -> tuple[dict[str, list[str | None]], dict[int, str]]:
        """Text of every column, and the rows with text that cannot be kept."""
        made: dict[str, list[str | None]] = {}
        problems: dict[int, str] = {}
        for field in self.fields:
            if field.kind == b"M":
                continue
            name = decoded(field.name, encoding) or field.name.decode(encoding, "replace")
            if name in made:
                raise Refusal("两列同名“{name}”，请改名后重新导出", name=name)
            made[name] = [self._text(field, i, encoding, problems) for i in range(self.count)]
        return made, problems

    def _text(self, field: Field, index: int, encoding: str, problems: dict[int, str]) -> str | None:
        raw = self.cell(field, index)
        if field.kind not in TEXT:
            raw = raw.strip()
            return None if not raw.strip(b"*?") else raw.decode("ascii", "replace")
        text = decoded(raw, encoding) if raw else ""
        if text is None or "\x00" in text:
            problems[index] = UNREADABLE
            return None
        return text or None


def load(path: Path) -> Dbf:
    """Parse the header; raises Refusal when the file is cut off or makes no sense."""
    content = path.read_bytes()
    broken = Refusal("属性表 .dbf 损坏或被截断。请在原软件中重新导出")
    if len(content) < 33:
        raise broken
    count, first, size = struct.unpack_from("<IHH", content, 4)
    fields: list[Field] = []
    at, start = 32, 1
    while at + 32 <= min(first, len(content)) and content[at] != 0x0D:
        width = content[at + 16]
        fields.append(
            Field(content[at : at + 11].split(b"\x00")[0].rstrip(b" "), content[at + 11 : at + 12], start, width)
        )
        start, at = start + width, at + 32
    if not fields or size < start or first + size * count > len(content):
        raise broken
    return Dbf(content, tuple(fields), first, size, count, content[29])
