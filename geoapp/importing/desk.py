"""Uploaded files between their arrival and their import: kept in the service's own folder with who brought them.

An upload is a folder ``<home>/imports/<token>`` with the file as it came (or the parts of a shapefile) and ``upload.json``:
author, layer, what the person chose, and the operation it became. Nothing else is stored: each look reads the file anew.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from geoapp.errors import NotFound
from geoapp.importing.report import refused, said
from geoapp.importing.run import Choices

KEPT = timedelta(days=30)
RECORD = "upload.json"
PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,40}")
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')


@dataclass
class Upload:
    """One file somebody brought."""

    token: str
    by: str
    layer: str
    file: str
    at: str
    choices: dict[str, Any] = field(default_factory=dict)
    operation: int | None = None
    n: int = 0
    """Rows written."""


class Desk:
    """The folder of uploads."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "imports"

    def bring(self, by: str, layer: str, files: Sequence[tuple[str, BinaryIO]]) -> list[Upload]:
        """Keep files: the parts of a shapefile together, every other file by itself. Raises RefusedFile for no file."""
        parts = [f for f in files if Path(f[0]).suffix.lower() in PARTS]
        made = [self._keep(by, layer, [one]) for one in files if one not in parts]
        if parts:
            if not any(Path(name).suffix.lower() == ".shp" for name, _ in parts):
                raise refused(said("这是 Shapefile 的一部分。请把 .shp、.shx、.dbf、.prj 一起选上，或压缩成 zip"))
            made.append(self._keep(by, layer, parts))
        if not made:
            raise refused(said("请选择要导入的文件"))
        return made

    def _keep(self, by: str, layer: str, files: Sequence[tuple[str, BinaryIO]]) -> Upload:
        token = secrets.token_urlsafe(18)
        folder = self.folder / token / "file"
        folder.mkdir(parents=True)
        for name, stream in files:
            with (folder / _safe(name)).open("wb") as target:
                shutil.copyfileobj(stream, target, 1 << 20)
        shown = next((n for n, _ in files if n.lower().endswith(".shp")), files[0][0])
        upload = Upload(token, by, layer, _safe(shown), datetime.now(UTC).isoformat(timespec="seconds"))
        self.save(upload)
        return upload

    def save(self, upload: Upload) -> None:
        path = self.folder / upload.token / RECORD
        path.with_suffix(".new").write_text(json.dumps(asdict(upload), ensure_ascii=False), encoding="utf-8")
        path.with_suffix(".new").replace(path)

    def find(self, token: str) -> Upload:
        """Raises NotFound."""
        path = self.folder / token / RECORD
        if not _TOKEN.fullmatch(token) or not path.is_file():
            raise NotFound("没有这次导入，可能已过期删除")
        return Upload(**json.loads(path.read_text(encoding="utf-8")))

    def path(self, upload: Upload) -> Path:
        """The file, or the folder of a shapefile's parts."""
        found = sorted((self.folder / upload.token / "file").iterdir())
        return found[0] if len(found) == 1 else found[0].parent

    def of(self, by: str | None, limit: int = 30) -> list[Upload]:
        """Uploads of a person (of everybody without a name), newest first; those past their time are removed."""
        if not self.folder.is_dir():
            return []
        found = []
        for record in self.folder.glob(f"*/{RECORD}"):
            upload = Upload(**json.loads(record.read_text(encoding="utf-8")))
            if datetime.fromisoformat(upload.at) < datetime.now(UTC) - KEPT:
                shutil.rmtree(record.parent, ignore_errors=True)
            elif by is None or upload.by == by:
                found.append(upload)
        return sorted(found, key=lambda u: u.at, reverse=True)[:limit]

    def remove(self, upload: Upload) -> None:
        shutil.rmtree(self.folder / upload.token, ignore_errors=True)

    def remembered(self, by: str, layer: str, titles: Sequence[str]) -> dict[str, str]:
        """The mapping the person last used for a file of these columns."""
        path = self._memory(by, layer, titles)
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}

    def remember(self, by: str, layer: str, titles: Sequence[str], columns: Mapping[str, str]) -> None:
        path = self._memory(by, layer, titles)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(dict(columns), ensure_ascii=False), encoding="utf-8")

    def _memory(self, by: str, layer: str, titles: Sequence[str]) -> Path:
        shape = hashlib.sha256("\x1f".join((by, layer, *sorted(titles))).encode()).hexdigest()[:24]
        return self.folder / "mappings" / f"{shape}.json"


def choices_of(upload: Upload) -> Choices:
    """What the person said about the file so far."""
    given = upload.choices
    return Choices(
        given.get("crs") or None,
        given.get("encoding") or None,
        given.get("project") or None,
        given.get("columns") or {},
        given.get("part") or None,
    )


def _safe(name: str) -> str:
    plain = _UNSAFE.sub("_", Path(name.replace("\\", "/")).name).strip(". ")
    return plain[-120:] or "file"
