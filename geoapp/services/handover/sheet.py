"""The check sheet of a hand-over: what was compared, the checksums, and places to sign."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime

from reportlab.pdfgen.canvas import Canvas

from geoapp.queries.reader import Reader
from geoapp.services.handover.check import Finding
from geoapp.services.printing import fonts, ink
from geoapp.services.printing import tables as pages
from geoapp.services.printing.paper import MARGIN, MM, Paper

NAME, PACKAGE = "校核表.pdf", "{stem}_交付包.zip"
PAPER = Paper("A4", landscape=False)
SHEET_TITLE, CHECK_HEADS, CHECK_WIDTHS = (
    "交付成果校核表",
    ("序号", "校核内容", "数量", "最大差值", "结论"),
    (12.0, 78.0, 20.0, 44.0, 20.0),
)
FILE_HEADS, FILE_WIDTHS = ("文件", "SHA-256"), (64.0, 120.0)
SIGNS = ("制作：", "校核：", "接收：", "日期：")


def draw(
    stem: str,
    findings: list[Finding],
    sums: Mapping[str, str],
    at: datetime,
    reader: Reader,
    revision: int,
    digest: str,
) -> bytes:
    """The check sheet with places to sign."""
    fonts.face()
    stream = io.BytesIO()
    canvas = Canvas(stream, lang="zh-CN", invariant=1)
    canvas.setPageSize((PAPER.width * MM, PAPER.height * MM))
    top = PAPER.height - MARGIN - 8
    ink.say(canvas, PAPER.width / 2 * MM, top * MM, SHEET_TITLE, 16, align="centre")
    lines = (
        f"成果：{stem}",
        f"数据状态：{at:%Y-%m-%d %H:%M:%S}，操作记录第 {revision} 次修订，记录链指纹 {digest[:32]}",
        f"制作账号：{reader.name}",
    )
    for n, line in enumerate(lines):
        ink.say(canvas, MARGIN * MM, (top - 12 - n * 6) * MM, line, 9)
    rows = [(str(n), f.title, f"{f.compared:,}", f.worst, "一致") for n, f in enumerate(findings, 1)]
    pages.block(canvas, MARGIN, top - 36, CHECK_HEADS, CHECK_WIDTHS, rows)
    pages.block(
        canvas, MARGIN, top - 76, FILE_HEADS, FILE_WIDTHS, [(name, value) for name, value in sums.items()], size=6
    )
    for n, sign in enumerate(SIGNS):
        x, y = MARGIN + n % 2 * 95, 50 - n // 2 * 16
        ink.say(canvas, x * MM, y * MM, sign, 11)
        canvas.line((x + 18) * MM, (y - 1) * MM, (x + 80) * MM, (y - 1) * MM)
    canvas.showPage()
    canvas.save()
    return stream.getvalue()
