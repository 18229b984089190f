"""Which encoding a dbf's bytes are in, and why: declarations are checked against the bytes, never believed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from geoapp.importing.reading.transfer import Refusal

NAMES = {
    "65001": "UTF-8", "utf8": "UTF-8", "utf-8": "UTF-8", "936": "GB18030", "cp936": "GB18030", "ansi 936": "GB18030",
    "gbk": "GB18030", "gb2312": "GB18030", "gb18030": "GB18030", "54936": "GB18030", "950": "Big5", "cp950": "Big5",
    "big5": "Big5", "1252": "windows-1252", "cp1252": "windows-1252", "iso-8859-1": "ISO-8859-1", "88591": "ISO-8859-1",
    "iso 8859-1": "ISO-8859-1", "latin1": "ISO-8859-1",
}  # fmt: skip
"""Spellings met in .cpg files and on command lines; GBK and GB2312 are parts of GB18030."""
LANGUAGE_BYTES = {0x4D: "GB18030", 0x7A: "GB18030", 0x4F: "Big5", 0x78: "Big5"}
UNICODE = "UTF-8"
CHINESE = "GB18030"


def canonical(name: str) -> str | None:
    """Our name of an encoding, None when unknown."""
    cleaned = name.replace("\x00", "").strip().lower()
    return NAMES.get(cleaned) or NAMES.get(cleaned.replace("_", "-").replace(" ", ""))


def readable(values: Iterable[bytes], encoding: str) -> bool:
    """Whether every value decodes strictly; a last character cut by the field's width is forgiven."""
    return all(decoded(value, encoding) is not None for value in values)


def decoded(value: bytes, encoding: str) -> str | None:
    """The text, without a half character at its end; None when the bytes are not in this encoding."""
    try:
        return value.decode(encoding)
    except UnicodeDecodeError as error:
        if error.start < len(value) - 3 or not error.start:
            return None
        if "incomplete" not in error.reason and "unexpected end" not in error.reason:
            return None
        return value[: error.start].decode(encoding)


def settle(values: list[bytes], cpg: str | None, language: int, wanted: str | None) -> dict[str, Any]:
    """The verdict: ``value``, ``message`` with ``values``, ``alternatives``; raises Refusal when nothing fits."""
    if wanted:
        return _as_wanted(values, wanted)
    declared = canonical(cpg) if cpg else None
    declared, source = (declared, ".cpg") if declared else (LANGUAGE_BYTES.get(language), "dbf")
    telling = [v for v in values if not v.isascii()]
    if not telling:
        return _verdict(declared or UNICODE, "文字全是英文和数字，用哪种编码都一样")
    sample = {name: _sample(telling, name) for name in (UNICODE, CHINESE)}
    if readable(telling, UNICODE):
        return _found(UNICODE, CHINESE, declared, source, sample)
    if declared and declared not in (UNICODE, CHINESE) and readable(telling, declared):
        text = _sample(telling, declared)
        return _verdict(
            declared, "{source} 声明 {declared}，例：{text}", (CHINESE,), source=source, declared=declared, text=text
        )
    if readable(telling, CHINESE):
        return _found(CHINESE, "Big5", declared, source, sample)
    raise Refusal("文字编码无法判断：既不是 UTF-8 也不是 GB18030。请用 --encoding 指定，如 --encoding Big5")


def _found(value: str, other: str, declared: str | None, source: str, sample: Mapping[str, str]) -> dict[str, Any]:
    facts = {"source": source, "declared": declared, "value": value, "text": sample[value]}
    if declared is None:
        return _verdict(
            value, "没有 .cpg，dbf 也未注明；全部文字按 {value} 严格解码成功，例：{text}", (other,), **facts
        )
    if declared == value:
        return _verdict(value, "{source} 声明 {declared}，与字节相符，例：{text}", (other,), **facts)
    return _verdict(
        value, "{source} 声明 {declared}，但字节其实是 {value}，已按 {value} 读取，例：{text}", (declared,), **facts
    )


def _as_wanted(values: list[bytes], wanted: str) -> dict[str, Any]:
    value = canonical(wanted) or wanted
    try:
        fits = readable(values, value)
    except LookupError:
        raise Refusal("不认识编码 {wanted}，可用 UTF-8、GB18030、Big5", wanted=wanted) from None
    if not fits:
        raise Refusal("指定的编码 {wanted} 不能解码这个文件的文字，请换一种或不指定", wanted=wanted)
    text = _sample([v for v in values if not v.isascii()], value)
    return _verdict(value, "由用户指定，例：{text}", text=text)


def _sample(values: list[bytes], encoding: str) -> str:
    """The first few texts, so that a person sees at once whether they are right."""
    shown = [decoded(value, encoding) or value.decode(encoding, "replace") for value in values[:40]]
    return "、".join(list(dict.fromkeys(shown))[:4]) or "—"


def _verdict(value: str, message: str, alternatives: tuple[str, ...] = (), /, **values: Any) -> dict[str, Any]:
    return {"value": value, "message": message, "values": values, "alternatives": list(alternatives)}
