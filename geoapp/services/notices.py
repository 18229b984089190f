"""Notices and announcements as documents: the declared words with the feature's own facts; what is missing stays a blank."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from sqlalchemy.orm import Session

from geoapp import workdays
from geoapp.layer import Layer
from geoapp.overlay import Notice
from geoapp.services import overlays
from geoapp.towns import Town

BLANK = "＿＿＿＿＿＿"
FACES = ("方正小标宋简体", "仿宋")
"""Title and body of official documents (GB/T 9704-2012); a machine without them takes its own."""
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Made:
    """A document and the titles of what it lacks."""

    content: bytes
    missing: tuple[str, ...]


def facts(
    session: Session, layers: Mapping[str, Layer], layer: Layer, row: Mapping[str, Any], notice: Notice, town: Town
) -> dict[str, str]:
    """Everything a notice may speak of, in words; what is not known is left out."""
    found: dict[str, str] = {"county": town.county, "town": town.name}
    for name, column in layer.columns_by_name.items():
        value = row.get(name)
        if value in (None, ""):
            continue
        choices = column.info.get("choices", {})
        found[name] = _day(value) if isinstance(value, date) else str(choices.get(value, _number(value)))
    table = overlays.of_feature(session, layers, layer, row["id"])
    if table is not None:
        found["places"] = "、".join(label for _, label in table.columns)
        found["area_ha"], found["area_mu"] = f"{table.ha.whole:.4f}", f"{table.mu.whole:.4f}"
        found["classes"] = "、".join(f"{name} {ha:.4f} 公顷" for name, ha in table.groups().items())
    start = row.get(notice.on)
    if isinstance(start, date):
        found["day"] = _day(start)
        if notice.days:
            count = workdays.after_workdays if notice.working else workdays.after_days
            found["term_end"] = _day(count(start, notice.days))
    return found


def make(notice: Notice, known: Mapping[str, str], titles: Mapping[str, str]) -> Made:
    """The .docx; ``titles`` name the places for the list of what is missing."""
    wanted = dict.fromkeys(name for p in (notice.title, *notice.paragraphs) for name in _PLACE.findall(p))
    missing = tuple(titles.get(name, name) for name in wanted if name not in known)
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = (
        Cm(3.7),
        Cm(3.5),
        Cm(2.8),
        Cm(2.6),
    )
    heading = document.add_paragraph()
    heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(heading, _filled(notice.title, known), FACES[0], 22)
    for text in notice.paragraphs:
        paragraph = document.add_paragraph()
        last = text.startswith(">")
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if last else WD_ALIGN_PARAGRAPH.JUSTIFY
        paragraph.paragraph_format.first_line_indent = None if last else Pt(32)
        paragraph.paragraph_format.line_spacing = Pt(28)
        _run(paragraph, _filled(text.removeprefix(">"), known), FACES[1], 16)
    stream = io.BytesIO()
    document.save(stream)
    return Made(stream.getvalue(), missing)


def _run(paragraph: Any, text: str, face: str, size: int) -> None:
    run = paragraph.add_run(text)
    run.font.size, run.font.name = Pt(size), face
    run._element.rPr.rFonts.set(qn("w:eastAsia"), face)


def _filled(text: str, known: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda m: known.get(m[1], BLANK), text)


def _day(value: date) -> str:
    return f"{value.year}年{value.month}月{value.day}日"


def _number(value: Any) -> Any:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value
