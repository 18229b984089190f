"""Reports from people outside: kept with photo and place, slowed down, taken up or turned down by officers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import shapely
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from geoapp.errors import Conflict, InvalidEdit, NotFound, TooMany
from geoapp.file_tables import Attachment, Tip
from geoapp.layer import Layer
from geoapp.said import said
from geoapp.services import pictures, plane, write
from geoapp.services.editing import Editing
from geoapp.services.write import TOWN_TIME, Deed
from geoapp.towns import Bbox

LONGEST, LONGEST_PLACE, LONGEST_CONTACT = 1000, 120, 40
AN_HOUR, A_DAY = 5, 300
"""Reports from one address in an hour, and from all in a day."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a form said."""

    text: str
    place: str = ""
    contact: str = ""
    lon: float | None = None
    lat: float | None = None


def bring(
    session: Session,
    layer: Layer,
    given: Given,
    photo: tuple[BinaryIO, str] | None,
    home: Path,
    source: str,
    extent: Bbox,
) -> Tip:
    """Keep a report. Raises TooMany, InvalidEdit for no words, a place outside the town, or a file that is no photo."""
    _slow_down(session, source)
    words = given.text.replace("\x00", "").strip()
    if not 5 <= len(words) <= LONGEST:
        raise InvalidEdit({"text": said("请用 5 到 {n} 个字说明情况", n=LONGEST)})
    lon, lat = given.lon, given.lat
    stored = None
    if photo is not None:
        stored = pictures.store(home, *photo)
        if stored.kind != "photo":
            raise InvalidEdit({"file": said("请上传照片（JPG、PNG、WebP）")})
        if lon is None:
            lon, lat = stored.lon, stored.lat
    if lon is not None and lat is not None and not _inside(lon, lat, extent):
        raise InvalidEdit({"place": said("位置不在本镇范围内，请核对")})
    if lon is None and not given.place.strip():
        raise InvalidEdit({"place": said("请写明地点，或允许定位，或上传带位置的照片")})
    made = Tip(
        layer=layer.id, text=words, place=given.place.strip()[:LONGEST_PLACE], contact=given.contact.strip()[:LONGEST_CONTACT],
        lon=lon, lat=lat, photo=stored.sha256 if stored else "", photo_name=(photo[1][-80:] if photo and stored else ""), source=source,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def _slow_down(session: Session, source: str) -> None:
    now = datetime.now(UTC)
    mine = select(func.count()).where(Tip.source == source, Tip.at > now - timedelta(hours=1))
    everybody = select(func.count()).where(Tip.at > now - timedelta(days=1))
    if session.execute(mine).scalar_one() >= AN_HOUR or session.execute(everybody).scalar_one() >= A_DAY:
        raise TooMany("提交过于频繁，请一小时后再试，或直接到镇政府反映")


def _inside(lon: float, lat: float, extent: Bbox) -> bool:
    return math.isfinite(lon) and math.isfinite(lat) and extent.contains(Bbox(lon, lat, lon, lat))


def listed(session: Session, state: str = "waiting", limit: int = 100) -> list[Tip]:
    """Reports of a state, the oldest waiting first, decided ones newest first."""
    order = Tip.id if state == "waiting" else Tip.id.desc()
    return list(session.execute(select(Tip).where(Tip.state == state).order_by(order).limit(limit)).scalars())


def find(session: Session, tip_id: int) -> Tip:
    found = session.get(Tip, tip_id) if 0 < tip_id < 1 << 62 else None
    if found is None:
        raise NotFound("没有这条举报")
    return found


def refuse(session: Session, tip: Tip, by: str, reason: str) -> None:
    """Turn a report down with a reason; it stays on record."""
    _waiting(tip)
    if not reason.strip():
        raise InvalidEdit({"reason": said("请写明不受理的原因")})
    tip.state, tip.decided_by, tip.decided_at, tip.reason = "refused", by, datetime.now(UTC), reason.strip()[:LONGEST]
    session.flush()


def take_up(editing: Editing, tip: Tip, values: Mapping[str, Any], home: Path) -> int:
    """Make a feature of a report, a small square at its place until surveyed, with its photo; returns the feature's id.

    Raises Conflict when somebody decided already or it has no place, InvalidEdit for wrong values, Forbidden outside the scope.
    """
    _waiting(tip)
    layer, intake = editing.layer, editing.layer.intake
    if intake is None or tip.lon is None or tip.lat is None:
        raise Conflict("这条举报没有坐标，请先在地图上新画图形登记，再在这里注明")
    row = {**intake.fields, **values, intake.found_on: tip.at.astimezone(TOWN_TIME).date()}
    row.setdefault(layer.key, next_number(editing.session, layer))
    centre = plane.to_plane(shapely.Point(tip.lon, tip.lat))
    half = intake.size_m / 2
    row["geom"] = shapely.to_wkb(
        plane.to_storage(shapely.box(centre.x - half, centre.y - half, centre.x + half, centre.y + half))
    )
    editing.fits([row])
    deed = Deed(editing.reader.name, "edit", said("受理第 {id} 号举报", id=tip.id))
    made = write.create(editing.session, layer, [row], deed).ids[0]
    if tip.photo:
        path = pictures.place(home, tip.photo)
        editing.session.add(Attachment(
            layer=layer.id, feature_id=made, kind="photo", phase="before", name=tip.photo_name or "photo.jpg", media_type="image/jpeg",
            size=max(path.stat().st_size if path.is_file() else 1, 1), sha256=tip.photo, lon=tip.lon, lat=tip.lat,
            caption=tip.text[:200], by=editing.reader.name,
        ))  # fmt: skip
    tip.state, tip.decided_by, tip.decided_at, tip.feature_id = "taken", editing.reader.name, datetime.now(UTC), made
    editing.session.flush()
    return made


def next_number(session: Session, layer: Layer) -> str:
    """The next free number of reported features of this year, such as JB-2026-0007."""
    prefix = layer.intake.prefix if layer.intake else "R"
    stem = f"{prefix}-{datetime.now(TOWN_TIME).year}-"
    last = session.execute(
        text(f'SELECT max("{layer.key}") FROM {layer.table.name} WHERE "{layer.key}" LIKE :stem'), {"stem": stem + "%"}
    ).scalar()
    tail = str(last or "").removeprefix(stem)
    return f"{stem}{(int(tail) if tail.isdigit() else 0) + 1:04}"


def _waiting(tip: Tip) -> None:
    if tip.state != "waiting":
        raise Conflict("这条举报已由 {by} 处理", by=tip.decided_by or "")
