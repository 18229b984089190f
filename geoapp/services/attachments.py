"""Photos, scans and remarks of a feature: added and struck out by people, never lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from geoapp import crs
from geoapp.errors import InvalidEdit, NotFound
from geoapp.file_tables import Attachment, Remark
from geoapp.layer import Layer
from geoapp.queries.past import Past
from geoapp.queries.reader import Reader, Right
from geoapp.said import said
from geoapp.services import pictures
from geoapp.services.editing import Editing

PHASES = {"": said("不分阶段"), "before": said("事前"), "during": said("事中"), "after": said("事后")}
MOST_FILES = 200
LONGEST_NAME, LONGEST_CAPTION, LONGEST_REMARK = 120, 200, 2000
FAR_M = 200
"""A photo taken farther from its feature than this asks for a second look."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A file with how far from its feature the camera stood, in metres."""

    file: Attachment
    distance_m: float | None

    @property
    def far(self) -> bool:
        return self.distance_m is not None and self.distance_m > FAR_M


def of_feature(
    session: Session, layer: Layer, feature_id: int, reader: Reader, past: Past | None = None
) -> list[Shown]:
    """The files of a feature that the reader may see, photos first; documents ask for the personal right."""
    a = Attachment
    wanted = select(a).where(a.layer == layer.id, a.feature_id == feature_id)
    if past is None:
        wanted = wanted.where(a.removed_at.is_(None))
    else:
        wanted = wanted.where(a.at <= past.moment, a.removed_at.is_(None) | (a.removed_at > past.moment))
    if not reader.personal:
        wanted = wanted.where(a.kind == "photo")
    found = session.execute(wanted.order_by(a.kind.desc(), a.taken_at.nulls_last(), a.id)).scalars().all()
    distances = _distances(session, layer, feature_id) if any(f.lon is not None for f in found) else {}
    return [Shown(f, distances.get(f.id)) for f in found]


def _distances(session: Session, layer: Layer, feature_id: int) -> dict[int, float]:
    rows = session.execute(
        text(
            "SELECT a.id, ST_Distance(t.geom::geography, "
            f"ST_SetSRID(ST_MakePoint(a.lon, a.lat), {int(crs.STORAGE)})::geography) AS metres "
            f"FROM attachment a JOIN {layer.table.name} t ON t.id = a.feature_id "
            "WHERE a.layer = :layer AND a.feature_id = :id AND a.lon IS NOT NULL"
        ),
        {"layer": layer.id, "id": feature_id},
    )
    return {row.id: float(row.metres) for row in rows}


def add(
    editing: Editing, row: Mapping[str, Any], home: Path, stream: BinaryIO, name: str, phase: str, caption: str
) -> Attachment:
    """Keep one file for a feature inside the editor's scope. The same bytes twice are kept once.

    Raises InvalidEdit for a file that is neither photo nor PDF, TooLarge, or Forbidden.
    """
    session, layer = editing.session, editing.layer
    editing.fits([row])
    if phase not in PHASES:
        raise InvalidEdit({"phase": said("阶段应为：{known}", known="、".join(PHASES.values()))})
    here = select(Attachment).where(Attachment.layer == layer.id, Attachment.feature_id == row["id"])
    if session.execute(select(func.count()).select_from(here.subquery())).scalar_one() >= MOST_FILES:
        raise InvalidEdit({"file": said("一条记录最多 {n} 个文件", n=MOST_FILES)})
    name = name.replace("\x00", "").replace("\\", "/").rsplit("/", 1)[-1].strip()[-LONGEST_NAME:] or "file"
    stored = pictures.store(home, stream, name)
    same = here.where(Attachment.sha256 == stored.sha256, Attachment.removed_at.is_(None))
    twin = session.execute(same.limit(1)).scalar_one_or_none()
    if twin is not None:
        return twin
    made = Attachment(
        layer=layer.id, feature_id=row["id"], kind=stored.kind, phase=phase, name=name, media_type=stored.media_type,
        size=stored.size, sha256=stored.sha256, width=stored.width, height=stored.height, taken_at=stored.taken_at,
        lon=stored.lon, lat=stored.lat, caption=caption.replace("\x00", "").strip()[:LONGEST_CAPTION], by=editing.reader.name,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def find(session: Session, file_id: int, reader: Reader) -> Attachment:
    """A file the reader may see, also a struck-out one; NotFound otherwise, so that nobody learns what exists."""
    found = session.get(Attachment, file_id) if 0 < file_id < 1 << 62 else None
    if found is None or (found.kind != "photo" and not reader.personal):
        raise NotFound("没有这个文件")
    return found


def strike_out(editing: Editing, row: Mapping[str, Any], file: Attachment, *, back: bool = False) -> None:
    """Take a file from view, or put it back; its bytes stay."""
    editing.fits([row])
    file.removed_by = None if back else editing.reader.name
    file.removed_at = None if back else datetime.now(UTC)
    editing.session.flush()


def remarks(session: Session, layer: Layer, feature_id: int, past: Past | None = None) -> list[Remark]:
    """What people wrote about a feature, newest first."""
    wanted = select(Remark).where(Remark.layer == layer.id, Remark.feature_id == feature_id).order_by(Remark.id.desc())
    if past is not None:
        wanted = wanted.where(Remark.at <= past.moment)
    return list(session.execute(wanted.limit(MOST_FILES)).scalars())


def remark(editing: Editing, row: Mapping[str, Any], words: str) -> Remark:
    """Write something about a feature; it stays. Raises InvalidEdit for nothing or too much."""
    editing.fits([row])
    words = words.replace("\x00", "").strip()
    if not words or len(words) > LONGEST_REMARK:
        raise InvalidEdit({"text": said("请写 1 到 {n} 个字", n=LONGEST_REMARK)})
    made = Remark(layer=editing.layer.id, feature_id=row["id"], text=words, by=editing.reader.name)
    editing.session.add(made)
    editing.session.flush()
    return made


def may_add(reader: Reader, past: Past | None) -> bool:
    """Files are added to the present, by those who edit."""
    return past is None and reader.may(Right.EDIT)
