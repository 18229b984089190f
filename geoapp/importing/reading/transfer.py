"""What a reader hands back: plain text columns and WKB, in a file that holds no code and needs no pickle."""

from __future__ import annotations

import json
import struct
from array import array
from dataclasses import dataclass, field
from typing import Any, BinaryIO

MAGIC = b"GEOROWS1"
MAX_HEAD = 1 << 30


class Refusal(Exception):
    """The reader's refusal: a zh sentence and its values."""

    def __init__(self, message: str, /, **values: Any) -> None:
        super().__init__(message)
        self.message, self.values = message, values


@dataclass
class Raw:
    """A file's features as read: every cell is text or None, every outline WKB or None.

    ``rows`` are feature numbers as people count them; ``problems`` maps an index to what is wrong with that feature;
    ``declared`` is what the file says about its coordinate system; ``encoding`` the verdict on its text.
    """

    columns: dict[str, list[str | None]]
    shapes: list[bytes | None]
    rows: list[int] | None = None
    problems: dict[int, str] = field(default_factory=dict)
    declared: dict[str, Any] = field(default_factory=dict)
    encoding: dict[str, Any] = field(default_factory=dict)
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    cut: int = 0
    """Bytes at which the format cuts column names; 0 when it does not."""
    bare: bool = False
    """A table without outlines."""
    parts: list[str] = field(default_factory=list)
    """Layers inside the file, of which one may be chosen."""

    def __len__(self) -> int:
        return len(self.shapes)

    def row(self, index: int) -> int:
        return self.rows[index] if self.rows else index + 1


FACTS = ("columns", "rows", "problems", "declared", "encoding", "notes", "cut", "bare", "parts")
LABELS = ("标注", "名称", "name")
"""Columns that name a feature when none is the key: a CAD text, a placemark's name."""


def dump(raw: Raw, file: BinaryIO) -> None:
    """Write features."""
    head = {name: getattr(raw, name) for name in FACTS}
    _write(file, head, raw.shapes)


def dump_refusal(refusal: Refusal, file: BinaryIO) -> None:
    """Write why there are none."""
    _write(file, {"refusal": refusal.message, "values": refusal.values}, [])


def _write(file: BinaryIO, head: dict[str, Any], shapes: list[bytes | None]) -> None:
    text = json.dumps(head, ensure_ascii=False).encode("utf-8")
    sizes = array("q", [-1 if shape is None else len(shape) for shape in shapes])
    file.write(MAGIC + struct.pack("<QQ", len(text), len(sizes)))
    file.write(text)
    file.write(sizes.tobytes())
    for shape in shapes:
        if shape:
            file.write(shape)


def load(file: BinaryIO) -> Raw:
    """Read features back, trusting no length in the file; raises Refusal when the reader refused or was cut off."""
    content = file.read()
    broken = Refusal("文件损坏，读取没有完成。请在原软件中重新导出")
    if len(content) < 24 or content[:8] != MAGIC:
        raise broken
    text_size, count = struct.unpack_from("<QQ", content, 8)
    start = 24 + text_size
    if text_size > MAX_HEAD or start + count * 8 > len(content):
        raise broken
    head = json.loads(content[24:start])
    if "refusal" in head:
        raise Refusal(str(head["refusal"]), **head["values"])
    sizes = array("q")
    sizes.frombytes(content[start : start + count * 8])
    head["problems"] = {int(k): v for k, v in head["problems"].items()}
    raw = Raw(shapes=_cut(content, start + count * 8, sizes, broken), **head)
    if any(len(cells) != count for cells in raw.columns.values()) or (raw.rows and len(raw.rows) != count):
        raise broken
    return raw


def _cut(content: bytes, at: int, sizes: array[int], broken: Refusal) -> list[bytes | None]:
    if at + sum(size for size in sizes if size > 0) != len(content):
        raise broken
    shapes: list[bytes | None] = []
    for size in sizes:
        if size < 0:
            shapes.append(None)
            continue
        shapes.append(content[at : at + size])
        at += size
    return shapes
