"""The Chinese typeface of printed sheets: found on the machine, embedded in every file, checked for each character."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from threading import Lock

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from geoapp.errors import GeoAppError

FACE = "town-sheet"
PLACES = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/wqy-microhei/wqy-microhei.ttc",
    "/usr/share/fonts/wqy-zenhei/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/google-droid/DroidSansFallback.ttf",
    "/System/Library/Fonts/STHeiti Light.ttc",
    "/Library/Fonts/Arial Unicode.ttf",
)
"""TrueType faces with Chinese that the systems package; faces with PostScript outlines (Noto CJK) cannot be embedded."""
MISSING = "□"
_registering = Lock()


class NoTypeface(GeoAppError):
    status = 503
    title = "缺少中文字体"


def face() -> str:
    """The name under which the typeface is registered; raises NoTypeface with what to install."""
    with _registering:  # two first sheets at once register it once
        return _registered()


@lru_cache(maxsize=1)
def _registered() -> str:
    for place in PLACES:
        if Path(place).is_file():
            try:
                pdfmetrics.registerFont(TTFont(FACE, place, subfontIndex=0))
            except TTFError:
                continue
            return FACE
    raise NoTypeface("服务器上没有可嵌入的中文字体，请安装 fonts-wqy-microhei（文泉驿微米黑）后重试")


def written(text: str) -> str:
    """A text with every character the typeface lacks shown as a box, so that a gap is seen, not guessed."""
    known = pdfmetrics.getFont(face()).face.charToGlyph
    return "".join(c if ord(c) in known or c in " \n" else MISSING for c in text)


def missing(text: str) -> list[str]:
    """Characters of a text that the typeface lacks."""
    known = pdfmetrics.getFont(face()).face.charToGlyph
    return sorted({c for c in text if ord(c) not in known and not c.isspace()})


def width(text: str, size: float) -> float:
    """Width of a text in points."""
    found: float = pdfmetrics.stringWidth(text, face(), size)
    return found
