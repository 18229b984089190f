"""What an import says: verdicts on the file, the fate of every row, and refusals that name the remedy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from geoapp.errors import GeoAppError

Translate = Callable[[str], str]


class RefusedFile(GeoAppError):
    """The file as a whole cannot be imported; nothing was written."""

    status = 422
    title = "文件不能导入"


@dataclass(frozen=True)
class Said:
    """A zh sentence with ``{name}`` placeholders, kept apart from its values so that it can be translated."""

    message: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def told(self, translate: Translate) -> str:
        values = {k: v.told(translate) if isinstance(v, Said) else v for k, v in self.values.items()}
        sentence = translate(self.message)
        return sentence.format(**values) if values else sentence

    def __str__(self) -> str:
        return self.told(_same)


def _same(message: str) -> str:
    return message


def said(message: str, /, **values: Any) -> Said:
    """Shorthand of Said."""
    return Said(message, values)


def refused(sentence: Said) -> RefusedFile:
    """The error that carries a sentence."""
    values: dict[str, Any] = {k: str(v) if isinstance(v, Said) else v for k, v in sentence.values.items()}
    return RefusedFile(sentence.message, **values)


@dataclass(frozen=True)
class Verdict:
    """What was settled about the file, why, and what it could be instead."""

    name: str
    value: str
    reason: Said
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rejected:
    """A row that cannot come in. ``row`` counts features from 1, as people count them."""

    row: int
    key: str
    reason: Said
    remedy: Said


@dataclass
class ImportReport:
    """The result of one import, dry or real."""

    file: str
    layer: str
    format: str = ""
    verdicts: Sequence[Verdict] = ()
    notes: Sequence[Said] = ()
    total: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    moved: int = 0
    """Changed rows whose outline differs."""
    rejected: Sequence[Rejected] = ()
    operation_id: int | None = None
    dry_run: bool = False

    @property
    def refused(self) -> bool:
        """Whether rejected rows kept everything out."""
        return bool(self.rejected)

    def lines(self, lang: str = "zh", translate: Translate = _same, limit: int = 50) -> list[str]:
        """The printable summary; ``translate`` turns zh source text into ``lang``."""
        colon = "：" if lang.startswith("zh") else ": "
        found = [f"{translate('文件')}{colon}{self.file} ({self.format}) → {translate(self.layer)}"]
        for verdict in self.verdicts:
            found.append(
                f"{translate(verdict.name)}{colon}{translate(verdict.value)} — {verdict.reason.told(translate)}"
            )
            if verdict.alternatives:
                found.append(f"  {translate('也可指定')}{colon}{', '.join(verdict.alternatives)}")
        found += [f"{translate('提示')}{colon}{note.told(translate)}" for note in self.notes]
        found.append(self._counts().told(translate))
        found += [self._fate(row, translate) for row in self.rejected[:limit]]
        if len(self.rejected) > limit:
            found.append(said("……另有 {n} 行未通过", n=len(self.rejected) - limit).told(translate))
        found.append(self._outcome().told(translate))
        return found

    def _counts(self) -> Said:
        return said(
            "共 {total} 行：新增 {added}，变更 {changed}（其中图形 {moved}），未变 {unchanged}，未通过 {rejected}",
            total=self.total,
            added=self.added,
            changed=self.changed,
            moved=self.moved,
            unchanged=self.unchanged,
            rejected=len(self.rejected),
        )

    def _fate(self, row: Rejected, translate: Translate) -> str:
        head = said("第 {row} 行（{key}）", row=row.row, key=row.key or "—").told(translate)
        return f"✗ {head} {row.reason.told(translate)} → {row.remedy.told(translate)}"

    def _outcome(self) -> Said:
        if self.rejected:
            return said("有未通过的行，整个文件没有写入。请改正后重新导入")
        if self.dry_run:
            return said("仅预览，没有写入")
        if self.operation_id is None:
            return said("与库中数据一致，没有需要写入的内容")
        return said("已写入，操作编号 {id}，可整体撤销", id=self.operation_id)
